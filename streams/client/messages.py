"""Records as Kafka messages and back, checked against their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from schemas import Alert, DeadLetter, InvalidRecord, Post, PostVerdict, SymptomRecord, SymptomVerdict
from schemas.base import Record
from schemas.wire import parse
from schemas.words import read_reference
from streams.client.subscription import Decode
from streams.errors import InvalidRecordError
from streams.record import Outgoing, RawRecord

Checked = TypeVar("Checked", bound=Record)
Model = TypeVar("Model", bound=BaseModel)
Identified = TypeVar("Identified", PostVerdict, SymptomVerdict, Alert)


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: the record as it came, the original's headers included, and why it failed."""

    record: RawRecord
    why: DeadLetter


def post_message(post: Post | Mapping[str, Any]) -> Outgoing:
    """A post, checked, as a message for `send_many`."""
    checked = _checked(Post, post)
    return Outgoing("posts", _key(checked.author), _encode(checked))


def symptoms_message(record: SymptomRecord | Mapping[str, Any]) -> Outgoing:
    """A symptom record, checked, as a message for `send_many`."""
    checked = _checked(SymptomRecord, record)
    return Outgoing("symptoms", _key(checked.patient), _encode(checked))


def _checked(model: type[Checked], record: Checked | Mapping[str, Any]) -> Checked:
    """In the schema's own words. What the service would have to guess or to leave out is refused here."""
    if not isinstance(record, Mapping):
        return record
    try:
        checked = model.read(record)
    except InvalidRecord as error:
        raise InvalidRecordError(f"Not a valid {model.__name__}: {error.detail}.") from None
    if checked.warnings:
        raise InvalidRecordError(f"Not a valid {model.__name__}: {checked.warnings[0]}.")
    return checked


def _encode(record: BaseModel) -> bytes:
    return orjson.dumps(record.model_dump(mode="json", exclude_none=True))


def _key(reference: str | None) -> bytes | None:
    return reference.encode("utf-8", "surrogatepass") if reference is not None else None


def line_message(line: bytes, kind: str, text_id: str | None = None) -> Outgoing:
    """A line of a file as a message, the bytes as they are: what is wrong with them is for the service to say.

    Args:
        kind: posts or symptoms.
        text_id: makes a record with this id out of a line of plain text.
    """
    if text_id is not None:
        value = orjson.dumps({"id": text_id, "text": line.decode("utf-8", "replace")})
        return Outgoing(kind, None, value)
    try:
        fields, _ = parse(line)
    except InvalidRecord:
        fields = {}
    key = read_reference(fields.get("author" if kind == "posts" else "patient"))
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    return Outgoing(kind, key.encode() if isinstance(key, str) else None, line)


def decoder(model: type[Identified]) -> Decode[Identified]:
    """Reads a JSON value of this model; the id is the verdict's or the alert's."""

    def decode(message: Any) -> tuple[Identified, str | None]:
        item = model.model_validate_json(message.value or b"")
        return item, item.id

    return decode


def decode_letter(message: Any) -> tuple[Letter, str | None]:
    record = RawRecord(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        tuple(message.headers),
        message.timestamp,
    )
    return Letter(record, DeadLetter.from_headers(record.headers)), None
