"""Who teaches only itself, who helps and who hurts, among made-up sources of which that is known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from numpy.typing import NDArray

from models.factory.source_probes import LEAST, Worth, judge_sources
from models.factory.source_rows import Asked, Drawn
from models.labels import POST_LABELS

LABEL = POST_LABELS.index("hate")
ROWS = 240
Table = NDArray[np.float32]


def _rows(random: np.random.Generator, count: int, shows: int, strength: float = 1.5) -> tuple[Table, Table]:
    """[rows, 4] features of which the one in column `shows` follows the label, and the labels."""
    truth = (np.arange(count) % 2).astype(np.float32)
    features = random.normal(size=(count, 4)).astype(np.float32)
    features[:, shows] += strength * (2 * truth - 1)
    return features, truth


def _judge(sources: dict[str, tuple[int, float]], foreign: tuple[int, ...] = (0,), rows: int = ROWS) -> list[Worth]:
    """{source: column that shows the label, and how strongly}; each set of other origins shows it in one column."""
    random = np.random.default_rng(3)
    tables, names, truths, taught = [], [], [], []
    for name, (column, strength) in sources.items():
        features, truth = _rows(random, rows, column, strength)
        tables.append(features)
        truths.append(truth)
        names += [name] * rows
        taught += (np.arange(rows) % 3 > 0).tolist()
    targets = np.full((len(names), len(POST_LABELS)), np.nan, dtype=np.float32)
    targets[:, LABEL] = np.concatenate(truths)
    asked = []
    for column in foreign:
        first = sum(map(len, tables))
        features, truth = _rows(random, 600, column)
        tables.append(features)
        asked.append(Asked(f"set {column}", np.arange(first, first + 600), truth.astype(np.float64)))
    drawn = Drawn([""] * len(names), np.array(names), targets, np.array(taught))
    return judge_sources(drawn, {"hate": asked}, np.concatenate(tables), progress=False)


def test_a_source_with_a_manner_of_its_own_teaches_only_itself() -> None:
    found = {one.source: one for one in _judge({"a": (0, 1.5), "b": (0, 1.5), "odd": (1, 1.5)})}
    odd = found["odd"]
    assert (odd.label, odd.rows, odd.positives) == ("hate", ROWS // 3, 40)
    assert odd.says.startswith("only itself")
    assert odd.without < 0.65 < 0.8 < odd.whole
    assert odd.alone > 0.9
    assert odd.itself.low > 20
    assert odd.apart.low > 20
    assert odd.suite is not None
    assert odd.suite.high < 1
    assert 4 * found["a"].itself.value < odd.itself.value  # `b` teaches it, too
    assert found["a"].says == "helps"


def test_a_source_that_sets_of_other_origins_need_helps_whatever_it_costs_the_others() -> None:
    found = {one.source: one for one in _judge({"a": (0, 1.5), "b": (0, 1.5), "needed": (2, 1.5)}, foreign=(0, 2))}
    assert found["needed"].says == "helps, hurts"  # what one set needs is noise to the others
    assert found["needed"].suite is not None
    assert found["needed"].suite.low > 10


def test_a_source_with_turned_labels_teaches_only_itself_and_hurts() -> None:
    found = {one.source: one for one in _judge({"a": (0, 0.7), "b": (0, 0.7), "turned": (0, -1.5)})}
    turned = found["turned"]
    assert turned.says == "only itself, hurts"
    assert turned.others is not None
    assert turned.suite is not None
    assert turned.others.high < -5
    assert turned.suite.high < -5


def test_where_nothing_else_teaches_a_label_the_others_rank_by_chance() -> None:
    (one,) = _judge({"alone": (0, 1.5)})
    assert (one.without, one.others) == (0.5, None)
    assert one.whole == one.alone > 0.9
    assert one.suite is not None
    assert one.suite.low > 30
    assert one.says == "helps"


def test_a_source_with_too_few_rows_of_a_kind_is_not_judged() -> None:
    assert _judge({"a": (0, 1.5), "b": (0, 1.5)}, rows=6 * LEAST - 6) == []
    assert len(_judge({"a": (0, 1.5), "b": (0, 1.5)}, rows=6 * LEAST)) == 2


def test_equal_rows_give_equal_figures_that_can_be_printed() -> None:
    first, again = (_judge({"a": (0, 1.5), "odd": (1, 1.5)}) for _ in range(2))
    assert first == again
    shown = first[1].as_dict()
    assert shown["says"] == first[1].says
    assert set(shown["suite"]) == {"value", "low", "high"}
