"""Findings that were found against findings that were marked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from models.evaluation.findings import Agreement, Comparison, MarkedRecord, Pairs, compare
from models.evaluation.resampling import Bootstrap

QUICK = Bootstrap(draws=200)


def pairs(*words: str) -> Pairs:
    return frozenset((key, meant) for key, meant in (word.split(":") for word in words))


RECORDS = [
    MarkedRecord("1", "chest", "en", {"writer": pairs("fever:absent", "rash:present"), "second reader": pairs()}),
    MarkedRecord("2", "chest", "en", {"writer": pairs("fever:present", "cough:past")}),
    MarkedRecord("3", "sting", "zh", {"writer": pairs("cough:possible")}),
]
PHRASES = {"1": pairs("fever:present", "rash:present"), "2": pairs("fever:present"), "3": pairs()}
HEAD = {"1": pairs("fever:absent", "rash:present"), "2": pairs("fever:present"), "3": pairs("cough:present")}


def comparisons(finders: Mapping[str, Mapping[str, Pairs]]) -> dict[tuple[str, str], Comparison]:
    return {(one.finder, one.reader): one for one in compare(RECORDS, finders, QUICK)}


def of(comparison: Comparison, meant: str, lang: str = "all") -> Agreement:
    return next(one for one in comparison.agreements if (one.lang, one.meant) == (lang, meant))


def test_a_finding_counts_where_it_is_read_as_it_was_meant() -> None:
    found = comparisons({"phrases": PHRASES})["phrases", "writer"]
    present = of(found, "present")
    assert (present.wanted, present.found) == (2, 3)
    assert {name: figure.value for name, figure in present.figures.items()} == {
        "precision": pytest.approx(2 / 3, abs=1e-4), "recall": 1.0, "f1": 0.8,
    }  # fmt: skip
    assert of(found, "absent").figures["recall"].value == 0
    assert not [one for one in found.agreements if one.meant in ("other", "hypothetical")], "nothing to count"


def test_whether_it_was_seen_is_asked_apart_and_so_is_what_triage_goes_by() -> None:
    found = comparisons({"head": HEAD})["head", "writer"]
    assert of(found, "any").figures["recall"].value == 0.8, "all but the cough of the second"
    counting = of(found, "counting")
    assert (counting.wanted, counting.figures["f1"].value) == (3, 1.0), "possible counts, too"
    assert of(found, "present").figures["precision"].value == pytest.approx(2 / 3, abs=1e-4)


def test_languages_are_figured_apart() -> None:
    found = comparisons({"head": HEAD})["head", "writer"]
    assert of(found, "any", "zh").figures["f1"].value == 1
    assert of(found, "any", "en").wanted == 4


def test_readers_are_held_to_one_another_on_what_both_have_read() -> None:
    found = comparisons({"phrases": PHRASES})
    assert found["second reader", "writer"].records == 1
    assert of(found["second reader", "writer"], "present").figures["recall"].value == 0
    assert found["phrases", "second reader"].records == 1
    assert of(found["phrases", "second reader"], "present").wanted == 0


def test_what_is_won_over_the_phrases_is_drawn_together() -> None:
    found = comparisons({"phrases": PHRASES, "head": HEAD})
    assert of(found["phrases", "writer"], "any").gain is None, "not over themselves"
    gain = of(found["head", "writer"], "absent").gain
    assert gain is not None
    assert gain.value == 1.0
    same = of(comparisons({"phrases": PHRASES, "head": PHRASES})["head", "writer"], "any").gain
    assert same == (0, 0, 0), "two that find the same differ in no draw, however wide the interval of each"


def test_families_are_drawn_as_wholes() -> None:
    """Ten records in one family say no more than their family: nothing varies from draw to draw."""
    found = {str(n): pairs("rash:present") if n % 2 else pairs() for n in range(10)}
    apart = [MarkedRecord(str(n), str(n), "en", {"writer": pairs("rash:present")}) for n in range(10)]
    joined = [MarkedRecord(str(n), "one", "en", {"writer": pairs("rash:present")}) for n in range(10)]
    widths = []
    for records in (apart, joined):
        (one, *_) = compare(records, {"phrases": found}, QUICK)
        recall = of(one, "present").figures["recall"]
        assert recall.value == 0.5
        widths.append(recall.high - recall.low)
    assert widths[0] > 0.3
    assert math.isclose(widths[1], 0)
