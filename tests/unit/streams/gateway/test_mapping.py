"""The table of names: whole, and told on the pages as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.labels import POST_LABELS
from streams.gateway.mapping import Meaning, attributes, by_meaning, categories

SCORES = {label: (number + 1) / 10 for number, label in enumerate(POST_LABELS)}
PAGE = Path(__file__).parents[4] / "docs" / "moving.md"


def test_every_label_of_ours_can_be_seen_in_both() -> None:
    for meanings in (categories(), attributes().values()):
        seen = {label for meaning in meanings for label in meaning.labels}
        assert set(POST_LABELS) - seen <= {"self_harm"}


def test_names_are_given_once() -> None:
    names = [meaning.name for meaning in categories()]
    assert len(set(names)) == len(names) == 16


@pytest.mark.parametrize(
    ("how", "capped_by", "score", "stands"),
    [("any", None, 0.4, True), ("all", None, 0.3, False), ("any", "insult", 0.2, True)],
)
def test_several_labels_are_one_score(how: str, capped_by: str | None, score: float, stands: bool) -> None:
    meaning = Meaning.model_validate(
        {"name": "X", "labels": ("hate", "threat"), "how": how, "capped_by": capped_by, "close": "near", "note": "-"}
    )
    assert meaning.score(SCORES) == score
    assert meaning.stands(["hate"]) is stands
    assert meaning.stands(["hate", "threat"])
    assert not meaning.stands(["spam"])


def test_names_that_mean_the_same_are_together() -> None:
    found = by_meaning()
    assert "toxicity, TOXICITY, INFLAMMATORY, TOXICITY_EXPERIMENTAL" in found
    assert found["hate/threatening"].how == "all"
    assert found["SEVERE_TOXICITY, SEVERE_TOXICITY_EXPERIMENTAL"].capped_by == "toxicity"
    named = [name for names in found for name in names.split(", ")]
    assert sorted(named) == sorted(one.name for one in (*categories(), *attributes().values()) if one.is_assessed)


def test_the_page_has_a_row_for_every_name() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \| (\w+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {(name, ", ".join(re.findall(r"`(\w+)`", labels)), close) for name, labels, close in rows}
    meant = {(one.name, ", ".join(one.labels), one.close) for one in (*categories(), *attributes().values())}
    assert meant == told
