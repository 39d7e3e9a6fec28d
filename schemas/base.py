"""What all messages share: lenient input, strict output, one way to read bytes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.reasons import InvalidRecord, Reason

SCHEMA_VERSION = 1


class Input(BaseModel):
    """A record that comes in. Unknown fields are tolerated, so that a newer producer can talk to an older worker."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, strict=True)

    REQUIRED_TEXT: ClassVar[str] = "text"

    @classmethod
    def decode(cls, value: bytes | None, max_bytes: int) -> Self:
        """Reads the value of a Kafka message.

        Raises:
            InvalidRecord: with the machine-readable reason, and a sentence that never quotes the record.
        """
        document = parse_object(value, max_bytes)
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise _explain(error) from None


class Output(BaseModel):
    """A message that goes out. Unknown fields are an error: what is not described is not sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, strict=True)


class Part(BaseModel):
    """A piece of an output message."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_object(value: bytes | None, max_bytes: int) -> dict[str, Any]:
    """Bytes to a JSON object, or the reason why they are none.

    Raises:
        InvalidRecord: see above.
    """
    if value is None:
        raise InvalidRecord(Reason.NULL_VALUE, "the record has no value (a tombstone)")
    if len(value) > max_bytes:
        raise InvalidRecord(Reason.RECORD_TOO_LARGE, f"the record has {len(value)} bytes; {max_bytes} are allowed")
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _not_json(value, error) from None
    if not isinstance(document, dict):
        raise InvalidRecord(Reason.WRONG_TYPE, f"the record is a JSON {type(document).__name__}, not an object")
    return document


def _not_json(value: bytes, error: orjson.JSONDecodeError) -> InvalidRecord:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as bad:
        return InvalidRecord(Reason.NOT_UTF8, f"the record is not UTF-8 at byte {bad.start}")
    # The decoder's message names the defect and never quotes the text; its position does no harm either.
    return InvalidRecord(Reason.INVALID_JSON, f"the record is not JSON: {error.msg} at character {error.pos}")


_BY_TYPE = {
    "missing": Reason.MISSING_FIELD,
    "string_too_long": Reason.TEXT_TOO_LONG,
    "empty_text": Reason.EMPTY_TEXT,
}
_MISFITS = (
    "string_type",
    "int_type",
    "float_type",
    "bool_type",
    "list_type",
    "dict_type",
    "model_type",
    "model_attributes_type",
)


def _explain(error: ValidationError) -> InvalidRecord:
    """The first error, without the input that caused it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the record"
    kind = first["type"]
    reason = _BY_TYPE.get(kind, Reason.WRONG_TYPE if kind in _MISFITS else Reason.INVALID_VALUE)
    if reason is Reason.TEXT_TOO_LONG and not where.startswith(("text", "symptoms", "the record")):
        reason = Reason.INVALID_VALUE
    return InvalidRecord(reason, f"{where}: {first['msg']}")
