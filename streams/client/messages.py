"""Records as Kafka messages and back, checked against their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from pydantic import BaseModel

from schemas import DeadLetter, InvalidRecord, Post, Review, Source, SymptomRecord
from schemas.base import Identified, Input, Record
from schemas.channels import DEAD_LETTERS, REVIEWS
from schemas.wire import Header, parse
from schemas.words import read_reference
from streams.client.subscription import Decode, raw_record
from streams.errors import ClientError, InvalidRecordError
from streams.kafka.topics import output_kinds
from streams.record import RawRecord
from streams.tasks import channels, declared
from streams.tasks.declaration import Declaration
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import SYMPTOMS

Checked = TypeVar("Checked", bound=Input)
Item = TypeVar("Item", bound=Identified)


@dataclass(frozen=True, slots=True)
class Message:
    """What `send_many` sends: to the topic of this kind, where the key chooses the partition."""

    kind: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: the record as it came, the original's headers included, and why it failed."""

    record: RawRecord
    why: DeadLetter


def record_message(task: str, record: Record | Mapping[str, Any]) -> Message:
    """A record of this task, checked, as a message for `send_many`.

    Raises:
        InvalidRecordError: it does not fit the schema.
    """
    declaration = _declared(task)
    checked = _checked(declaration.record, record)
    return Message(declaration.input.kind, _key(getattr(checked, declaration.key_field)), _encode(checked))


def post_message(post: Post | Mapping[str, Any]) -> Message:
    """A post, checked, as a message for `send_many`."""
    return record_message(POSTS.name, post)


def symptoms_message(record: SymptomRecord | Mapping[str, Any]) -> Message:
    """A symptom record, checked, as a message for `send_many`."""
    return record_message(SYMPTOMS.name, record)


def review_message(review: Review | Mapping[str, Any]) -> Message:
    """A person's decision on a post, checked, as a message for `send_many`; the key is the post.

    Raises:
        InvalidRecordError: it does not fit the schema.
    """
    checked = _checked(Review, review)
    return Message(REVIEWS.kind, _key(checked.post_id), _encode(checked))


def _declared(task: str) -> Declaration:
    if (declaration := declared().get(task)) is None:
        raise ClientError(f"Task {task!r} is not one of {', '.join(declared())}.")
    return declaration


def _checked(model: type[Checked], record: Checked | Mapping[str, Any]) -> Checked:
    """In the schema's own words. What the service would have to guess or to leave out is refused here."""
    if not isinstance(record, Mapping):
        return record
    try:
        checked = model.read(record)
    except InvalidRecord as error:
        raise InvalidRecordError(f"Not a valid {model.__name__}: {error.detail}.") from None
    if isinstance(checked, Record) and checked.warnings:
        raise InvalidRecordError(f"Not a valid {model.__name__}: {checked.warnings[0]}.")
    return checked


def _encode(record: BaseModel) -> bytes:
    return orjson.dumps(record.model_dump(mode="json", exclude_none=True))


def _key(reference: str | None) -> bytes | None:
    return reference.encode("utf-8", "surrogatepass") if reference is not None else None


def line_message(line: bytes, kind: str, text_id: str | None = None) -> Message:
    """A line of a file as a message, the bytes as they are: what is wrong with them is for the service to say.

    Args:
        kind: the task that it is for.
        text_id: makes a record with this id out of a line of plain text.
    """
    if text_id is not None:
        value = orjson.dumps({"id": text_id, "text": line.decode("utf-8", "replace")})
        return Message(kind, None, value)
    try:
        fields, _ = parse(line)
    except InvalidRecord:
        fields = {}
    key = read_reference(fields.get(_declared(kind).key_field))
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    return Message(kind, key.encode() if isinstance(key, str) else None, line)


def decoder(model: type[Item]) -> Decode[Item]:
    """Reads a JSON value of this model."""

    def decode(message: Any) -> tuple[Item, str]:
        item = model.decode(message.value)
        return item, _identity(item)

    return decode


def _identity(item: Identified) -> str:
    """What comes twice has the same id from the same source; where there is no source, the id alone decides.

    A record that is read again from a backfill topic, or was sent again, has another source: its verdict is a decision
    of its own, which may take back what another model or policy said in between.
    """
    match getattr(item, "source", None):
        case Source(topic=topic, partition=partition, offset=offset):
            return f"{item.id} {topic} {partition} {offset}"
    return item.id


def decoder_of(kind: str) -> Decode[Any]:
    """Of what the service writes to the topic of this kind."""
    for channel in channels():
        if channel.kind == kind and channel.action == "send":
            return decode_letter if channel is DEAD_LETTERS else decoder(cast(type[Identified], channel.message))
    raise ClientError(f"{kind!r} is not one of {', '.join(output_kinds())}.")


def decode_letter(message: Any) -> tuple[Letter, str | None]:
    record = raw_record(message)
    return Letter(record, DeadLetter.from_headers(record.headers)), None
