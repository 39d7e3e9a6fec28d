"""The graph of conditions: reading, refusing nonsense, drawing patients, and finding rows that contradict it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from models.augmentation.contradictions import screen_symptoms
from models.augmentation.knowledge import Knowledge
from models.examples import Example
from models.labels import CONDITIONS
from models.training.corpus import Corpus, drop_contradictions
from tests.unit.models.made_up import write_table

DRAWS = 4000


def evidence(name: str, parent: str | None = None, kind: str = "symptom", data_type: str = "binary") -> dict[str, Any]:
    return {
        "evidence": name, "question": f"{name}?", "kind": kind, "data_type": data_type, "parent": parent,
        "default_value": "0", "location_role": None, "n_values": 0,
    }  # fmt: skip


def edge(condition: str, name: str, probability: float) -> dict[str, Any]:
    return {
        "condition": condition, "evidence": name, "kind": "symptom", "probability": probability,
        "probability_kind": "p_present",
    }  # fmt: skip


def write_graph(data: Path, edges: list[dict[str, Any]] | None = None) -> Path:
    """Two conditions: influenza with fever and cough, stable angina with pain, whose place is a child of pain."""
    folder = data / "knowledge"
    data.mkdir(exist_ok=True)
    conditions = [
        {
            "condition": name,
            "name": name,
            "specialties": ["x"],
            "patient_count": 9,
            "prior": prior,
            "in_symptoms": False,
        }
        for name, prior in (("influenza", 0.9), ("stable_angina", 0.1))
    ]
    write_table(folder / "conditions.parquet", conditions)
    rows = [
        evidence("E_55", "E_53", data_type="multi_choice"), evidence("E_53"), evidence("E_91"), evidence("E_201"),
        evidence("E_79", kind="antecedent"), evidence("E_37", "E_36", kind="antecedent"),
    ]  # fmt: skip
    write_table(folder / "evidences.parquet", rows)
    values = [
        {"evidence": "E_55", "value": value, "meaning": meaning, "body_location": meaning, "side": None}
        for value, meaning in (("V_1", "nowhere"), ("V_2", "belly"), ("V_3", "upper chest"))
    ]
    write_table(folder / "evidence_values.parquet", values)
    usual = [
        edge("influenza", "E_91", 0.8), edge("influenza", "E_201", 0.5), edge("influenza", "E_79", 0.3),
        edge("stable_angina", "E_53", 0.6), edge("stable_angina", "E_55", 1.0), edge("stable_angina", "E_37", 0.5),
    ]  # fmt: skip
    write_table(folder / "edges.parquet", usual if edges is None else edges)
    return data


@pytest.fixture
def graph(tmp_path: Path) -> Knowledge:
    return Knowledge.load(write_graph(tmp_path / "data"))


def test_missing_folder_is_an_empty_graph(tmp_path: Path, graph: Knowledge) -> None:
    assert Knowledge.load(tmp_path / "nothing").empty
    assert not graph.empty
    assert graph.priors["influenza"] == 0.9


def test_values_in_words_without_the_one_that_means_none(graph: Knowledge) -> None:
    assert graph.evidences["E_55"].values == ("belly", "upper chest")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (edge("influenza", "E_91", 1.5), "E_91"),
        (edge("influenza", "E_999", 0.5), "E_999"),
        (edge("plague", "E_91", 0.5), "plague"),
    ],
)
def test_refuses_contradictory_tables(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Knowledge.load(write_graph(tmp_path / "data", [bad]))


def test_draws_respect_the_probabilities(graph: Knowledge) -> None:
    chance = random.Random(1)
    drawn = [graph.draw("influenza", chance) for _ in range(DRAWS)]
    for name, probability in graph.probabilities["influenza"].items():
        assert sum(name in one for one in drawn) / DRAWS == pytest.approx(probability, abs=0.03)


def test_a_child_comes_only_with_its_parent(graph: Knowledge) -> None:
    chance = random.Random(2)
    drawn = [graph.draw("stable_angina", chance) for _ in range(DRAWS)]
    assert {("E_53" in one, "E_55" in one) for one in drawn} == {(True, True), (False, False)}
    assert {one["E_55"] for one in drawn if "E_55" in one} == {"belly", "upper chest"}
    assert any("E_37" in one for one in drawn), "a parent that no table defines does not hide its child"


def symptom(text: str, condition: str) -> Example:
    line = f"age 30 adult | complaint: {text}"
    return Example(line, "en", "x", "A", "condition", condition=CONDITIONS.index(condition))


def test_screen_names_only_rows_whose_words_are_all_foreign(graph: Knowledge) -> None:
    rows = [
        symptom("bulging leg veins and heavy legs every evening", "acne"),
        symptom("bulging leg veins and heavy legs every evening", "varicose_veins"),
        symptom("pimples, bulging leg veins and heavy legs", "acne"),
        symptom("no varicose veins, no heavy legs", "acne"),
        symptom("a strange feeling", "acne"),
    ]
    reasons = screen_symptoms(rows, graph)
    assert list(reasons) == [0]
    assert "varicose_veins" in reasons[0]
    assert screen_symptoms(rows, Knowledge()) == {}
    corpus = Corpus(list(rows), [], frozenset())
    drop_contradictions(corpus, graph)
    assert corpus.train == rows[1:]
    assert list(corpus.dropped.values()) == [1]
