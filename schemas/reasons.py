"""Why a record gets no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal


class Reason(StrEnum):
    """The machine-readable cause on a dead letter."""

    NULL_VALUE = "null_value"
    UNKNOWN_ENCODING = "unknown_encoding"
    NOT_UTF8 = "not_utf8"
    INVALID_JSON = "invalid_json"
    WRONG_TYPE = "wrong_type"
    MISSING_FIELD = "missing_field"
    EMPTY_TEXT = "empty_text"
    TEXT_TOO_LONG = "text_too_long"
    RECORD_TOO_LARGE = "record_too_large"
    INVALID_VALUE = "invalid_value"
    INFERENCE_FAILED = "inference_failed"
    UNREADABLE_PICTURES = "unreadable_pictures"
    UNREADABLE_BATCH = "unreadable_batch"
    INTERNAL_ERROR = "internal_error"


Blame = Literal["person", "producer", "service"]

BLAMED: Final[Mapping[Reason, Blame]] = {
    Reason.NULL_VALUE: "person",  # who deletes an account leaves one for each of their posts
    Reason.UNKNOWN_ENCODING: "producer",
    Reason.NOT_UTF8: "producer",
    Reason.INVALID_JSON: "producer",
    Reason.WRONG_TYPE: "producer",
    Reason.MISSING_FIELD: "producer",
    Reason.EMPTY_TEXT: "person",
    Reason.TEXT_TOO_LONG: "person",
    Reason.RECORD_TOO_LARGE: "person",
    Reason.INVALID_VALUE: "producer",
    Reason.INFERENCE_FAILED: "service",
    Reason.UNREADABLE_PICTURES: "person",
    Reason.UNREADABLE_BATCH: "producer",
    Reason.INTERNAL_ERROR: "service",
}
"""Who brings such a record about. What any person can write says nothing of the records that come after it; the others
tell of what is broken and may fail all of them.
"""


class InvalidRecord(ValueError):
    """The record does not fit its schema. `detail` is one sentence and never quotes the record."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
