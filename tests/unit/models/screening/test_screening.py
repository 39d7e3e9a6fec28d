"""What screening takes out, and what it must leave alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from models.examples import Example
from models.labels import POST_LABELS
from models.screening import Screened, ScreeningRules, screen, screen_once, screening_key
from models.screening.duplicates import text_key
from models.screening.similar import similar_pairs
from models.screening.suspects import assign_folds, suspected
from models.text import content_hash

QUIET = ScreeningRules(suspects=False)
TOXICITY, HATE = POST_LABELS.index("toxicity"), POST_LABELS.index("hate")
LONG = "the market on the corner sells bread and soup and every morning the baker sings about the sea"


def post(text: str, source: str = "open", tier: str = "A", lang: str = "en", **labels: float) -> Example:
    example = Example(text, lang, source, tier, "post")
    for label, value in labels.items():
        example.post[POST_LABELS.index(label)] = value
    return example


def run(examples: list[Example], rules: ScreeningRules = QUIET, blocked: Sequence[str] = ()) -> Screened:
    return screen(examples, rules, frozenset(blocked), progress=False)


def reasons(result: Screened) -> list[tuple[int, str, str]]:
    return [(drop.index, drop.reason, drop.detail) for drop in result.dropped]


def test_a_blocked_text_is_dropped_however_it_is_written() -> None:
    result = run([post("Nice day", toxicity=0), post("good soup", toxicity=0)], blocked=[content_hash("nice  DAY!")])
    assert reasons(result) == [(0, "blocked text", "")]
    assert [e.text for e in result.kept] == ["good soup"]


def test_the_better_tier_wins_then_the_row_with_more_labels() -> None:
    rows = [
        post("Good soup.", "c", "C", toxicity=0),
        post("good soup", "b", "B", toxicity=0),
        post("good soup!", "b2", "B", toxicity=0, hate=0),
    ]
    result = run(rows)
    assert reasons(result) == [(0, "exact duplicate", "b2"), (1, "exact duplicate", "b2")]
    assert result.kept == [rows[2]]


def test_a_duplicate_that_knows_another_label_stays() -> None:
    rows = [post("good soup", toxicity=0), post("good soup", hate=0)]
    assert run(rows).dropped == []


def test_the_same_text_may_teach_two_tasks() -> None:
    mood = Example("good soup", "en", "open", "A", "sentiment", sentiment=2)
    assert run([post("good soup", toxicity=0), mood]).dropped == []


def test_a_contradiction_masks_both_sides_and_drops_a_row_that_has_nothing_left() -> None:
    rows = [post("good soup", toxicity=0, hate=0), post("good soup", toxicity=1), post("kind friend", toxicity=1)]
    result = run(rows)
    assert result.counts() == {"post open: conflicting labels (toxicity)": 2, "post open: no label left": 1}
    assert np.isnan(result.kept[0].post[TOXICITY])
    assert result.kept[0].post[HATE] == 0
    assert rows[0].post[TOXICITY] == 0, "the examples that came in are not touched"


def test_matched_pairs_that_differ_in_a_stroke_or_an_emoji_are_no_contradiction() -> None:
    rows = [post("cats = 💣", hate=1), post("cats =/ 💣", hate=0), post("you 🐀", hate=1), post("you 🌸", hate=0)]
    assert run(rows).dropped == []


def test_contradicting_moods_go_but_neighbouring_urgencies_are_opinions() -> None:
    moods = [Example("good soup", "en", "open", "A", "sentiment", sentiment=s) for s in (0, 2)]
    visits = [Example("age 9 | cough", "en", "open", "A", "urgency", urgency=u) for u in (2, 3)]
    assert run([*moods, *visits]).kept == visits


def test_near_duplicates_go_only_where_labels_agree() -> None:
    same, opposite = post(LONG + " x", toxicity=0), post(LONG + " y", toxicity=1)
    result = run([post(LONG, toxicity=0), same, opposite])
    assert reasons(result) == [(1, "near duplicate", "open")]


def test_near_duplicates_in_chinese_use_shorter_grams() -> None:
    text = "今天早上我们一起去市场买了新鲜的面包和热汤然后回家吃早饭"
    result = run([post(text, lang="zh", toxicity=0), post(text + "吧", lang="zh", toxicity=0)])
    assert reasons(result) == [(1, "near duplicate", "open")]


def test_sources_of_matched_pairs_keep_their_near_duplicates() -> None:
    rows = [post(LONG, "contrast", toxicity=0), post(LONG + " x", "contrast", toxicity=0)]
    assert run(rows).dropped == []
    assert len(run(rows, QUIET.model_copy(update={"paired_sources": ()})).dropped) == 1


def test_a_visit_whose_numbers_differ_is_another_visit() -> None:
    text = "age 50 adult | sex male | heart rate {} | systolic 120 | diastolic 80 | complaint: pain in the chest"
    visits = [Example(text.format(rate), "en", "open", "A", "urgency", urgency=2) for rate in (70, 79)]
    assert run(visits).dropped == []


def test_each_step_can_be_turned_off() -> None:
    rows = [post("good soup", toxicity=0), post("good soup", toxicity=1), post(LONG, hate=0), post(LONG, hate=0)]
    off = ScreeningRules(exact_duplicates=False, near_duplicates=1, conflicts=False, suspects=False)
    assert run(rows, off).dropped == []


def test_similar_pairs_are_those_that_a_full_comparison_finds() -> None:
    chance = random.Random(3)
    words = [f"word{i}" for i in range(300)]
    texts = [" ".join(chance.choice(words) for _ in range(30)) for _ in range(150)]
    texts += [text[: len(text) - chance.randint(1, 12)] + " end" for text in texts[:80]]

    def grams(text: str) -> set[str]:
        return {text[i : i + 5] for i in range(len(text) - 4)}

    def jaccard(a: str, b: str) -> float:
        return len(grams(a) & grams(b)) / len(grams(a) | grams(b))

    wanted = {(i, j) for j in range(len(texts)) for i in range(j) if jaccard(texts[i], texts[j]) >= 0.85}
    pairs, similarity = similar_pairs(texts, 5, 0.85)
    assert len(wanted) > 60
    assert {(a, b) for a, b in pairs.tolist()} == wanted
    assert similarity == pytest.approx([jaccard(texts[a], texts[b]) for a, b in pairs.tolist()])


@pytest.mark.parametrize("texts", [[], ["a"], ["", ""], ["ab", "ab", "🙂"]])
def test_short_and_empty_texts_are_compared_without_fuss(texts: list[str]) -> None:
    pairs, _ = similar_pairs(texts, 5, 0.6)
    assert pairs.tolist() == ([[0, 1]] if len(texts) > 1 else [])


def noisy_rows(wrong: int) -> list[Example]:
    """Posts that a linear model can tell apart, the first ones with the wrong label."""
    chance = random.Random(7)
    kind, rude = (["soup", "bread", "tea", "river", "garden"], ["fool", "moron", "idiot", "scum", "filth"])
    rows = []
    for number in range(400):
        bad = number % 2
        text = " ".join([*chance.choices(rude if bad else kind, k=6), f"n{number}"])
        rows.append(post(text, "open", toxicity=1 - bad if number < wrong else bad))
    return rows


def test_wrong_labels_among_plain_ones_are_masked() -> None:
    result = run(noisy_rows(6), ScreeningRules())
    assert {drop.index for drop in result.dropped if drop.reason == "likely label error"} == set(range(6))
    assert len(result.kept) == 394


def test_the_share_of_a_source_is_a_limit() -> None:
    result = run(noisy_rows(6), ScreeningRules(suspect_share_limit=0.01))
    assert sum(drop.reason == "likely label error" for drop in result.dropped) == 4


@pytest.mark.parametrize("field", ["paired_sources", "trusted_sources"])
def test_a_source_of_hard_cases_is_never_suspected(field: str) -> None:
    assert run(noisy_rows(6), ScreeningRules.model_validate({field: ("open",)})).dropped == []


def test_a_suspect_must_pass_the_usual_score_of_the_opposite_class() -> None:
    truth = np.array([0.0] * 4 + [1.0] * 4)
    scores = np.array([0.0, 0.0, 0.0, 0.92, 1.0, 1.0, 1.0, 1.0])
    rules = ScreeningRules(suspect_share_limit=1)
    assert suspected(truth, scores, ["open"] * 8, rules).tolist() == [], "rows with label 1 score 1.0 on average"
    scores[4:] = 0.9
    assert suspected(truth, scores, ["open"] * 8, rules).tolist() == [3]


def test_similar_texts_and_families_share_a_fold() -> None:
    rows: list[Any] = [post(f"text {i}") for i in range(40)]
    for row in rows[20:30]:
        row.family = "weather"
    folds = assign_folds(rows, np.array([[0, 1], [1, 2], [2, 9]]), 5)
    assert len(set(folds[[0, 1, 2, 9]])) == 1
    assert len(set(folds[20:30])) == 1
    assert len(set(folds)) == 5


def test_decisions_are_kept_and_used_again_for_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [post("good soup", toxicity=0, hate=0), post("good soup", toxicity=1), post("kind friend", toxicity=1)]
    first = screen_once(rows, QUIET, frozenset(), tmp_path / "run", progress=False)
    assert "soup" not in (tmp_path / "run" / "screening.json").read_text()
    with monkeypatch.context() as patch:
        patch.setattr("models.screening.screener.screen", lambda *_: pytest.fail("screened again"))
        again = screen_once(rows, QUIET, frozenset(), tmp_path / "run", progress=False)
    assert again.dropped == first.dropped
    assert [e.text for e in again.kept] == ["good soup", "kind friend"]
    assert np.isnan(again.kept[0].post[TOXICITY])
    other = screen_once([*rows, post("warm bread", toxicity=0)], QUIET, frozenset(), tmp_path / "run", progress=False)
    assert [e.text for e in other.kept] == ["good soup", "kind friend", "warm bread"]


def test_the_key_follows_rules_blocked_texts_labels_and_order() -> None:
    rows = [post("good soup", toxicity=0), post("kind friend", toxicity=1)]
    changed = [post("good soup", toxicity=0), post("kind friend", toxicity=0)]
    keys = {
        screening_key(rows, QUIET, frozenset()),
        screening_key(rows, ScreeningRules(), frozenset()),
        screening_key(rows, QUIET, frozenset({"0" * 16})),
        screening_key(changed, QUIET, frozenset()),
        screening_key(rows[::-1], QUIET, frozenset()),
    }
    assert len(keys) == 5


def test_a_text_of_marks_alone_is_its_own_key() -> None:
    assert text_key("...") != text_key("?!")
    assert text_key("Ｇood  soup!") == "goodsoup"
