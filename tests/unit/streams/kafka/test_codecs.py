"""Every codec works here, and one that does not is named before the first batch arrives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.errors import CodecMissingError
from streams.kafka.codecs import CODECS, check_codecs


def test_every_codec_of_kafka_can_be_read_here() -> None:
    assert set(CODECS) == {"gzip", "snappy", "lz4", "zstd"}
    check_codecs()


def test_a_codec_that_fails_or_lies_is_named() -> None:
    def fails(payload: bytes) -> bytes:
        raise AttributeError("module 'cramjam' has no attribute 'zstd'")

    def copies(payload: bytes) -> bytes:
        return payload

    def cuts(payload: bytes) -> bytes:
        return payload[:-1]

    codecs = {"gzip": (copies, copies), "zstd": (copies, fails), "lz4": (copies, cuts)}
    with pytest.raises(CodecMissingError, match=r"^Batches compressed with zstd, lz4 cannot .* cramjam .*\.$"):
        check_codecs(codecs)


@pytest.mark.parametrize("command", [["worker"], ["watch", "labels"], ["dead-letters", "list"]])
def test_without_the_package_a_start_ends_with_one_sentence(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "cramjam.py").write_text("raise ImportError\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "TIDEGATE_BROKERS": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *command],
        env=environment,
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Batches compressed with snappy, lz4, zstd cannot be read here" in done.stderr
    assert "Traceback" not in done.stderr
