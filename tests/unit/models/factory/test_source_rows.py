"""The rows on which sources are judged: rare kinds are there, copies of other rows are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.evaluation.rows import Row
from models.evaluation.suite.sets import SuiteSet
from models.examples import Example, no_post_labels
from models.factory.ablation_suite import ENOUGH
from models.factory.source_rows import COPIES, draw_rows, foreign_rows
from models.labels import POST_LABELS

THREAT, TOXICITY = POST_LABELS.index("threat"), POST_LABELS.index("toxicity")


def _rows(source: str, count: int, split: str = "train") -> list[Example]:
    """Half of them toxic, three in all a threat, and none of the first ten labelled."""
    examples = []
    for number in range(count):
        post = no_post_labels()
        if number >= 10:
            post[TOXICITY] = number % 2
            post[THREAT] = number >= count - 3
        examples.append(Example(f"{source} {split} {number}", "en", source, "A", "post", post=post))
    return examples


def test_of_a_large_source_few_rows_are_drawn_and_its_rare_kinds_with_them() -> None:
    drawn = draw_rows(_rows("big", 500), _rows("big", 200, "dev"), 40, seed=1)
    for side, count in ((drawn.taught, 20), (~drawn.taught, 10)):
        targets = drawn.targets[side]
        assert (targets[:, THREAT] == 1).sum() == 3
        assert count <= (targets[:, TOXICITY] == 1).sum() <= count + 3
        assert count <= (targets[:, TOXICITY] == 0).sum() <= count + 3
    assert all(("train" in text) == taught for text, taught in zip(drawn.texts, drawn.taught, strict=True))


def test_small_sources_are_whole_but_for_rows_without_labels() -> None:
    drawn = draw_rows([*_rows("a", 15), *_rows("b", 18)], [], 600, seed=1)
    assert drawn.sources.tolist() == ["a"] * 5 + ["b"] * 8
    assert not np.isnan(drawn.targets[:, TOXICITY]).any()


def test_of_ordinary_text_a_fifth_teaches_and_none_is_held_out() -> None:
    rows = [replace(row, domain="news", post=np.zeros(len(POST_LABELS), np.float32)) for row in _rows("news", 300)]
    drawn = draw_rows(rows, rows, 100, seed=1)
    assert drawn.sources.tolist() == ["news"] * 10
    assert drawn.taught.all()


def test_the_seed_decides_which() -> None:
    first, again, other = (draw_rows(_rows("big", 500), [], 20, seed).texts for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_copies_of_the_rows_of_other_sources_are_no_source() -> None:
    rows = [*_rows("a", 20), *(row for copies in COPIES for row in _rows(copies, 20))]
    assert set(draw_rows(rows, rows, 20, seed=1).sources.tolist()) == {"a"}


def test_a_kind_of_harm_stands_for_the_labels_that_it_asks_for() -> None:
    kinds = ["gambling", "abuse", "clean"]
    rows = [Row(f"post {i}", category=kinds[i % 3]) for i in range(3 * ENOUGH)]
    harm = SuiteSet("harm", rows, {"gambling": ("spam",), "abuse": ("toxicity", "insult"), "clean": ()})
    said = SuiteSet("said", [Row(f"other {i}", labels={"spam": i % 2}) for i in range(2 * ENOUGH)], {})
    texts, asked = foreign_rows([harm, said], first=7)
    assert texts[0] == "post 0"
    assert texts[-1] == f"other {2 * ENOUGH - 1}"
    first, second = asked["spam"]
    assert (first.name, first.places[:3].tolist(), first.truth[:3].tolist()) == ("harm", [7, 9, 10], [1.0, 0.0, 1.0])
    assert (second.name, second.places[0]) == ("said", 7 + len(rows))
    assert [one.name for one in asked["insult"]] == ["harm"]
    assert asked["threat"] == []
