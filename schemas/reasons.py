"""Why a record gets no verdict."""

from __future__ import annotations

from enum import StrEnum


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


class InvalidRecord(ValueError):
    """The record does not fit its schema. `detail` is one sentence and never quotes the record."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
