"""What whoever sends a record can reach, each as a function of bytes that must not fail: `python -m tests.fuzz`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import orjson

from models.text import normalise, readings
from schemas import InvalidRecord, Post, SymptomRecord, unpack
from schemas.wire import parse

LIMIT = 65_536


def decode(value: bytes) -> None:
    """Bytes become a record, or are refused with a sentence that does not quote them."""
    for record in (Post, SymptomRecord):
        refusal = ""
        try:
            read = record.decode(unpack(value, (), LIMIT), LIMIT)
        except InvalidRecord as error:
            refusal = error.detail or "\n"
        else:
            orjson.dumps(read.model_dump(mode="json"))  # what was read can be written
        assert "\n" not in refusal, "a refusal is a sentence"


def normalise_text(value: bytes) -> None:
    """Every character that is left knows its place in the original, in order; twice is once."""
    text = value.decode("utf-8", "surrogatepass") if _is_text(value) else value.decode("latin-1")
    done = normalise(text)
    assert len(done.text) == len(done.offsets)
    assert all(0 <= offset < max(1, len(text)) for offset in done.offsets)
    assert list(done.offsets) == sorted(done.offsets)


def fold(value: bytes) -> None:
    """One reading or two, each with places in the text."""
    text = value.decode("utf-8", "replace")
    ways = readings(text)
    assert 1 <= len(ways) <= 2
    for way in ways:
        assert len(way.text) == len(way.offsets)
        assert all(0 <= offset < max(1, len(text)) for offset in way.offsets)


def read_json(value: bytes) -> None:
    """Where the standard library's strict reading gives an object, ours gives the same one."""
    try:
        theirs = json.loads(value)
    except (ValueError, RecursionError):
        return
    if not isinstance(theirs, dict):
        return
    try:
        ours, warnings = parse(value)
    except InvalidRecord as error:
        raise AssertionError(error.detail) from None
    if not warnings:
        assert _same(ours, theirs)


def _same(ours: object, theirs: object) -> bool:
    """Equal, where an integer of thousands of digits may have become a float, and NaN is itself."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(_same(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return repr(ours) == repr(theirs)
    if isinstance(ours, float) and type(theirs) is int:
        return len(str(theirs)) > 4_000
    return type(ours) is type(theirs) and ours == theirs


def _is_text(value: bytes) -> bool:
    try:
        value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "decode": decode,
    "normalise": normalise_text,
    "fold": fold,
    "read_json": read_json,
}
