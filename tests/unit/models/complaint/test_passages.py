"""Passages of a complaint, their runs of characters, and what a linear layer makes of them."""

from pathlib import Path

import numpy as np
import pytest

from models.complaint import Assertion, load_catalogue
from models.complaint.passages import BUCKETS, LONGEST, Passage, PassageWeights, passages, runs_in
from tests.support.alike import alike


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("no fever, a damp face. temp 38.5 - awake", ["no fever", "a damp face", "temp 38.5", "awake"]),
        ("发烧三天，脸上有水。不咳", ["发烧三天", "脸上有水", "不咳"]),
        ("face\nwet ... !", ["face", "wet"]),
        (" ?!, ", []),
        ("", []),
    ],
)
def test_a_text_is_cut_where_something_else_begins(text: str, parts: list[str]) -> None:
    assert [text[one.start : one.end] for one in passages(text)] == parts


def test_a_passage_has_the_same_runs_whatever_stands_beside_it() -> None:
    text = "water on the face, 脸上有水, a"
    parts = passages(text)
    together = runs_in(text, parts)
    for number, part in enumerate(parts):
        alone = runs_in(text, [part])
        first, last = [*together.starts, len(together.buckets)][number : number + 2]
        assert together.buckets[first:last].tolist() == alone.buckets.tolist()


def test_a_passage_is_like_itself_and_hardly_like_others() -> None:
    (found,) = alike("water on the face", "sweating").alike("no cough. Water on the FACE, cold", 0.9)
    assert (found.finding, found.assertion) == ("sweating", Assertion.PRESENT)
    assert found.passage == Passage(10, 27)
    assert found.value == pytest.approx(1, abs=0.01)


def test_behind_its_longest_a_text_is_not_looked_at() -> None:
    asked = alike("water on the face", "sweating")
    assert list(asked.alike(f"{'x' * (LONGEST - 20)}, water on the face", 0.9))
    assert not list(asked.alike(f"{'x' * (LONGEST - 10)}, water on the face", 0.9))


def test_nothing_is_like_a_text_without_words() -> None:
    assert not list(alike("water", "sweating").alike("... ", 0.0))


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        PassageWeights([], np.zeros((2, 1), np.int8), np.ones(1, np.float32), np.ones(2, np.float32))
    file = tmp_path / "passages.npz"
    np.savez(file, outputs=np.array([["sweating", "present"]]), weights=np.zeros((BUCKETS, 1), np.int8))
    with pytest.raises(ValueError, match="scales"):
        PassageWeights.load(file)


def test_what_ships_knows_findings_of_the_catalogue() -> None:
    known = set(load_catalogue())
    assert {finding for finding, _ in PassageWeights.load().outputs} <= known
