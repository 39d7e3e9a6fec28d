"""Why a picture was not looked at."""

from __future__ import annotations

from enum import StrEnum

from models.errors import TidegateError


class NotLooked(StrEnum):
    """What a verdict says of a picture that was not looked at."""

    NO_FORMAT = "no_known_format"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TOO_SLOW = "took_too_long"
    TOO_MUCH_MEMORY = "needed_too_much_memory"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    CHANGED = "not_the_file_of_its_hash"
    NO_STORE = "no_store_is_set_up"
    OUTSIDE = "outside_of_the_store"
    STORE_FAILED = "the_store_did_not_answer"


class PictureError(TidegateError):
    """A picture cannot be looked at; nothing of it is quoted.

    Args:
        cause: what nobody foresaw, for the log: the type and place of an error, never its message.
    """

    def __init__(self, reason: NotLooked, cause: str = "") -> None:
        super().__init__(f"The picture was not looked at: {reason}.")
        self.reason = reason
        self.cause = cause

    def __reduce__(self) -> tuple[type[PictureError], tuple[NotLooked, str]]:
        """It comes out of a child process."""
        return PictureError, (self.reason, self.cause)


class PictureFolderError(TidegateError):
    """A folder of pictures by class cannot be used; the message is one sentence."""

    exit_code = 2
