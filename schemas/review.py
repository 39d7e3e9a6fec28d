"""What people tell the service: reviews of verdicts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Input
from schemas.text import Identifier, Reference, Time
from schemas.verdicts import Action, Span

MAX_NOTE = 2000  # characters
_Word = Annotated[str, Field(min_length=1, max_length=64)]


class Passage(Span):
    """A span as a person marked it. Unknown fields are tolerated here as everywhere in a record that comes in."""

    model_config = ConfigDict(extra="ignore")


class Review(Input):
    """A person's decision on a post. What stands under the same `id` is the same review.

    `labels` and `spans` are what a verdict should have said; without them a person agrees with the labels if the
    verdict is upheld, and with none of them if the post is allowed.
    """

    id: Identifier | None = Field(default=None, description="The review's own identifier.")
    verdict_id: Identifier
    post_id: Identifier
    action: Action = Field(description="What should happen to the post.")
    decision: Literal["upheld", "overturned", "unsure"] | None = Field(
        default=None, description="Of the verdict. Without it the actions are compared."
    )
    reviewer: Reference | None = None
    reason: _Word | None = Field(default=None, description="Why, as one word of your own: `satire`, `quoted`.")
    policy_label: _Word | None = Field(default=None, description="The paragraph of your policy that it falls under.")
    labels: Annotated[list[_Word], Field(max_length=32)] | None = Field(
        default=None, description="The labels that are right: those of the model or your own; [] for none."
    )
    spans: Annotated[list[Passage], Field(max_length=256)] | None = Field(
        default=None, description="The passages that are meant, in Unicode code points; [] for none."
    )
    note: Annotated[str, Field(max_length=MAX_NOTE)] | None = Field(
        default=None, description="For other reviewers. It never appears in a log or a report."
    )
    source: Literal["console", "appeal", "api"] | None = Field(default=None, description="Where it was made.")
    sampled: bool = Field(
        default=False, description="The post was drawn at random, whatever its verdict: it tells what was missed."
    )
    supersedes: Identifier | None = Field(default=None, description="The `id` of a review that it takes the place of.")
    time: Time | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.supersedes is not None and self.supersedes == self.id:
            raise PydanticCustomError("own_id", "a review cannot supersede itself")
        if any(span.start >= span.end for span in self.spans or ()):
            raise PydanticCustomError("empty_span", "a span ends behind its start")
        return self
