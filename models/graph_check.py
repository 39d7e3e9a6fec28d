"""Looks through an ONNX file before it is loaded: what would make the runtime read other files or run foreign code.

Read as the bytes of a protocol buffer, because serving does without the package `onnx`; nothing is built in memory.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from models.errors import ArtifactError

DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Whose operators ONNX Runtime brings along. Those of any other come out of a library that somebody has to load."""

_DEEPEST: Final = 64  # graphs lie in attributes of nodes of graphs; ours in none

# Field numbers of onnx.proto: of a message, the fields that hold messages.
_PARTS: Final = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
    "opset": {},
}
_DOMAIN: Final = {"opset": 1, "node": 7, "function": 10}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor

_LONGEST_SHOWN: Final = 80

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


class UnsafeGraphError(ArtifactError):
    """The graph would read other files, or run what is not the runtime's own; or it is none."""


def check_graph(path: Path) -> None:
    """Raises UnsafeGraphError: the file is no ONNX graph, has data elsewhere, or operators of another domain."""
    try:
        if path.stat().st_size == 0:
            raise UnsafeGraphError("is empty")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _check(content, range(len(content)), "model", 0)
    except UnsafeGraphError as fault:
        raise UnsafeGraphError(f"{path.name} in {path.parent} {fault}.") from None


def _check(content: mmap.mmap, where: range, message: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise UnsafeGraphError("holds graphs inside of graphs without end")
    for number, value in _fields(content, where):
        if message == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)):
            raise UnsafeGraphError("keeps data in another file, which no hash covers")
        if isinstance(value, int):
            continue
        if number == _DOMAIN.get(message):
            shown = value[:_LONGEST_SHOWN]
            _check_domain(content[shown.start : shown.stop].decode("utf-8", "replace"))
        part = _PARTS[message].get(number)
        if part is not None:
            _check(content, value, part, depth + 1)


def _check_domain(domain: str) -> None:
    if domain not in DOMAINS:
        raise UnsafeGraphError(f"uses operators of the domain {domain!a}, which are not the runtime's own")


def _fields(content: mmap.mmap, where: range) -> Iterator[tuple[int, int | range]]:
    """Number of each field, and its value or where that lies; a fixed-width one, which nobody looks at, is 0."""
    at, end = where.start, where.stop
    while at < end:
        tag, at = _varint(content, at, end)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(content, at, end)
            yield number, value
        elif kind == _BYTES:
            length, at = _varint(content, at, end)
            if length > end - at:
                raise UnsafeGraphError("is no ONNX graph, or cut off")
            yield number, range(at, at + length)
            at += length
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            at += 8 if kind == _EIGHT_BYTES else 4
            yield number, 0
        else:
            raise UnsafeGraphError("is no ONNX graph")
    if at != end:
        raise UnsafeGraphError("is no ONNX graph, or cut off")


def _varint(content: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise UnsafeGraphError("is no ONNX graph, or cut off")
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise UnsafeGraphError("is no ONNX graph")
