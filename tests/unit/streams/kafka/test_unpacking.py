"""A batch that unpacks to gigabytes costs the memory of the bound and no more."""

from __future__ import annotations

import contextlib
import gzip
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cramjam
import pytest
from aiokafka import codec
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import BatchTooLargeError
from streams.kafka.unpacking import DECODERS, bound_unpacking, snappy_decode

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": codec.gzip_encode,
    "snappy": codec.snappy_encode,
    "lz4": codec.lz4_encode,
    "zstd": codec.zstd_encode,
}
KINDS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def test_every_codec_has_a_bound() -> None:
    assert set(DECODERS) == set(ENCODERS)


@pytest.mark.parametrize("name", ENCODERS)
@given(plain=st.binary(max_size=100_000))
def test_what_was_packed_comes_out(name: str, plain: bytes) -> None:
    packed = ENCODERS[name](plain)
    assert DECODERS[name](packed) == plain
    assert DECODERS[name](memoryview(packed)) == plain


@pytest.mark.parametrize("name", ENCODERS)
def test_one_byte_too_much_is_too_much(name: str) -> None:
    decode: Callable[..., bytes] = DECODERS[name]
    packed = ENCODERS[name](b"a" * 1000)
    assert len(decode(packed, 1000)) == 1000
    with pytest.raises(BatchTooLargeError, match="more than 999 bytes"):
        decode(packed, 999)


@pytest.mark.parametrize("name", ENCODERS)
@given(st.data())
def test_damage_is_an_error_and_never_without_end(name: str, data: st.DataObject) -> None:
    packed = bytearray(ENCODERS[name](b"some text, and some more of it " * 5))
    for _ in range(data.draw(st.integers(1, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Exception):  # each codec fails in a way of its own
        DECODERS[name](bytes(packed))


@pytest.mark.parametrize("length", [-4, -1, 0, 2**31 - 1])
def test_a_snappy_frame_that_leads_nowhere_is_refused(length: int) -> None:
    """aiokafka's own reader went back and forth for ever on a negative one."""
    header = codec.snappy_encode(b"")[:16]
    block = bytes(cramjam.snappy.compress_raw(b"text"))
    with pytest.raises(ValueError, match="does not end inside"):
        snappy_decode(header + struct.pack(">i", length) + block)


def test_snappy_of_both_kinds_is_read() -> None:
    assert snappy_decode(codec.snappy_encode(b"text" * 50_000, xerial_compatible=True)) == b"text" * 50_000
    assert snappy_decode(codec.snappy_encode(b"text", xerial_compatible=False)) == b"text"


def batch_of(name: str, packed: bytes) -> bytes:
    """A record batch of Kafka's around what is packed; nobody checks its checksum here."""
    builder = DefaultRecordBatchBuilder(2, KINDS[name], 0, -1, -1, -1, 0)
    builder.append(0, timestamp=0, key=None, value=b"x" * 1000, headers=[])
    header = bytearray(builder.build()[:61])
    struct.pack_into(">i", header, 8, 49 + len(packed))
    return bytes(header) + packed


@pytest.mark.parametrize("name", ENCODERS)
def test_aiokafka_unpacks_within_the_bound(name: str) -> None:
    bound_unpacking()
    batch = MemoryRecords(batch_of(name, ENCODERS[name](b"\0" * (80 << 20)))).next_batch()
    with pytest.raises(BatchTooLargeError, match="unpacks to more"):
        list(batch)


PROBE = """
import resource, sys
from streams.kafka.unpacking import DECODERS
packed = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    DECODERS[sys.argv[1]](packed)
except Exception as error:
    print(type(error).__name__, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def bomb(name: str) -> bytes:
    """Half a gigabyte of nothing, in less than what a broker takes. Snappy cannot do that: its limit is 21 to 1."""
    if name == "zstd":
        stream = cramjam.zstd.Compressor(level=1)
        for _ in range(32):
            stream.compress(b"\0" * (16 << 20))
        return bytes(stream.finish())
    if name == "gzip":
        return gzip.compress(b"\0" * (1 << 29), compresslevel=1)
    return bytes(cramjam.lz4.compress(b"\0" * (1 << 29)))


@pytest.mark.parametrize("name", ["gzip", "lz4", "zstd"])
def test_half_a_gigabyte_in_a_batch_takes_the_bound_and_no_more(name: str) -> None:
    """Measured in a process of its own, as resident memory; aiokafka alone would take all of it, twice."""
    packed = bomb(name)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, name], input=packed, capture_output=True, check=True, timeout=100,
        cwd=Path(__file__).parents[4],
    )  # fmt: skip
    kind, grown_kb = done.stdout.split()
    assert kind == b"BatchTooLargeError"
    assert int(grown_kb) < 3 * 64 * 1024
