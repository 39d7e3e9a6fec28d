"""Figures, intervals, tables and comparison, on a model whose answers can be told from the words."""

from __future__ import annotations

import csv
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score, roc_auc_score

from models.artifact import Artifact
from models.augmentation.deformation import Deformed, kinds_for
from models.evaluation.comparison import compare, examples
from models.evaluation.figures import Entry, evaluate, labelled, predicted_class
from models.evaluation.picture import draw
from models.evaluation.resampling import Bootstrap
from models.evaluation.robustness import DISGUISES, disguised_rows, robustness
from models.evaluation.rows import EvaluationError, Row
from models.evaluation.scoring import Served, score_rows
from models.evaluation.statistics import MAX_LEVELS, BinaryCells, ClassCells
from models.evaluation.tables import read_records, read_tables
from models.serving.batcher import TokenBudgetBatcher
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from models.serving.reader import Reader
from streams.tasks import declared
from tests.support.tiny_artifact import write_manifest, write_tiny_artifact

QUESTIONS = {name: task.question for name, task in declared().items()}
QUICK = Bootstrap(draws=200)
POSTS = [
    Row("you are an idiot", lang="en", source="chat", labels={"toxicity": 1, "insult": 1}),
    Row("a lovely day", lang="en", source="chat", slice="kind", labels={"toxicity": 0}),
    Row("i have pain", lang="en", source="mail", slice="health", labels={"toxicity": 1, "insult": 0}),
    Row("damn vermin", lang="en", source="mail", slice="health", labels={"toxicity": 0}),
    Row("你 傻", lang="zh", source="mail", labels={"toxicity": 1}),
]


def open_served(folder: Path, **manifest: Any) -> Served:
    write_tiny_artifact(folder)
    if manifest:
        write_manifest(folder, **manifest)
    artifact = Artifact.load(folder)
    engine = OnnxEngine.open(artifact, device="cpu", threads=1)
    return Served(artifact, Reader(Encoder.from_artifact(artifact)), engine, TokenBudgetBatcher(engine.grid), QUESTIONS)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return open_served(tmp_path_factory.mktemp("tiny"))


def entries_of(rows: Sequence[Row], served: Served) -> dict[tuple[str, str, str, str], Entry]:
    found = evaluate(rows, score_rows(rows, served), served.artifact, QUICK)
    return {(entry.head, entry.label, entry.by, entry.group): entry for entry in found}


def noisy(rows: int, seed: int, positives: float = 0.3) -> tuple[Any, Any, Any]:
    random_numbers = np.random.default_rng(seed)
    targets = (random_numbers.random(rows) < positives).astype(float)
    scores = np.round(np.clip(random_numbers.normal(0.35 + 0.25 * targets, 0.15), 0, 1), 4)
    return targets, scores, scores >= 0.5


def write(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def classes(served: Served) -> dict[str, tuple[str, ...]]:
    return {name: head.labels for name, head in served.artifact.manifest.heads.items()}


def test_figures_of_a_small_example_by_hand() -> None:
    targets = np.array([1, 1, 0, 1, 0.0])
    scores = np.array([0.9, 0.6, 0.6, 0.2, 0.1])
    figures = QUICK.figures(BinaryCells.of(targets, scores, scores >= 0.5))

    assert figures["precision"].value == pytest.approx(2 / 3, abs=1e-4)
    assert figures["recall"].value == pytest.approx(2 / 3, abs=1e-4)
    assert figures["f1"].value == pytest.approx(2 / 3, abs=1e-4)
    assert figures["auroc"].value == pytest.approx((2 + 1.5 + 1) / 6, abs=1e-4)
    # Precision 1, 2/3 and 3/4 where the first, second and third positive is found.
    assert figures["auprc"].value == pytest.approx((1 + 2 / 3 + 3 / 4) / 3, abs=1e-4)
    # Bins: .9 against 1, .6 against 1/2 twice, .2 against 1, .1 against 0.
    assert figures["calibration_error"].value == pytest.approx((0.1 + 2 * 0.1 + 0.8 + 0.1) / 5, abs=1e-4)


@pytest.mark.parametrize("positives", [0.02, 0.3, 0.9])
def test_ranking_figures_are_those_of_sklearn(positives: float) -> None:
    targets, scores, flagged = noisy(700, seed=3, positives=positives)
    scores = np.round(scores, 2)  # many ties
    figures = QUICK.figures(BinaryCells.of(targets, scores, flagged))

    assert figures["auroc"].value == pytest.approx(roc_auc_score(targets, scores), abs=1e-4)
    assert figures["auprc"].value == pytest.approx(average_precision_score(targets, scores), abs=1e-4)
    assert figures["f1"].value == pytest.approx(f1_score(targets, flagged), abs=1e-4)


@pytest.mark.parametrize("positives", [0.005, 0.4])
def test_fewer_cells_hardly_move_a_figure(positives: float) -> None:
    targets, scores, flagged = noisy(20_000, seed=5, positives=positives)
    exact = BinaryCells.of(targets, scores, flagged)
    fewer = BinaryCells.of(targets, scores, flagged, MAX_LEVELS)

    assert len(fewer.counts) < 2500
    values, rough = (cells.statistics(cells.counts[None, :]) for cells in (exact, fewer))
    for name, value in values.items():
        assert rough[name][0] == pytest.approx(value[0], abs=2e-3), name


def test_class_figures_are_those_of_sklearn() -> None:
    random_numbers = np.random.default_rng(1)
    truth = random_numbers.integers(0, 5, 300)
    answer = np.clip(truth + random_numbers.integers(-1, 2, 300), 0, 4)

    ordinal = QUICK.figures(ClassCells.of(truth, answer, 5, is_ordinal=True))
    assert ordinal["quadratic_kappa"].value == pytest.approx(
        cohen_kappa_score(truth, answer, weights="quadratic"), abs=1e-4
    )
    assert ordinal["within_one"].value == 1.0
    nominal = QUICK.figures(ClassCells.of(truth, answer, 5))
    assert nominal["macro_f1"].value == pytest.approx(f1_score(truth, answer, average="macro"), abs=1e-4)
    assert nominal["accuracy"].value == pytest.approx((truth == answer).mean(), abs=1e-4)


def test_intervals_hold_their_figure_and_shrink_with_rows() -> None:
    widths = []
    for rows in (100, 1600):
        targets, scores, flagged = noisy(rows, seed=7)
        figures = Bootstrap().figures(BinaryCells.of(targets, scores, flagged))
        assert all(f.low <= f.value <= f.high for f in figures.values())
        widths.append({name: f.high - f.low for name, f in figures.items()})

    for name in widths[0]:
        assert 2 < widths[0][name] / widths[1][name] < 8, name  # about the root of 16


def test_an_interval_is_as_wide_as_theory_says() -> None:
    """Of a share, 95 % of resamples lie within 1.96 standard errors."""
    truth, answer = np.zeros(400, dtype=int), np.repeat([0, 1], [300, 100])
    accuracy = Bootstrap().figures(ClassCells.of(truth, answer, 2))["accuracy"]
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert accuracy.low == pytest.approx(0.75 - half, abs=0.008)
    assert accuracy.high == pytest.approx(0.75 + half, abs=0.008)


def test_more_confidence_is_a_wider_interval_and_a_seed_decides() -> None:
    cells = BinaryCells.of(*noisy(300, seed=2))
    usual, sure = Bootstrap().figures(cells), Bootstrap(confidence=0.99).figures(cells)
    assert usual == Bootstrap().figures(cells)
    assert sure["f1"].low < usual["f1"].low
    assert usual["f1"].high < sure["f1"].high


def test_intervals_of_many_rows_are_cheap() -> None:
    targets, scores, flagged = noisy(10_000, seed=9)
    began = time.process_time()
    Bootstrap().figures(BinaryCells.of(targets, scores, flagged), BinaryCells.of(targets, scores, flagged, MAX_LEVELS))
    assert time.process_time() - began < 1.0


def test_one_class_alone_has_no_ranking_figures() -> None:
    figures = QUICK.figures(BinaryCells.of(np.ones(5), np.full(5, 0.9), np.ones(5, dtype=bool)))
    assert figures["recall"].value == 1.0
    assert not {"auroc", "auprc"} & set(figures)


def test_unlabelled_is_not_a_negative(served: Served) -> None:
    entry = entries_of(POSTS, served)["post", "insult", "all", "all"]
    assert (entry.rows, entry.positives) == (2, 1)
    assert entry.figures["auroc"].value == 1.0
    assert ("post", "spam", "all", "all") not in entries_of(POSTS, served)


def test_rows_are_grouped_by_language_source_and_slice(served: Served) -> None:
    found = entries_of(POSTS, served)
    counts = {key[2:]: entry.rows for key, entry in found.items() if key[1] == "toxicity"}
    assert counts == {
        ("all", "all"): 5, ("lang", "en"): 4, ("lang", "zh"): 1, ("source", "chat"): 2, ("source", "mail"): 3,
        ("slice", "kind"): 1, ("slice", "health"): 2,
    }  # fmt: skip
    assert found["post", "toxicity", "source", "chat"].figures["f1"].value == 1.0
    assert found["post", "toxicity", "source", "mail"].figures["f1"].value == 0.5


def test_thresholds_are_the_artifacts_of_the_row_s_language(tmp_path: Path) -> None:
    bars = {"toxicity": {"en": 0.99, "zh": 0.5}, "insult": {"en": 0.5, "zh": 0.5}}
    found = entries_of(POSTS, open_served(tmp_path, thresholds=bars))
    assert found["post", "toxicity", "lang", "en"].figures["recall"].value == 0.0
    assert found["post", "toxicity", "lang", "zh"].figures["recall"].value == 1.0
    assert found["post", "toxicity", "lang", "en"].thresholds == {"en": 0.99}
    assert found["post", "toxicity", "all", "all"].thresholds == {"en": 0.99, "zh": 0.5}


def test_classes_urgency_and_spans(served: Served, tmp_path: Path) -> None:
    mood = write(tmp_path / "mood.jsonl", [
        {"text": "lovely", "sentiment": "positive"}, {"text": "what", "sentiment": "negative"},
    ])  # fmt: skip
    visits = write(tmp_path / "visits.jsonl", [
        {"text": "unresponsive", "urgency": 1, "age": 50}, {"text": "headache", "urgency": 3},
        {"text": "what", "urgency": 5, "hr": 80},
    ])  # fmt: skip
    spans = write(tmp_path / "spans.jsonl", [
        {"text": "you \u200bidiot", "spans": [[5, 10]]}, {"text": "a day", "spans": []},
        {"text": "a lovely day", "spans": [[2, 8]]},
    ])  # fmt: skip
    found = entries_of(read_tables([mood, visits, spans], classes(served)), served)

    assert found["sentiment", "", "all", "all"].figures["accuracy"].value == 0.5
    assert found["urgency", "", "all", "all"].figures["accuracy"].value == pytest.approx(2 / 3, abs=1e-4)
    assert found["urgency", "", "all", "all"].figures["within_one"].value == 1.0
    assert found["spans", "", "all", "all"].figures["character_f1"].value == pytest.approx(2 / 3, abs=1e-4)


def test_spans_are_measured_as_a_verdict_marks_them(served: Served, tmp_path: Path) -> None:
    """What was taken out inside a word is marked with it, and so measured with it."""
    text = "you i\u200bd\u200biot"
    spans = write(tmp_path / "spans.jsonl", [{"text": text, "spans": [[4, len(text)]]}])
    found = entries_of(read_tables([spans], classes(served)), served)
    assert found["spans", "", "all", "all"].figures["character_f1"].value == 1.0


def test_a_column_may_be_missing_from_the_first_line(served: Served, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"text": "hello", "lang": "en"},
        {"text": "you idiot", "insult": 1, "region": "north"},
    ]
    rows = read_tables([write(tmp_path / "t.jsonl", lines)], classes(served), "region")
    assert len(rows) == 2


def test_the_three_formats_give_the_same_rows(served: Served, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    records: list[dict[str, Any]] = [
        {"text": "you idiot", "lang": "en", "toxicity": 1, "insult": None, "spans": [[4, 9]]},
        {"text": "好", "lang": "zh", "toxicity": None, "insult": 0, "spans": None},
    ]
    write(tmp_path / "t.jsonl", records)
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "t.parquet")
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows([{**record, "spans": record["spans"] and json.dumps(record["spans"])} for record in records])

    lines, parquet, comma = (
        read_tables([tmp_path / f"t.{kind}"], classes(served)) for kind in ("jsonl", "parquet", "csv")
    )
    assert lines == parquet == comma
    assert lines[0].labels == {"toxicity": 1}
    assert lines[1].labels == {"insult": 0}
    assert lines[0].source == "t"


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"toxicity": 1}, "has no column `text`"),
        ({"text": "a secret", "lang": "en"}, "has no labels"),
        ({"text": "a secret", "toxicity": 2}, "row 1: toxicity is 2; it must be 1, 0 or empty"),
        ({"text": "a secret", "condition": "plague"}, "condition is 'plague'"),
        ({"text": "a secret", "spans": [[0, 99]]}, "a span does not lie in the text"),
        ({"text": "a secret", "urgency": 1, "hr": "fast"}, "hr is 'fast'"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence_without_its_texts(
    record: dict[str, Any], sentence: str, served: Served, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match=sentence) as refused:
        read_tables([write(tmp_path / "bad.jsonl", [record])], classes(served))
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_table_is_refused(served: Served, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"no parquet")
    (tmp_path / "t.jsonl").write_text("{not json\n")
    for name, sentence in (("t.parquet", "cannot be read"), ("t.jsonl", "cannot be read"), ("t.txt", "must end in")):
        with pytest.raises(EvaluationError, match=sentence):
            read_tables([tmp_path / name], classes(served))
    with pytest.raises(EvaluationError, match="no column `region` to group by"):
        read_tables([write(tmp_path / "s.jsonl", [{"text": "a", "spam": 0}])], classes(served), "region")


def test_a_disguise_that_hides_words_costs_recall(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the insults are hidden; a disguise that changes no post has no line."""

    def hide(text: str, chance: random.Random, lexicons: object) -> Deformed:
        return Deformed.of(["quux" if word == "idiot" and "2" in text else f"{word} " for word in text.split(" ")])

    def leave(text: str, chance: random.Random, lexicons: object) -> Deformed:
        return Deformed.of(list(text))

    kinds = {"leet": hide, "spacing": leave, "homoglyph": leave}
    monkeypatch.setattr("models.evaluation.robustness.DEFORMATIONS", kinds)
    words = ("idiot 1", "idiot 2", "day 3")
    rows = [Row(f"are {word}", lang="en", labels={"insult": int("idiot" in word)}) for word in words] * 10
    plain = evaluate(rows, score_rows(rows, served), served.artifact, QUICK)
    seen: list[int] = []
    (entry,) = robustness(rows, plain, served, QUICK, tmp_path, seen.append)

    assert (entry.by, entry.group, entry.rows, entry.positives) == ("deformation", "en leet", 30, 20)
    assert entry.figures["recall"].value == 0.5
    assert (entry.loss["recall"], entry.loss["precision"]) == (50.0, 0.0)
    assert sum(seen) == disguised_rows(rows) == 90


def test_the_disguises_are_known() -> None:
    assert all(set(kinds) <= set(kinds_for(lang)) for lang, kinds in DISGUISES.items())


def test_comparison_finds_the_decisions_that_changed(served: Served, tmp_path: Path) -> None:
    bars = {label: {"en": 0.5, "zh": 0.5} for label in ("insult", "hate", "threat", "sexual", "self_harm", "spam")}
    other = open_served(tmp_path, thresholds={**bars, "toxicity": {"en": 0.99, "zh": 0.5}, "profanity": {"en": 0.01}})
    a, b = ((one.artifact, score_rows(POSTS, one)) for one in (served, other))
    found = {(one.head, one.label, one.lang): one for one in compare(POSTS, a, b)}

    toxicity = found["post", "toxicity", "en"]
    assert (toxicity.only_a, toxicity.only_b, toxicity.agreement, toxicity.mean_change) == (2, 0, 0.5, 0.0)
    profanity = found["post", "profanity", "en"]
    assert (profanity.only_a, profanity.only_b) == (0, 3)
    assert found["post", "toxicity", "zh"].agreement == 1.0
    assert found["sentiment", "", "en"].agreement == 1.0
    assert {one.text for one in examples(POSTS, a, b) if one.label == "toxicity"} == {"you are an idiot", "damn vermin"}
    assert {one.flagged_by for one in examples(POSTS, a, b) if one.label == "toxicity"} == {"A"}


def test_a_label_of_a_head_that_the_model_lacks_is_refused(served: Served) -> None:
    heads = {name: head for name, head in served.artifact.manifest.heads.items() if name != "sentiment"}
    manifest = served.artifact.manifest.model_copy(update={"heads": heads})
    lacking = replace(served, artifact=Artifact(served.artifact.folder, manifest))
    with pytest.raises(EvaluationError, match="has no head sentiment"):
        score_rows([Row("lovely", classes={"sentiment": 2})], lacking)


def test_answers_come_in_the_order_of_the_rows(served: Served) -> None:
    chance = random.Random(4)
    words = ["idiot", "lovely", "day"]
    texts = [" ".join(chance.choices(words, k=chance.randint(1, 30))) for _ in range(300)]
    rows = [Row(text, lang="en") for text in texts]
    for text, answer in zip(texts, score_rows(rows, served), strict=True):
        assert "post" in answer.scores.heads
        assert (answer.scores.heads["post"][1] > 0.5) == ("idiot" in text)


def test_of_ordered_classes_the_median_counts(served: Served) -> None:
    answer = score_rows([Row("unresponsive", "symptoms")], served)[0]
    answer.scores.heads["urgency"] = np.array([0.3, 0.25, 0.0, 0.0, 0.45])
    assert predicted_class(answer, "urgency", is_ordinal=True) == 1
    assert predicted_class(answer, "urgency", is_ordinal=False) == 4


def test_the_picture_is_a_picture(served: Served, tmp_path: Path) -> None:
    answers = score_rows(POSTS, served)
    entries = evaluate(POSTS, answers, served.artifact, QUICK)
    draw(list(labelled(POSTS, answers, served.artifact)), entries, tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(EvaluationError, match="cannot be written"):
        draw([], entries, tmp_path / "missing" / "p.png")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["toxicity,text", "1,hello, you idiot"], "row 1: it has not as many cells as the first line has names"),
        (["text,toxicity", "fine,0", "missing"], "row 2: it has not as many cells"),
        (["text,toxicity", '"You idiot,1', "fine,0"], "it is no csv file"),
    ],
)
def test_a_csv_file_whose_cells_do_not_add_up_is_refused(tmp_path: Path, lines: list[str], reason: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    with pytest.raises(EvaluationError, match=reason):
        read_records(path)
