"""Unpacks compressed batches up to a bound: aiokafka unpacks a batch whole, and a megabyte of zstd may hold 30 GB.

A batch that holds more is unreadable, and treated as one that is damaged.
"""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from aiokafka.record import default_records, legacy_records
from aiokafka.record._crecords import default_records as compiled_records
from aiokafka.record._crecords import legacy_records as compiled_legacy_records

from streams.errors import BatchTooLargeError

MAX_UNPACKED_BYTES: Final = 64 * 1024 * 1024
"""Of one batch: the megabyte that a broker takes by default, at 64 to 1. JSON with text is packed 3 to 20 to 1."""

Decode = Callable[[Any], bytes]

_XERIAL: Final = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES: Final = 16


def gzip_decode(payload: Any, most: int = MAX_UNPACKED_BYTES) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(payload), mode="r") as stream:
        plain = stream.read(most + 1)
    if len(plain) > most:
        raise _too_large(most)
    return plain


def zstd_decode(payload: Any, most: int = MAX_UNPACKED_BYTES) -> bytes:
    import cramjam

    return _into(cramjam.zstd.decompress_into, payload, most)


def lz4_decode(payload: Any, most: int = MAX_UNPACKED_BYTES) -> bytes:
    import cramjam

    return _into(cramjam.lz4.decompress_into, payload, most)


def snappy_decode(payload: Any, most: int = MAX_UNPACKED_BYTES) -> bytes:
    """A block says how much it holds before it is unpacked."""
    import cramjam

    blocks = list(_snappy_blocks(memoryview(payload)))
    if sum(cramjam.snappy.decompress_raw_len(block) for block in blocks) > most:
        raise _too_large(most)
    return b"".join(bytes(cramjam.snappy.decompress_raw(block)) for block in blocks)


def _snappy_blocks(payload: memoryview) -> Iterator[memoryview]:
    """Java's producers write the frames of xerial, each with its length before it; others one bare block."""
    if bytes(payload[: len(_XERIAL)]) != _XERIAL:
        yield payload
        return
    at = _XERIAL_HEADER_BYTES
    while at < len(payload):
        (length,) = struct.unpack_from(">i", payload, at)
        if length <= 0 or at + 4 + length > len(payload):
            raise ValueError("a snappy frame does not end inside of its batch")
        yield payload[at + 4 : at + 4 + length]
        at += 4 + length


def _into(decompress: Callable[[Any, Any], int], payload: Any, most: int) -> bytes:
    """The buffer costs what is written to it: the system gives its pages when they are touched."""
    buffer = np.empty(most, np.uint8)
    try:
        written = decompress(payload, buffer)
    except Exception as error:  # cramjam tells a full buffer from damage by its words alone
        if "whole buffer" in str(error):
            raise _too_large(most) from None
        raise
    return buffer[:written].tobytes()


def _too_large(most: int) -> BatchTooLargeError:
    return BatchTooLargeError(f"A compressed batch unpacks to more than {most} bytes.")


DECODERS: Final[Mapping[str, Decode]] = {
    "gzip": gzip_decode,
    "snappy": snappy_decode,
    "lz4": lz4_decode,
    "zstd": zstd_decode,
}


def bound_unpacking() -> None:
    """Gives these to aiokafka, which has no other way to be given them. Again does no harm."""
    for module in (default_records, legacy_records, compiled_records, compiled_legacy_records):
        for name, decode in DECODERS.items():
            if hasattr(module, f"{name}_decode"):
                setattr(module, f"{name}_decode", decode)
