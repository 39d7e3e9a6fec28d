"""The file of keys: what it holds, who is found in it, and how it is made."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from streams.gateway.keys import Bucket, Key, Keys, KeysError, add_key


def test_a_key_is_found_by_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    first = add_key(file, "first", ["score"], 10, 20)
    second = add_key(file, "second", ["review", "send"], 10, 20)
    keys = Keys.load(file)
    for given, name in ((first, "first"), (second, "second")):
        caller = keys.caller(given)
        assert caller is not None
        assert caller.name == name
    for wrong in ("", first[:-1], first + "x", first.upper(), sha256(first.encode()).hexdigest(), "\ud800", "é"):
        assert keys.caller(wrong) is None


def test_the_file_holds_no_key_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    given = add_key(file, "first", ["score", "send"], 10, 20)
    text = file.read_text("utf-8")
    assert given not in text
    assert given.removeprefix("tg_") not in text
    assert file.stat().st_mode & 0o077 == 0
    assert len(given) >= 40


def test_what_stood_in_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("# by hand\n")
    add_key(file, "first", ["score"], 10, 20)
    before = file.read_text("utf-8")
    add_key(file, "second", ["score"], 10, 20)
    assert file.read_text("utf-8").startswith(before.rstrip())
    assert before.startswith("# by hand")


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a\nb", "é", "a" * 65])
def test_a_name_that_could_break_the_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeysError):
        add_key(tmp_path / "keys.toml", name, ["score"], 10, 20)
    assert not (tmp_path / "keys.toml").exists()


def test_a_name_is_given_once(tmp_path: Path) -> None:
    add_key(tmp_path / "keys.toml", "first", ["score"], 10, 20)
    before = (tmp_path / "keys.toml").read_bytes()
    with pytest.raises(KeysError, match="first"):
        add_key(tmp_path / "keys.toml", "first", ["score"], 10, 20)
    assert (tmp_path / "keys.toml").read_bytes() == before


ENTRY = f'[[keys]]\nname = "a"\nsha256 = "{"0" * 64}"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys = 7",
        "not toml secret",
        ENTRY + ENTRY,
        ENTRY + 'scopes = ["everything"]',
        ENTRY + "scopes = []",
        ENTRY + "rate = 0",
        ENTRY + "burst = 0",
        ENTRY + 'secret = "tg_secret"',
        ENTRY.replace("0" * 64, "tg_secret"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(KeysError) as raised:
        Keys.load(file)
    assert re.fullmatch(r"[^\n]+\.|.* makes one\.", str(raised.value))
    assert "secret" not in str(raised.value).replace("keys.0.secret", "")


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="No such file"):
        Keys.load(tmp_path / "none.toml")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_a_burst_and_then_its_rate() -> None:
    clock = Clock()
    bucket = Bucket(rate=2.0, burst=3, clock=clock)
    assert [bucket.take(1) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    clock.now = 0.25
    assert bucket.take(1) == 0.25
    clock.now = 0.5
    assert bucket.take(1) == 0.0
    clock.now = 100.0
    assert [bucket.take(1) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_a_large_request_passes_and_the_next_ones_pay_for_it() -> None:
    clock = Clock()
    bucket = Bucket(rate=2.0, burst=3, clock=clock)
    assert bucket.take(13) == 0.0
    assert bucket.take(1) == 5.5
    clock.now = 5.5
    assert bucket.take(1) == 0.0


def test_an_entry_shows_nothing_of_itself_in_an_error() -> None:
    with pytest.raises(ValueError, match="sha256") as raised:
        Key(name="a", sha256="tg_secret")
    assert "tg_secret" not in str(raised.value)
