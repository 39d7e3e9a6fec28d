"""What the control topic says at a moment, and its copy on disk."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from schemas import Control
from schemas.control import Kind
from streams.control.state import State

POLICY = Control(kind="policy", name="default", content="version = '1'", revision=2, expected=1, by="ana")
FORMER = POLICY.model_copy(update={"name": "former", "revision": 1})
MODEL = Control(kind="model", name="default", address="s3://there", digest="a" * 64, revision=1)
SYMPTOMS_OFF = Control(kind="task", name="symptoms", active=False, revision=1)


def test_the_last_entry_of_a_key_counts_and_a_deleted_one_does_not() -> None:
    state = State([MODEL, FORMER, POLICY])
    assert state.choices("policy") == [POLICY, FORMER, None]
    state.put("policy/default", None)
    state.put("policy/default", None)
    assert state.choices("policy") == [FORMER, None]
    assert State().choices("model") == [None]


@pytest.mark.parametrize("newest", ["model", "policy"])
def test_of_a_pair_that_does_not_fit_the_newest_is_given_up_first(newest: str) -> None:
    def entry(kind: Kind, name: str) -> Control:
        return Control(kind=kind, name=name, at=datetime(2026, 11, 27 if kind == newest else 26, tzinfo=UTC))

    model, policy = entry("model", "default"), entry("policy", "default")
    state = State([model, policy, entry("model", "former"), entry("policy", "former")])
    first, second, *others = state.pairs()
    assert first == (model, policy)
    assert second == ((state.get("model/former"), policy) if newest == "model" else (model, state.get("policy/former")))
    assert len(set(map(repr, [first, second, *others]))) == 9
    assert others[-1] == (None, None)


def test_a_task_that_nobody_spoke_of_is_enabled() -> None:
    assert State([SYMPTOMS_OFF]).enabled(["posts", "symptoms"]) == ["posts"]
    assert State().enabled(["posts", "symptoms"]) == ["posts", "symptoms"]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state" / "control.json"
    State([MODEL, POLICY, SYMPTOMS_OFF]).save(path)
    loaded = State.load(path)
    assert loaded is not None
    assert list(loaded) == [MODEL, POLICY, SYMPTOMS_OFF]
    assert [each.name for each in path.parent.iterdir()] == ["control.json"]


def test_no_file_is_no_state_and_no_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert State.load(tmp_path / "control.json") is None
    assert not caplog.records


@pytest.mark.parametrize("how", ["cut", "changed", "of the future", "nothing", "a list", "no entry"])
def test_a_torn_file_is_no_state_and_is_told(tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "control.json"
    State([MODEL, POLICY]).save(path)
    whole = path.read_bytes()
    document = orjson.loads(whole)
    torn = {
        "cut": whole[: len(whole) // 2],
        "changed": whole.replace(b"s3://there", b"s3://where"),
        "of the future": orjson.dumps(document | {"format": 2}),
        "nothing": b"",
        "a list": b"[]",
        "no entry": orjson.dumps({"format": 1, "entries": [{}]}),
    }
    path.write_bytes(torn[how])
    with caplog.at_level(logging.WARNING):
        assert State.load(path) is None
    assert "cannot be read" in caplog.text
