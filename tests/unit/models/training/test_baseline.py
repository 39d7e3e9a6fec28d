"""The linear models learn every head from made-up rows, and nothing from rows that are not labelled."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.examples import Example
from models.factory.recipe_file import read_recipe
from models.labels import POST_LABELS, URGENCY_LEVELS
from models.training.baseline import baseline_figures, question_table
from models.training.corpus import Corpus
from models.training.data_rules import DataRules

TOXICITY, SPAM, THREAT = (POST_LABELS.index(label) for label in ("toxicity", "spam", "threat"))
WORDS = {
    "en": (("soup", "bread", "river"), ("idiot", "moron", "scum")),
    "zh": (("面包很香", "早上好", "河边散步"), ("你真蠢", "笨蛋", "滚开")),
}
LEVELS = ("cannot breathe", "chest pain", "broken arm", "sore throat", "repeat prescription")


def posts(lang: str, rows: int, seed: int) -> list[Example]:
    chance = random.Random(seed)
    examples = []
    for number in range(rows):
        text = " ".join([*chance.choices(WORDS[lang][number % 2], k=4), f"{number + seed}"])
        example = Example(text, lang, "open", "A", "post")
        example.post[TOXICITY] = number % 2
        example.post[THREAT] = 0
        examples.append(example)
    return examples


def others(rows: int, seed: int) -> list[Example]:
    examples = []
    for number in range(rows):
        mood, level = number % 3, number % len(URGENCY_LEVELS)
        said = ("awful slow", "plain usual", "lovely quick")[mood]
        ill = ("itchy spots", "sneezing nose")[number % 2]
        examples.append(Example(f"{said} {number + seed}", "en", "open", "A", "sentiment", sentiment=mood))
        examples.append(
            Example(f"complaint: {ill} {number + seed}", "en", "open", "A", "condition", condition=number % 2)
        )
        visit = f"age {20 + number} | complaint: {LEVELS[level]}"
        examples.append(Example(visit, "en", "open", "A", "urgency", urgency=level))
    return examples


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    train = [*posts("en", 120, 0), *posts("zh", 120, 0), *others(60, 0)]
    dev = [*posts("en", 40, 900), *posts("zh", 40, 900), *others(15, 900)]
    return baseline_figures(Corpus(train, dev, frozenset()), DataRules(), progress=False)


@pytest.mark.parametrize("kind", ["svm", "logistic"])
def test_each_model_learns_each_head(figures: dict[str, Any], kind: str) -> None:
    for lang in ("en", "zh"):
        toxicity = figures[kind]["post"]["toxicity"][lang]
        assert toxicity["rows"] == 40
        assert toxicity["auroc"] > 0.99
        assert toxicity["f1"] > 0.95
        assert toxicity["calibration_error"] < 0.2, "margins of an SVM are scaled before they are read as logits"
    assert figures[kind]["sentiment"]["en"]["macro_f1"] > 0.95
    assert figures[kind]["condition"]["en"]["accuracy"] > 0.95
    assert figures[kind]["urgency"]["en"]["quadratic_kappa"] > 0.9


def test_a_label_without_positives_or_rows_does_no_harm(figures: dict[str, Any]) -> None:
    assert figures["svm"]["post"]["threat"]["en"]["positives"] == 0
    assert "spam" not in figures["svm"]["post"]
    assert set(figures["svm"]["sentiment"]) == {"en"}


def test_a_class_without_training_rows_is_never_the_answer() -> None:
    def record(text: str, condition: int) -> Example:
        return Example(f"complaint: {text}", "en", "open", "A", "condition", condition=condition)

    ills = ("itchy spots", "sneezing nose", "aching knee")
    train = [*posts("en", 20, 0), *(record(f"{ills[n % 3]} {n}", n % 3) for n in range(60))]
    dev = [*posts("en", 10, 900), *(record("zzz", 3) for _ in range(5))]  # nothing is known of it: all margins are low
    found = baseline_figures(Corpus(train, dev, frozenset()), DataRules(), progress=False)
    assert found["svm"]["condition"]["en"]["accuracy"] == 0


def test_a_corpus_of_one_language_has_figures_of_one() -> None:
    corpus = Corpus(posts("en", 60, 0), posts("en", 20, 900), frozenset())
    figures = baseline_figures(corpus, DataRules(), progress=False)
    assert set(figures["logistic"]["post"]["toxicity"]) == {"en"}
    assert set(figures["logistic"]) == {"post"}


def test_written_sentences_have_figures_of_their_own_and_thresholds_look_at_them() -> None:
    """Written labels that contradict those of dev move the thresholds, which costs dev."""
    dev, written = posts("en", 20, 900), posts("en", 400, 1900)
    for example in written:
        example.post[TOXICITY] = 1 - example.post[TOXICITY]
    plain = baseline_figures(Corpus(posts("en", 60, 0), dev, frozenset()), DataRules(), progress=False)
    both = baseline_figures(Corpus(posts("en", 60, 0), dev, frozenset(), written), DataRules(), progress=False)
    assert "written_post" not in plain["svm"]
    assert both["svm"]["written_post"]["toxicity"]["en"]["rows"] == 400
    assert both["svm"]["post"]["toxicity"]["en"]["rows"] == 20
    assert both["svm"]["post"]["toxicity"]["en"]["f1"] < plain["svm"]["post"]["toxicity"]["en"]["f1"]


def test_what_is_unlabelled_is_no_answer() -> None:
    post, visit = Example("a", "en", "open", "A", "post"), Example("b", "en", "open", "A", "urgency", urgency=2)
    post.post[SPAM] = 1
    table = question_table([post, visit])
    assert np.isnan(table["post"]).sum() == 2 * len(POST_LABELS) - 1
    assert np.isnan(table["urgency"][0]).all()
    assert table["urgency"][1].tolist() == [1, 1, 0, 0], "level 3 is above 1 and 2"
    assert np.isnan(table["sentiment"]).all()


def test_the_baseline_sees_the_rows_of_the_release() -> None:
    baseline, release = read_recipe(Path("baseline")), read_recipe(Path("release"))
    assert (baseline.kind, baseline.data, baseline.seed) == ("baseline", release.data, release.seed)
