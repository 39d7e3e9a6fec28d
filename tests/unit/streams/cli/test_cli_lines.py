"""Lines in (`send`) and lines out (`watch`)."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import orjson
import pytest

from schemas import DeadLetter, Reason
from streams.cli.lines import json_line, letter_line
from streams.cli.records import messages
from streams.client import Message
from streams.client.messages import Letter, line_message
from streams.record import RawRecord


async def read(content: bytes, kind: str = "posts", text: bool = False) -> list[Message]:
    return [message async for message in messages(io.BytesIO(content), kind, text)]


async def test_lines_are_sent_as_they_are() -> None:
    lines = [b'{"id": "1",  "text": "a", "author": "river"}', b"no json at all", b'["array"]', b"\xff\xfe"]
    sent = await read(b"\n".join(lines))
    assert [message.value for message in sent] == lines
    assert [message.key for message in sent] == [b"river", None, None, None]


async def test_empty_lines_and_carriage_returns_are_left_out() -> None:
    assert [message.value for message in await read(b'\n{"id":"1"}\r\n\r\n{"id":"2"}')] == [
        b'{"id":"1"}',
        b'{"id":"2"}',
    ]


class Drip(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int = -1) -> bytes:
        some, self._left = self._left[:3], self._left[3:]
        return some


async def test_a_line_that_arrives_in_pieces_stays_one() -> None:
    content = '{"id":"1","text":"阳台"}\n{"id":"2"}\n'.encode()
    sent = [message async for message in messages(Drip(content), "posts", False)]  # type: ignore[arg-type]
    assert [message.value for message in sent] == content.split(b"\n")[:2]


async def test_plain_text_becomes_records_with_ids_of_their_own() -> None:
    first, second = [orjson.loads(message.value or b"") for message in await read(b"hello\n\xe4\xbd\xa0\n", text=True)]
    assert (first["text"], second["text"]) == ("hello", "你")
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("kind", "line", "key"),
    [
        ("posts", b'{"author": "a", "patient": "p"}', b"a"),
        ("symptoms", b'{"author": "a", "patient": "p"}', b"p"),
        ("posts", b'{"author": 17}', b"17"),
        ("posts", b'{"author": true}', None),
        ("posts", b'{"author": {"x": 1}}', None),
        ("posts", b'{"author": null}', None),
    ],
)
def test_the_key_is_the_author_or_the_patient(kind: str, line: bytes, key: bytes | None) -> None:
    assert line_message(line, kind).key == key


def letter(key: bytes | None, value: bytes | None) -> Letter:
    why = DeadLetter(
        reason=Reason.INVALID_JSON,
        detail="the record is not JSON",
        stage="decode",
        original_topic="moderation.posts",
        original_partition=3,
        original_offset=9,
        attempts=2,
        failed_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    return Letter(RawRecord("moderation.dead-letters", 0, 5, key, value, tuple(why.to_headers())), why)


def test_a_letter_as_json_keeps_every_byte() -> None:
    shown = orjson.loads(json_line(letter(b"river", b"\xff{")))
    assert (shown["reason"], shown["original_offset"], shown["offset"]) == ("invalid_json", 9, 5)
    assert (shown["key"], shown["value_base64"]) == ("river", "/3s=")
    assert orjson.loads(json_line(letter(None, None)))["value"] is None


def test_a_letter_as_a_line() -> None:
    assert "moderation.posts[3]@9 at decode, attempt 2" in letter_line(letter(None, b"x")).plain
