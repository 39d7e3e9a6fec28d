"""The key of the author hashes: one per folder, private, and never a reason not to start."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from streams.tasks.posts.author_key import load_or_create_secret, secret_of


def test_the_same_folder_gives_the_same_key(tmp_path: Path) -> None:
    first = load_or_create_secret(tmp_path / "state")

    assert len(first) == 32
    assert load_or_create_secret(tmp_path / "state") == first
    assert load_or_create_secret(tmp_path / "other") != first


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    load_or_create_secret(tmp_path)

    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_all_that_start_together_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(lambda _: load_or_create_secret(tmp_path), range(64)))) == 1


def test_a_damaged_key_is_replaced_for_this_process_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "authors.key").write_bytes(b"short")

    with caplog.at_level(logging.WARNING):
        assert len(load_or_create_secret(tmp_path)) == 32

    assert "damaged" in caplog.text
    assert (tmp_path / "authors.key").read_bytes() == b"short"


def test_a_folder_that_cannot_be_used_is_named_and_no_reason_to_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert len(load_or_create_secret(tmp_path / "file")) == 32
    assert f"no lasting key for author history in {tmp_path / 'file'}: " in caplog.text


def test_a_file_of_the_operators_means_the_same_however_it_ends() -> None:
    assert len(secret_of(b"k" * 100)) == 32
    assert secret_of(b"k" * 32) == secret_of(b"k" * 32 + b"\r\n") != secret_of(b"k" * 33)
