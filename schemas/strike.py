"""What workers keep of the authors of posts, for themselves and for whoever takes a partition over."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from schemas.base import Output


class Strike(Output):
    """A post that was acted on. It names nobody: an author is a hash that only the workers' key leads to."""

    author: str = Field(pattern=r"^[0-9a-f]{14}$", description="A keyed hash of the author, in hex.")
    key_check: str = Field(description="Which key that was; the key itself does not follow from it.")
    content_id: str = Field(pattern=r"^[0-9a-f]{32}$", description="The post, by what it says, whatever judged it.")
    sent_at: datetime = Field(description="When the post was sent.")
    count: int | None = Field(description="The author's strikes, where this one raised an alert.")
