"""Scales of consciousness in running text: a sum, its parts or a letter, and the findings that they are."""

import pytest

from models.complaint import Assertion, PhraseFinder, read_numbers


def counting(text: str) -> set[str]:
    found = PhraseFinder.load().find(text, read_numbers(text).readings.values())
    return {one.finding for one in found if one.assertion is Assertion.PRESENT}


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("GCS 9", 9),
        ("GCS is 9 after a fall", 9),
        ("GCS: 9/15", 9),
        ("GCS=8.", 8),
        ("Glasgow coma scale of 12", 12),
        ("GCS: E3 V3 M5", 11),
        ("e3v2m5 since the fall", 10),
        ("GCS E4V5M6", 15),
        ("GCS评分：E3V3M5", 11),
        ("养老院送来，GCS评分9分", 9),
        ("格拉斯哥昏迷评分八分", 8),
        ("格拉斯哥昏迷评分（GCS）：3分", 3),
        ("昏迷指数5", 5),
        ("GCS-8", 8),
        ("AVPU：P", 8),
        ("AVPU P", 8),
        ("AVPU = U", 3),
        ("ACVPU: V", 13),
        ("AVPU: alert", 15),
    ],
)
def test_a_scale_is_read(text: str, score: float) -> None:
    assert {name: one.value for name, one in read_numbers(text).readings.items()} == {"gcs": score}


@pytest.mark.parametrize(
    "text",
    [
        "In Glasgow 6 days, cough",
        "在格拉斯哥3天，咳嗽",
        "从格拉斯哥8号回来",
        "GCS at 8 am was normal",
        "9 GCSEs",
        "她考GCSE得了9分",
        "GCS unknown",
        "GCS 38.5",
        "AVPU",
        "eve 3 v 2",
    ],
)
def test_what_is_no_scale_is_none(text: str) -> None:
    assert "gcs" not in read_numbers(text).readings


@pytest.mark.parametrize("text", ["GCS 19", "GCS 0"])
def test_a_sum_that_nobody_can_have_is_named(text: str) -> None:
    told = read_numbers(text)
    assert not told.readings
    assert told.warnings == ("text.gcs: nobody alive has that; not used",)


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("GCS: 3", {"unresponsive"}),
        ("GCS: 8", {"unresponsive"}),
        ("GCS: 9", {"drowsy"}),
        ("GCS: 13", {"drowsy"}),
        ("GCS: 14", set()),
        ("格拉斯哥昏迷评分15分", set()),
        ("AVPU V", {"drowsy"}),
        ("AVPU P", {"unresponsive"}),
        ("AVPU A", set()),
    ],
)
def test_low_sums_are_findings(text: str, findings: set[str]) -> None:
    assert counting(text) == findings
