"""What is made to cost much: processor seconds of the thread and allocated bytes, not the time that went by."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.artifact import Artifact
from schemas import InvalidRecord, unpack
from schemas.text import MAX_TEXT
from schemas.wire import Header
from streams.pipeline.activation import build_tasks
from streams.settings import Settings
from streams.tasks.base import Task
from tests.support.processor import processor_s

LIMIT = 1_048_576
TEXT_S = 0.4  # of 20,000 characters: the worst of them took .12, plain ones take .02
VALUE_S = 4.0  # of a megabyte: half a million lists took .46, and 1.4 beside another process
MEMORY = 48  # bytes for each byte of a record that fills the limit

# Repeated up to the length that a text may have. They make a pattern try again, start anew, or nearly match.
TRAPS = (
    "a", "A", "aA", "a ", "a.", "a-", "a b ", "1", "1.", "1,", "-", "_", "@a", "a@b.", "/", "http://", "www.",
    "a.com ", "(", "()", "<", "<a ", "</", "<!--", "&", "&#1", "&amp", "&amp;", "*", "`", ":", ":a", "'", '"',
    "$s", "5h1t ", "f u c k ", "f.u.c.k.", "fuuuck ", "ｆｕ", "𝐟", "а", "\u0301", "a\u0301", "\u200b",
    "a\u200b", "\ufe0f", "😀", "👨\u200d", "你", "你 ", "操", "c a o ", "\t", "\n", "\r\n", "+1-", "(1)",
    "1-1-", "1/2", "38.5 ", "120/80 ", "bp 120/80 ", "t 39 c ", "no ", "chest pain, ", "3 days ", "year old ",
    "没有", "发烧", "%", "\\", "\x00", "İ", "ﬁ", "　", "l33t ", "no no pain ",
)  # fmt: skip


@pytest.fixture(scope="module")
def tasks(tiny_artifact: Path) -> Mapping[str, Task[Any]]:
    settings = Settings(artifact=tiny_artifact)
    opened = {
        task.declaration.name: task for task in build_tasks(settings, Artifact.load(tiny_artifact), enforces=False)
    }
    for task in opened.values():  # what is loaded at the first text is no cost of a record
        read(task, orjson.dumps({"id": "1", "text": "a fine day, no fever since 3 days, bp 120/80"}))
    return opened


def read(task: Task[Any], value: bytes, headers: tuple[Header, ...] = ()) -> None:
    """As the pipeline's first stage does."""
    try:
        task.render(task.decode(unpack(value, headers, LIMIT), LIMIT))
    except InvalidRecord:
        return


def allocated(action: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["posts", "symptoms"])
@pytest.mark.parametrize("trap", TRAPS, ids=ascii)
def test_no_text_costs_more_than_it_is_long(trap: str, name: str, tasks: Mapping[str, Task[Any]]) -> None:
    for end in ("", "x", "!"):
        text = (trap * MAX_TEXT)[: MAX_TEXT - 1] + end
        value = orjson.dumps({"id": "1", "text": text})
        assert processor_s(partial(read, tasks[name], value), TEXT_S) < TEXT_S


def filled(beginning: bytes, unit: bytes, end: bytes) -> bytes:
    return beginning + unit * ((LIMIT - len(beginning) - len(end)) // len(unit)) + end


VALUES: Mapping[str, Callable[[], bytes]] = {
    "lists in lists": lambda: b"[" * LIMIT,
    "objects in objects": lambda: filled(b"", b'{"a":', b""),
    "a closed nest": lambda: b'{"id":"1","text":"a","x":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    "nests side by side": lambda: filled(b'{"id":"1","text":"a","x":[', b"[" * 900 + b"]" * 900 + b",", b"0]}"),
    "a number of a million digits": lambda: filled(b'{"id":"1","text":"a","x":', b"9", b"}"),
    "a fraction of a million digits": lambda: filled(b'{"id":"1","text":"a","x":0.', b"9", b"}"),
    "numbers as large as Python converts": lambda: filled(b'{"id":"1","text":"a","x":[', b"9" * 4000 + b",", b"NaN]}"),
    "an age of a million digits": lambda: filled(b'{"id":"1","text":"a","age":', b"9", b"}"),
    "an exponent": lambda: filled(b'{"id":"1","text":"a","x":1e', b"9", b"}"),
    "numbers": lambda: filled(b'{"id":"1","text":"a","x":[', b"1e9,", b"NaN]}"),
    "keys": lambda: b'{"id":"1","text":"a",' + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "one key again and again": lambda: filled(b'{"id":"1",', b'"text":"a",', b'"text":"b"}'),
    "halves of pairs": lambda: filled(b'{"id":"1","text":"a","x":"', b"\\ud83d", b'"}'),
    "a word": lambda: filled(b'{"id":"1","text":"', b"a", b'"}'),
    "bytes that are no text": lambda: filled(b'{"id":"1","text":"', b"\xff", b'"}'),
    "zeros": lambda: b"\0" * LIMIT,
    "blanks": lambda: b" " * LIMIT,
    "an author": lambda: filled(b'{"id":"1","text":"a","author":"', b"a", b'"}'),
    "symptoms": lambda: filled(b'{"id":"1","symptoms":[', b'"38.5 120/80",', b'"a"]}'),
    "vitals": lambda: b'{"id":"1","text":"a","vitals":{' + b",".join(b'"hr%d":"1"' % n for n in range(70_000)) + b"}}",
    "a pressure": lambda: filled(b'{"id":"1","text":"a","vitals":{"bp":"', b"1/", b'"}}'),
    "a zip bomb": lambda: gzip.compress(b"\0" * 60_000_000, 9),
    "a zip bomb in a zip bomb": lambda: gzip.compress(gzip.compress(b"\0" * 60_000_000, 9)),
    "a bomb with a good beginning": lambda: zlib.compress(b'{"id":"1","text":"' + b"a" * 60_000_000),
    "half of a bomb": lambda: gzip.compress(b"\0" * 60_000_000, 9)[:30_000],
    "members without end": lambda: gzip.compress(b"") * 50_000,
}


@cache
def built(what: str) -> bytes:
    """Packing a bomb takes longer than refusing it."""
    return VALUES[what]()


@pytest.mark.parametrize("name", ["posts", "symptoms"])
@pytest.mark.parametrize("what", VALUES)
def test_no_record_costs_more_than_it_is_large(what: str, name: str, tasks: Mapping[str, Task[Any]]) -> None:
    value = built(what)
    assert len(value) <= LIMIT
    assert processor_s(partial(read, tasks[name], value), VALUE_S) < VALUE_S
    assert allocated(partial(read, tasks[name], value)) < MEMORY * LIMIT
