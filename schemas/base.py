"""What all messages share: lenient input, strict output, one way to read bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from schemas.reasons import InvalidRecord, Reason
from schemas.text import is_readable
from schemas.wire import NOT_UTF8, parse
from schemas.words import read_integer

SCHEMA_VERSION = 1
MAX_WARNINGS: Final = 20
_LONGEST_WARNING: Final = 200  # characters; a bound, none comes near it
_MORE: Final = "record: more was wrong than is listed here"


class Input(BaseModel):
    """A record that comes in. Unknown fields are tolerated, so that a newer producer can talk to an older worker."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, strict=True)

    @classmethod
    def decode(cls, value: bytes | None, max_bytes: int) -> Self:
        """Reads the value of a Kafka message.

        Raises:
            InvalidRecord: with the machine-readable reason, and a sentence that never quotes the record.
        """
        if value is None:
            raise InvalidRecord(Reason.NULL_VALUE, "the record has no value (a tombstone)")
        if len(value) > max_bytes:
            raise InvalidRecord(Reason.RECORD_TOO_LARGE, f"the record has {len(value)} bytes; {max_bytes} are allowed")
        try:
            document = orjson.loads(value)
            record = cls.model_validate(document)
        except (orjson.JSONDecodeError, ValidationError):
            return cls.read(*parse(value))
        return record if cls.is_canonical(document) else cls.read(*parse(value))

    @classmethod
    def is_canonical(cls, document: Mapping[str, Any]) -> bool:
        """Whether a document that fits the schema says all that it says in the schema's own words."""
        return True

    @classmethod
    def read(cls, document: Mapping[str, Any], warnings: Sequence[str] = ()) -> Self:
        """Reads a document that is not canonical, or had to be mended.

        Args:
            warnings: what was wrong with the bytes that it was read from.

        Raises:
            InvalidRecord: see above.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise _explain(_details(error)[0]) from None


class Record(Input):
    """An input that gets a verdict: what is wrong in an optional field costs that field and nothing else."""

    # No field, so that no producer can send it and a good record does not pay for it: one that has any holds its own.
    warnings: ClassVar[Sequence[str]] = ()
    """What was wrong with the record and what was done about it, each `field: ...`; never quotes the record."""

    NEEDED: ClassVar[frozenset[str]] = frozenset({"id", "text"})
    """Fields without which there is no verdict."""
    READERS: ClassVar[Mapping[str, Callable[[object], object]]] = {"schema_version": read_integer}

    @property
    def said(self) -> str:
        """What is judged."""
        raise NotImplementedError

    @classmethod
    def read(cls, document: Mapping[str, Any], warnings: Sequence[str] = ()) -> Self:
        told = list(warnings)
        fields = cls.canonical(document, told)
        record = cls._validated(fields, told)
        is_garbled = NOT_UTF8 in warnings
        if warnings and not is_readable(record.said, is_garbled):
            reason = Reason.NOT_UTF8 if is_garbled else Reason.EMPTY_TEXT  # anybody can write half an emoji
            raise InvalidRecord(reason, "nothing readable is left of the text without what is no Unicode")
        if told:
            record.__dict__["warnings"] = _bounded(told)
        return record

    @classmethod
    def canonical(cls, document: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
        """The fields of the schema, in its own words where they are known; adds to the warnings."""
        fields = {}
        for name in cls.model_fields:
            value = document.get(name)
            if value is not None and name in cls.READERS:
                value = cls.READERS[name](value)
            if value is not None or (name in cls.NEEDED and name in document):
                fields[name] = value
        return fields

    @classmethod
    def _validated(cls, fields: dict[str, Any], warnings: list[str]) -> Self:
        """The record without the optional fields that the schema refuses."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            details = _details(error)
        for detail in details:
            if not detail["loc"] or detail["loc"][0] in cls.NEEDED:
                raise _explain(detail)
            _leave_out(fields, detail["loc"])
            warnings.append(f"{_where(detail)}: {_fault(detail)}; left out")
        return super().read(fields)


class Output(BaseModel):
    """A message that goes out. Unknown fields are an error: what is not described is not sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, strict=True)


class Identified(Output):
    """A message that may come twice, under the same id."""

    id: str


class Part(BaseModel):
    """A piece of an output message."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _details(error: ValidationError) -> list[ErrorDetails]:
    """All errors, without the input that caused them."""
    return error.errors(include_url=False, include_input=False, include_context=False)


def _leave_out(fields: dict[str, Any], place: tuple[int | str, ...]) -> None:
    """Takes a field of the record away, or one of a part of it. Twice the same place does no harm."""
    first, *deeper = place
    part = fields.get(str(first))
    if deeper and isinstance(part, dict):
        part.pop(deeper[0], None)
    else:
        fields.pop(str(first), None)


def _bounded(warnings: Sequence[str]) -> tuple[str, ...]:
    """Each once, and no more than fit."""
    once = list(dict.fromkeys(warning[:_LONGEST_WARNING] for warning in warnings))
    return (*once[: MAX_WARNINGS - 1], _MORE) if len(once) > MAX_WARNINGS else tuple(once)


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


def _explain(detail: ErrorDetails) -> InvalidRecord:
    where, kind = _where(detail), detail["type"]
    reason = _BY_TYPE.get(kind, Reason.WRONG_TYPE if kind in _MISFITS else Reason.INVALID_VALUE)
    if reason is Reason.TEXT_TOO_LONG and not where.startswith(("text", "symptoms", "the record")):
        reason = Reason.INVALID_VALUE
    return InvalidRecord(reason, f"{where}: {detail['msg']}")


def _where(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"]) or "the record"


def _fault(detail: ErrorDetails) -> str:
    """The schema's complaint as the rest of a sentence about the field."""
    return detail["msg"].removeprefix("Input ").removeprefix("String ")
