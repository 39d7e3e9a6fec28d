"""The triage lists themselves: complete in both languages, and quick on any text."""

import time
import tomllib
from pathlib import Path

import pytest

from streams.triage import PACKAGED, Triage

CONTENT = tomllib.loads(PACKAGED.read_text("utf-8"))


def test_every_list_has_phrases_in_both_languages() -> None:
    for name, phrases in {**CONTENT["findings"], **CONTENT["body_parts"]}.items():
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


@pytest.mark.parametrize("piece", ["no ", "a", "胸", "chest pain ", "not any any ", "没有", "stroke-", "pain in the "])
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
