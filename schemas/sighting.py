"""What workers tell each other of posts, so that one of them sees all that are alike."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.base import Output
from schemas.verdicts import Source

PrintOfPicture = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Sighting(Output):
    """What of a post may be one of many. It holds no text and names nobody: authors and words are hashes that only the
    workers' key leads to.
    """

    kind: Literal["text", "picture", "account"] = Field(description="An account: the first post of a new one.")
    author: str = Field(pattern=r"^[0-9a-f]{14}$", description="A keyed hash of the author, in hex.")
    key_check: str = Field(description="Which key that was; the key itself does not follow from it.")
    sent_at: AwareDatetime = Field(description="When the post was sent.")
    post_id: str
    verdict_id: str = Field(description="The verdict on the post; an alert would name it.")
    source: Source | None = Field(description="Where the post came from.")
    keys: str = Field(
        pattern=r"^([0-9a-f]{16}){0,5}$",
        description="Of a text: hashes of its letters and of words that lie side by side, in hex.",
    )
    words: str = Field(
        pattern=r"^([0-9a-f]{16}){0,32}$", description="Of a text: the smallest keyed hashes of its words, in hex."
    )
    prints: list[Annotated[list[PrintOfPicture], Field(min_length=8, max_length=8)]] = Field(
        description="Of pictures: the PDQ hash of each in its eight orientations, in hex."
    )
