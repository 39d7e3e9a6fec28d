"""What Perspective's calls take and give (Comment Analyzer v1alpha1). Names with capitals are theirs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Object(BaseModel):
    """Fields that we do not know are passed over, as a newer client may send them."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Comment(_Object):
    text: Annotated[str, Field(strict=True)] = ""
    type: Literal["PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"] = "PLAIN_TEXT"


class AttributeParameters(_Object):
    scoreType: Literal["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"] = "PROBABILITY"
    scoreThreshold: float = 0.0


class CommentRequest(_Object):
    """What both calls take."""

    comment: Comment
    languages: list[str] = []
    clientToken: str | None = None
    communityId: str | None = None
    sessionId: str | None = None


class AnalyzeCommentRequest(CommentRequest):
    """Nothing is stored, whatever `doNotStore` says; `context` is accepted and not read."""

    requestedAttributes: dict[str, AttributeParameters | None] = {}
    spanAnnotations: bool = False
    doNotStore: bool = False
    context: dict[str, Any] | None = None


class Score(_Object):
    value: Annotated[float, Field(ge=0, le=1)]
    type: str = "PROBABILITY"


class SpanScore(_Object):
    begin: int = Field(default=0, description="UTF-16 units of the text.")
    end: int = Field(default=0, description="Behind the last unit.")
    score: Score


class AttributeScores(_Object):
    summaryScore: Score | None = None
    spanScores: list[SpanScore] = []


class AnalyzeCommentResponse(_Object):
    """`attributeScores` is missing where no score reaches its threshold."""

    attributeScores: dict[str, AttributeScores] | None = None
    languages: list[str] = []
    detectedLanguages: list[str] = []
    clientToken: str | None = None


class SuggestCommentScoreRequest(CommentRequest):
    """What a person says of a comment: 1 for an attribute that it has, 0 for one that it has not."""

    attributeScores: dict[str, AttributeScores] = {}
    context: Any = None


class SuggestCommentScoreResponse(_Object):
    requestedLanguages: list[str] = []
    detectedLanguages: list[str] = []
    clientToken: str | None = None
