"""Suites of sets, on a model whose answers can be told from the words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.evaluation.resampling import Bootstrap, share
from models.evaluation.rows import EvaluationError
from models.evaluation.scoring import Served
from models.evaluation.statistics import BinaryCells
from models.evaluation.suite.comparison import differences, mean_ranks
from models.evaluation.suite.picture import draw_suite
from models.evaluation.suite.report import ANY, SetSummary, SuiteReport, report, score_sets
from models.evaluation.suite.sets import half_of, read_suite
from streams.gateway.mapping import Meaning
from tests.unit.models.evaluation.test_evaluation import classes, noisy, open_served, write

QUICK = Bootstrap(draws=200)
RUDE = [
    {"text": "a lovely day", "text_raw": "you are an idiot", "lang": "en", "toxicity": 1, "insult": 1, "id": "1"},
    {"text": "vermin", "text_raw": "the day", "lang": "en", "toxicity": 0, "insult": None, "id": "2"},
    {"text": "", "text_raw": "damn vermin", "lang": "en", "toxicity": 1, "insult": 0, "id": "3"},
    {"text": "", "text_raw": "i have pain", "lang": "en", "toxicity": 0, "insult": 0, "id": "4"},
    {"text": "", "text_raw": "你 傻", "lang": "zh", "toxicity": 1, "insult": 1, "id": "5"},
]
HARM: list[dict[str, Any]] = [
    {"text": "casino casino", "lang": "zh", "spam": 1, "category": "gambling"},
    {"text": "你 好", "lang": "zh", "spam": 1, "category": "gambling"},
    {"text": "casino", "lang": "zh", "spam": None, "category": "abuse"},
    {"text": "我 好", "lang": "zh", "spam": 0, "category": "clean"},
    {"text": "idiot", "lang": "zh", "spam": 0, "category": "odd"},
]
ORDINARY = [
    {"text": "you kill the day", "lang": "en", "domain": "games", "toxicity": 0, "threat": 0},
    {"text": "the day", "lang": "en", "domain": "games", "toxicity": 0, "threat": 0},
    {"text": "a damn day", "lang": "en", "domain": "fiction", "toxicity": 0, "profanity": None},
]


def write_suite(folder: Path, **tables: Sequence[Mapping[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, records in tables.items():
        write(folder / f"{name}.jsonl", records)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return open_served(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite", rude=RUDE, harm=HARM, test=ORDINARY, triage=[{"text": "a", "risk_tier": 1}])


def reported(place: Path, served: Served, **options: Any) -> SuiteReport:
    sets, _ = read_suite([place], classes(served))
    return report(sets, score_sets(sets, served), served.artifact, QUICK, **options)


def test_every_table_of_a_folder_is_a_set_and_what_cannot_be_measured_is_said(suite: Path, served: Served) -> None:
    sets, skipped = read_suite([suite], classes(served))

    assert [one.name for one in sets] == ["harm", "rude", "suite/test"]
    assert [one.is_ordinary for one in sets] == [False, False, True]
    assert [one.name for one in skipped] == ["harm, category odd", "triage"]
    assert "risk_tier" in skipped[1].reason


def test_a_model_reads_the_text_as_it_was_published(suite: Path, served: Served) -> None:
    sets, _ = read_suite([suite], classes(served))
    assert [row.text for row in sets[1].rows] == [record["text_raw"] for record in RUDE]


def test_spans_are_refused_where_the_text_is_another(tmp_path: Path, served: Served) -> None:
    place = write_suite(tmp_path / "s", spans=[{"text": "idiot", "text_raw": "IDIOT", "spans": [[0, 5]]}])
    with pytest.raises(EvaluationError, match="row 1: it has `spans`"):
        read_suite([place], classes(served))


def test_figures_by_set_language_and_label(suite: Path, served: Served) -> None:
    found = {(one.set, one.lang, one.entry.label): one.entry for one in reported(suite, served).entries}

    toxicity = found["rude", "en", "toxicity"]
    assert (toxicity.rows, toxicity.positives) == (4, 2)
    assert toxicity.figures["f1"].value == 1.0
    assert found["rude", "en", "insult"].rows == 3  # an empty label is no 0
    assert found["harm", "zh", "spam"].figures["recall"].value == 0.5
    assert ("suite/test", "en", "toxicity") not in found


def test_any_label_is_that_of_the_labels_that_the_set_knows(suite: Path, served: Served) -> None:
    entry = next(one.entry for one in reported(suite, served).entries if one.entry.label == ANY)

    assert (entry.rows, entry.positives) == (4, 2)  # English; row 3 is toxic and no insult
    assert entry.figures["auroc"].value == 1.0
    assert "calibration_error" not in entry.figures  # the highest of several scores is no probability


def test_ordinary_text_counts_labels_by_domain(suite: Path, served: Served) -> None:
    alarms = {one.domain: one for one in reported(suite, served).false_alarms}

    assert alarms["games"].labelled.value == alarms["games"].wrong.value == 500.0
    assert alarms["games"].labels == {"toxicity": 500.0, "threat": 500.0}
    # Of profanity the table claims nothing, so that label is no known mistake.
    assert (alarms["fiction"].labelled.value, alarms["fiction"].wrong.value) == (1000.0, 0.0)
    assert alarms["all"].rows == 3


def test_a_category_asks_for_its_own_labels(suite: Path, served: Served) -> None:
    shares = {one.category: one for one in reported(suite, served).categories}

    assert shares["gambling"].labelled.value == 0.5
    assert shares["abuse"].labelled.value == 0.0  # spam is no abuse
    assert (shares["clean"].wanted, shares["clean"].labelled.value) == ((), 0.0)


def test_the_folder_names_labels_of_its_own_categories(suite: Path, served: Served) -> None:
    (suite / "suite.toml").write_text('[categories]\nodd = ["insult"]\n')
    assert {one.category: one.labelled.value for one in reported(suite, served).categories}["odd"] == 1.0

    for document in ("x = 1", '[categories]\nodd = ["rude"]', "["):
        (suite / "suite.toml").write_text(document)
        with pytest.raises(EvaluationError, match=r"suite\.toml"):
            read_suite([suite], classes(served))


def meaning(name: str, *labels: str, **made_of: str) -> Meaning:
    return Meaning.model_validate({"name": name, "labels": labels, "close": "near", "note": "-", **made_of})


MEANINGS = {
    one.name: one
    for one in (
        meaning("BOTH", "toxicity", "insult", how="all"),
        meaning("EITHER", "toxicity", "insult"),
        meaning("CAPPED", "toxicity", capped_by="insult"),
        meaning("THREAT", "threat"),
    )
}


def test_a_name_is_put_together_alike_of_what_is_true_and_of_what_was_said(suite: Path, served: Served) -> None:
    names = reported(suite, served, meanings=MEANINGS).names
    found = {(one.set, one.lang, one.entry.label): one.entry for one in names}

    both, either = found["rude", "en", "BOTH"], found["rude", "en", "EITHER"]
    assert (both.rows, both.positives) == (3, 1)  # of one row it is not known whether it is an insult
    assert (either.rows, either.positives) == (3, 2)
    assert both.figures["f1"].value == both.figures["auroc"].value == 1.0
    assert set(both.figures) == {"auroc", "f1"}
    assert ("rude", "en", "THREAT") not in found
    assert ("suite/test", "en", "THREAT") not in found
    assert reported(suite, served).names == ()


def test_a_score_is_the_one_that_the_gateway_answers(suite: Path, served: Served) -> None:
    """Capped by a label that says nothing, toxicity no longer ranks what it ranked."""
    found = {one.entry.label: one.entry for one in reported(suite, served, meanings=MEANINGS).names if one.lang == "en"}

    assert found["CAPPED"].positives == 2
    assert found["CAPPED"].figures["auroc"].value < 1.0


def test_a_judge_says_what_stands_and_what_acts(suite: Path, served: Served) -> None:
    found = reported(suite, served, judge=lambda scores, lang: (["spam"], lang == "en" and scores[3] > 0.5))
    alarms = {one.domain: one for one in found.false_alarms}

    assert (alarms["games"].labelled.value, alarms["games"].acted.value) == (1000.0, 500.0)


@pytest.mark.parametrize("table", [[], [{"text": " ", "spam": 1}], [{"text": "a", "risk_tier": 1}]])
def test_a_suite_without_a_set_is_an_error(tmp_path: Path, served: Served, table: list[dict[str, Any]]) -> None:
    place = write_suite(tmp_path / "empty", **({"one": table} if table else {}))
    with pytest.raises(EvaluationError):
        read_suite([place], classes(served))


def test_a_limit_takes_the_same_rows_each_time(tmp_path: Path, served: Served) -> None:
    records = [{"text": "the day", "id": str(number), "toxicity": number % 2} for number in range(60)]
    place = write_suite(tmp_path / "many", many=records)
    (one,), _ = read_suite([place], classes(served), limit=20)
    write_suite(place, many=records[::-1])
    (other,), _ = read_suite([place], classes(served), limit=20)

    assert {row.id for row in one.rows} == {row.id for row in other.rows}
    assert len(one.rows) == 20
    assert [row.id for row in one.rows] != [str(number) for number in range(20)]  # no first rows: tables are sorted
    assert {half_of(row) for row in one.rows} == {0, 1}


def test_means_count_sets_alike_and_name_the_worst(served: Served, tmp_path: Path) -> None:
    texts = [("idiot", 1), ("the day", 0)] * 20
    mixed = [("idiot", 1), ("the day", 0), ("the day", 1), ("idiot", 0)] * 20
    place = write_suite(
        tmp_path / "two",
        good=[{"text": text, "toxicity": target} for text, target in texts],
        poor=[{"text": text, "toxicity": target} for text, target in mixed],
        few=[{"text": "idiot", "toxicity": 0}, {"text": "the day", "toxicity": 1}],
    )
    found = reported(place, served)

    assert {one.set: one.auroc for one in found.summaries} == {"good": 1.0, "poor": 0.5}
    assert found.mean("auroc") == 0.75
    assert found.worst is not None
    assert found.worst.set == "poor"


def test_two_models_are_compared_on_the_same_rows(served: Served, suite: Path, tmp_path: Path) -> None:
    shy = open_served(tmp_path / "shy", thresholds={
        label: {"en": 0.99, "zh": 0.5} for label in (*served.artifact.labels("post"), "spans")
    })  # fmt: skip
    sets, _ = read_suite([suite], classes(served))
    sides = [(model.artifact, score_sets(sets, model)) for model in (shy, served)]
    found = {(one.set, one.lang, one.label): one.figures for one in differences(sets, sides[0], sides[1], QUICK)}

    assert found["rude", "en", "toxicity"]["f1"].value == 100.0
    assert found["rude", "en", "toxicity"]["auroc"] == (0.0, 0.0, 0.0)
    reports = [report(sets, answers, artifact, QUICK) for artifact, answers in sides]
    assert mean_ranks(reports) == []  # no set has enough rows


def test_a_paired_difference_is_narrower_than_two_intervals() -> None:
    targets, scores, flagged = noisy(600, seed=1)
    better = np.round(np.clip(scores + 0.02 * targets, 0, 1), 4)
    both = [BinaryCells.with_members(targets, values, flagged) for values in (scores, better)]
    apart = [QUICK.figures(cells)["auroc"] for cells, _ in both]
    paired = QUICK.differences(both[0], both[1])["auroc"]

    assert paired.value == pytest.approx(100 * (apart[1].value - apart[0].value), abs=0.02)
    assert 0 < paired.low < paired.value < paired.high
    assert paired.high - paired.low < 50 * (apart[0].high - apart[0].low)


def test_a_share_of_nothing_found_is_not_known_to_be_nothing() -> None:
    assert list(share(0, 100, 0.95)) == pytest.approx([0.0, 0.0, 0.037], abs=1e-3)
    assert list(share(5, 100, 0.95)) == pytest.approx([0.05, 0.0215, 0.1118], abs=1e-3)
    assert share(1, 2, 0.95, per=1000).value == 500.0


def test_the_ranks_of_even_models_are_shared(served: Served) -> None:
    def of(*values: float) -> SuiteReport:
        summaries = tuple(SetSummary(str(n), 1, value, 0.0) for n, value in enumerate(values))
        return SuiteReport(served.artifact, (), (), (), summaries)

    assert mean_ranks([of(0.9, 0.8), of(0.7, 0.8), of(0.8, 0.8)]) == [1.5, 2.5, 2.0]


def test_a_picture_is_drawn_of_several_models(suite: Path, served: Served, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = reported(suite, served)
    draw_suite([found, found], tmp_path / "suite.png")

    assert (tmp_path / "suite.png").stat().st_size > 10_000
    draw_suite([replace(found, false_alarms=())], tmp_path / "sets.png")
    widths = [int.from_bytes((tmp_path / name).read_bytes()[16:20]) for name in ("suite.png", "sets.png")]
    assert widths[0] > 1.9 * widths[1], "half of the picture is left empty where no ordinary text was read"
    with pytest.raises(EvaluationError, match="cannot be written"):
        draw_suite([found], tmp_path / "missing" / "suite.png")


def test_a_report_holds_no_text(suite: Path, served: Served) -> None:
    document = json.dumps(reported(suite, served).as_dict())
    assert "vermin" not in document
