"""Posts, in: comments, replies, SMS, messages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.base import Input
from schemas.text import Identifier, Language, Reference, Text, Time


class Post(Input):
    """Only `id` and `text` are needed. The Kafka key should be the author, so that an author's posts stay in order."""

    id: Identifier = Field(description="The producer's own identifier of the post.")
    text: Text = Field(description="The post as it was written; spans count its Unicode code points.")
    author: Reference | None = Field(default=None, description="Who wrote it: any stable reference.")
    lang: Language | None = Field(default=None, description="BCP 47 tag, a hint; the script decides first.")
    kind: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="comment, reply, sms, message, or a word of your own."
    )
    thread: Reference | None = Field(default=None, description="The conversation it belongs to.")
    time: Time | None = Field(default=None, description="When it was written.")
