"""Posts, in: comments, replies, SMS, messages."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.base import Record
from schemas.text import Identifier, Language, Reference, Text, Time
from schemas.words import read_reference, read_time


class Post(Record):
    """Only `id` and `text` are needed. The Kafka key should be the author, so that an author's posts stay in order.

    This is what a good producer sends. More is understood: times as numbers since 1970, numbers as references. An
    optional field that is not understood is left out, and named in the verdict's `warnings`.
    """

    id: Identifier = Field(description="The producer's own identifier of the post.")
    text: Text = Field(description="The post as it was written; spans count its Unicode code points.")
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

    def account_age_s(self, now: float) -> float | None:
        """Of the author's account at a time since 1970; None where nobody said. A time without a zone is UTC."""
        since = self.author_since
        if since is None:
            return None
        return now - (since if since.tzinfo is not None else since.replace(tzinfo=UTC)).timestamp()

    @property
    def said(self) -> str:
        return self.text
