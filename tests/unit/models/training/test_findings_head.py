"""A head that marks findings, over a made-up network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from tokenizers import Tokenizer
from typer.testing import CliRunner

from models.augmentation.written import split_families
from models.augmentation.written_records import graded_records, marked_lines
from models.complaint import Assertion, Mention
from models.training.collate import Collator
from models.training.findings_head import ASSERTIONS, FINDINGS, FindingsHead, HeadRules, states_of
from models.training.findings_run import Marks, best_chance, mark_kept, mentions
from models.training.recipe import RecipeError
from models.training.run_folder import RunFolder
from streams.cli.app import build_app

SAID = (
    ("warm bread and a stupid fool", "fever", "present", "stupid fool"),
    ("never stupid fool today", "fever", "absent", "stupid fool"),
    ("good soup is a dumb moron", "cough", "present", "dumb moron"),
    ("nice day and warm bread", None, None, None),
)
"""Words that the made-up tokenizer knows."""


def line(family: str, text: str, *found: list[str | None]) -> dict[str, Any]:
    return {"family": family, "lang": "en", "text": text, "age": 40, "findings": list(found), "level": 3, "why": "",
            "condition": None}  # fmt: skip


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    lines = [
        line(f"f{number}", text, *([[key, meant, words]] if key else []))
        for number in range(60) for text, key, meant, words in SAID
    ]  # fmt: skip
    (folder / "en.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def marks(findings: dict[int, float], length: int = 6, meant: dict[int, int] | None = None) -> Marks:
    """Of `fever` at some tokens of two characters each."""
    probabilities = np.zeros((length, len(FINDINGS)), np.float32)
    for token, value in findings.items():
        probabilities[token, FINDINGS.index("fever")] = value
    assertions = np.full((length, len(ASSERTIONS)), -9.0, np.float32)
    for token in range(length):
        assertions[token, (meant or {}).get(token, 0)] = -0.1
    places = np.array([(2 * token, 2 * token + 2) for token in range(length)])
    return Marks(probabilities, assertions, places)


def test_tokens_of_one_finding_that_follow_on_each_other_are_one_mention() -> None:
    (one,) = mentions(marks({1: 0.9, 3: 0.6}), 0.5)
    assert one == Mention("fever", ASSERTIONS[0], 2, 8)
    first, second = mentions(marks({0: 0.9, 3: 0.6}), 0.5)
    assert (first.start, first.end, second.start, second.end) == (0, 2, 6, 8)
    assert mentions(marks({1: 0.4}), 0.5) == []


def test_how_a_mention_is_meant_the_surest_tokens_say() -> None:
    absent = ASSERTIONS.index(Assertion.ABSENT)
    (one,) = mentions(marks({1: 0.9, 2: 0.2}, meant={1: absent}), 0.1)
    assert one.assertion is Assertion.ABSENT
    (one,) = mentions(marks({1: 0.2, 2: 0.9}, meant={1: absent}), 0.1)
    assert one.assertion is Assertion.PRESENT


def test_the_threshold_is_the_one_that_agrees_most(records: Path) -> None:
    lines = [one for one in marked_lines(records)[:4] if one.mentions][:1]
    assert best_chance([marks({1: 0.42})], lines) < 0.45
    nothing = [one for one in marked_lines(records)[:4] if not one.mentions]
    assert best_chance([marks({1: 0.42}), marks({1: 0.8})], [*nothing, *lines]) > 0.42


def test_marked_lines_have_the_places_of_the_words(records: Path) -> None:
    for one in marked_lines(records):
        assert one.text[one.start :].startswith(("warm", "never", "good", "nice"))
        for mention in one.mentions:
            assert one.text[mention.start : mention.end] in ("stupid fool", "dumb moron")
    kept = split_families(marked_lines(records))[1]
    assert [one.id for one in kept] == [one["id"] for one in graded_records(records)]


def test_words_that_cleaning_moves_are_still_found(tmp_path: Path) -> None:
    text = "call  me at https://example.org/a/b ,  my throat is closing"
    (tmp_path / "en.jsonl").write_text(json.dumps(line("f", text, ["throat_swelling", "present", "throat is closing"])))
    (one,) = marked_lines(tmp_path)
    (mention,) = one.mentions
    assert one.text[mention.start : mention.end] == "throat is closing"


def test_only_tokens_of_the_complaint_are_marked(tiny_run: Path, records: Path) -> None:
    run = RunFolder(tiny_run)
    network = run.require_network()
    collator = Collator(Tokenizer.from_file(str(run.tokenizer)), 32, network.shape.pad_id)
    head = FindingsHead(network, 1)
    assert (len(network.layers), len(head.layers)) == (1, 1)
    one = marked_lines(records)[1]
    (states,) = states_of(network, collator, [one], rows=8)
    inside = states.places[:, 1] > 0
    assert one.text[states.places[inside][0, 0] : states.places[inside][-1, 1]].strip() == one.text[one.start :]
    marked = states.findings[:, FINDINGS.index("fever")] > 0
    places = states.places[marked.numpy()]
    assert one.text[places[0, 0] : places[-1, 1]].strip() == "stupid fool"
    assert set(states.assertions[marked].tolist()) == {ASSERTIONS.index(Assertion.ABSENT)}
    assert set(states.assertions[~marked].tolist()) == {-1}


def test_a_head_learns_what_is_said_and_how_it_is_meant(tiny_run: Path, records: Path) -> None:
    rules = HeadRules(own_layers=1, epochs=20, rows=8, rate=2e-3, head_rate=2e-2)
    found = dict(mark_kept(RunFolder(tiny_run), rules, folder=records))
    wanted = {one["id"]: {tuple(pair) for pair in one["findings"]} for one in graded_records(records)}
    assert set(found) == set(wanted)
    seen = {name: {(one.finding, one.assertion.value) for one in own} for name, own in found.items()}
    assert sum(seen[name] == wanted[name] for name in wanted) >= 0.9 * len(wanted)
    assert any(("fever", "absent") in own for own in seen.values())


def test_a_head_has_no_more_layers_than_there_are(tiny_run: Path, records: Path) -> None:
    with pytest.raises(RecipeError, match="has 2 layers"):
        next(iter(mark_kept(RunFolder(tiny_run), HeadRules(own_layers=3), folder=records)))


def test_the_command_writes_what_the_measuring_command_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("r1", [Mention("fever", Assertion.ABSENT, 0, 5), Mention("fever", Assertion.ABSENT, 9, 12)]), ("r2", [])]
    monkeypatch.setattr("models.training.findings_run.mark_kept", lambda *_: found)
    out = tmp_path / "head.jsonl"
    assert CliRunner().invoke(build_app(), ["train", "findings", str(tmp_path), str(out)]).exit_code == 0
    assert [json.loads(one) for one in out.read_text("utf-8").splitlines()] == [
        {"id": "r1", "findings": [["fever", "absent"]]}, {"id": "r2", "findings": []},
    ]  # fmt: skip


def test_a_run_that_holds_no_network_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(build_app(), ["train", "findings", str(tmp_path), str(tmp_path / "out")])
    assert done.exit_code != 0
    assert "holds no checkpoint" in done.stderr
