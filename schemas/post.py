"""Posts, in: comments, replies, SMS, messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from schemas.base import Record
from schemas.picture import Pictures, choose_pictures
from schemas.text import Identifier, Language, Line, Reference, Time, is_blank
from schemas.words import read_reference, read_time

_SAYS_SOMETHING: Final[JsonDict] = {  # for the JSON Schema; the validator below is what counts
    "anyOf": [
        {"required": ["text"], "properties": {"text": {"minLength": 1}}},
        {"required": ["images"], "properties": {"images": {"type": "array", "minItems": 1}}},
    ]
}


class Post(Record):
    """`id` and one of `text` and `images` are needed. The Kafka key should be the author, so that an author's posts
    stay in order.

    This is what a good producer sends. More is understood: times as numbers since 1970, numbers as references. An
    optional field that is not understood is left out, and named in the verdict's `warnings`.
    """

    model_config = ConfigDict(json_schema_extra=_SAYS_SOMETHING)

    id: Identifier = Field(description="The producer's own identifier of the post.")
    text: Line = Field(default="", description="The post as it was written; spans count its Unicode code points.")
    images: Pictures | None = Field(default=None, description="Pictures that belong to it.")
    author: Reference | None = Field(default=None, description="Who wrote it: any stable reference.")
    lang: Language | None = Field(default=None, description="BCP 47 tag, a hint; the script decides first.")
    kind: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="comment, reply, sms, message, or a word of your own."
    )
    thread: Reference | None = Field(default=None, description="The conversation it belongs to.")
    time: Time | None = Field(default=None, description="When it was written.")
    author_since: Time | None = Field(
        default=None, description="When the author's account was made: rules of the policy may ask for its age."
    )

    READERS: ClassVar = {
        **Record.READERS,
        "id": read_reference,
        "author": read_reference,
        "thread": read_reference,
        "time": read_time,
        "author_since": read_time,
    }

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if is_blank(self.text) and not self.images:
            if "text" not in self.model_fields_set:
                raise PydanticCustomError("missing", "one of text and images is required")
            raise PydanticCustomError("empty_text", "nothing to read: no visible character")
        return self

    @classmethod
    def canonical(cls, document: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
        fields = super().canonical(document, warnings)
        choose_pictures(fields, warnings)
        return fields

    def account_age_s(self, now: float) -> float | None:
        """Of the author's account at a time since 1970; None where nobody said. A time without a zone is UTC."""
        since = self.author_since
        if since is None:
            return None
        return now - (since if since.tzinfo is not None else since.replace(tzinfo=UTC)).timestamp()

    @property
    def said(self) -> str:
        return self.text
