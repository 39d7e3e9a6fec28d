"""The triage lists themselves: complete in both languages, and quick on any text."""

import re
import time
import tomllib
from pathlib import Path

import pytest

from streams.tasks.symptoms.red_flags import PACKAGED, Triage

CONTENT = tomllib.loads(PACKAGED.read_text("utf-8"))


def test_every_list_has_phrases_in_both_languages() -> None:
    lists = {**CONTENT["findings"], **CONTENT["body_parts"], "other_meanings": CONTENT["other_meanings"]}
    for name, phrases in lists.items():
        assert phrases.keys() == {"en", "zh"}, name
        assert all(phrases.values()), name


def test_red_flags_are_urgent_and_reachable() -> None:
    triage = Triage.load()

    assert {flag.level for flag in triage.red_flags} <= {1, 2}
    assert [flag.level for flag in triage.flags(CONTENT["findings"])] == sorted(
        flag["level"] for flag in CONTENT["red_flags"].values()
    )
    assert triage.flags([]) == []


def test_a_red_flag_over_an_unknown_finding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "triage.toml"
    path.write_text(PACKAGED.read_text("utf-8").replace('all = ["seizure"]', 'all = ["seizures"]'), "utf-8")

    with pytest.raises(ValueError, match="seizures"):
        Triage.load(path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a nose bleeding that won't stop", {"bleeding", "severe_bleeding"}),
        ("伤口流血不止", {"bleeding", "severe_bleeding"}),
        ("vomiting blood", {"vomiting", "severe_bleeding"}),
        ("sudden left-sided weakness", {"fatigue", "stroke_signs"}),
        ("acute dyspnea", {"breathlessness", "cannot_breathe"}),
        ("突发剧烈头痛", {"headache", "worst_headache"}),
    ],
)
def test_no_finding_hides_another(text: str, names: set[str]) -> None:
    assert {found.name for found in Triage.load().find(text)} == names


def test_the_order_of_the_file_means_nothing(tmp_path: Path) -> None:
    head, findings, tail = re.split(r"(?<=\[findings\]\n)|(?=\n\[other_meanings\])", PACKAGED.read_text("utf-8"))
    lines = [line for line in findings.splitlines() if " = {" in line]
    path = tmp_path / "triage.toml"
    path.write_text(head + "\n".join(reversed(lines)) + tail, "utf-8")
    text = "no fever, vomiting blood and bleeding that won't stop, 流血不止, 没有呼吸困难, 头晕"

    assert len(lines) == len(CONTENT["findings"])
    assert sorted(Triage.load(path).find(text)) == sorted(Triage.load().find(text))


@pytest.mark.parametrize("apostrophe", ["'", "", "’", "‘", "ʼ", "＇", "`", "´", "′"])
def test_apostrophes_are_read_as_people_type_them(apostrophe: str) -> None:
    said = f"can{apostrophe}t speak"
    text = f"İ she {said}; i don{apostrophe}t have a cough; it won{apostrophe}t stop bleeding"

    found = Triage.load().find(text)

    assert [each.name for each in found] == ["stroke_signs", "severe_bleeding", "bleeding"]
    assert text[found[0].start : found[0].end] == said


@pytest.mark.parametrize(
    "piece",
    [
        *("no ", "a", "胸", "chest pain ", "not any any ", "没有", "stroke-", "pain in the "),
        *("no cough, ", "denies cough, fever and ", "没有咳嗽、", "stroke in 2015 ", "中风史", "cough: no ", "是不"),
    ],
)
def test_a_long_text_takes_a_time_in_proportion(piece: str) -> None:
    triage, text = Triage.load(), piece * (20_000 // len(piece))

    start = time.process_time()
    triage.find(text)
    triage.body_parts(text)

    assert time.process_time() - start < 2.0, "about 0.1 s is usual; a quadratic pattern takes minutes"


def test_letters_that_grow_in_lower_case_move_nothing() -> None:
    text = "İİ İ chest pain"
    (found,) = Triage.load().find(text)

    assert text[found.start : found.end] == "chest pain"
