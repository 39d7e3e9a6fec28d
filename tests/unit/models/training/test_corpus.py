"""What may enter training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("sklearn")

from models.examples import Example, move_spans
from models.labels import POST_LABELS
from models.text import content_hash, normalise
from models.training.corpus import load_corpus
from models.training.data_rules import DataRules
from models.training.recipe import RecipeError
from models.training.weak_negatives import weakly_labelled

TOXICITY, SPAM, SELF_HARM = (POST_LABELS.index(label) for label in ("toxicity", "spam", "self_harm"))


def test_tier_c_stays_out_unless_it_is_excepted(tiny_data: Path) -> None:
    corpus = load_corpus(tiny_data, DataRules(), seed=1)
    assert {e.tier for e in corpus.train} == {"A", "B"}
    assert corpus.dropped["post closed: tier C"] == 24


def test_an_exception_teaches_only_what_it_may(tiny_data: Path) -> None:
    corpus = load_corpus(tiny_data, DataRules(exceptions={"closed": ("spam",)}), seed=1)
    closed = [e for e in corpus.train if e.source == "closed"]
    assert closed
    assert all(np.isnan(e.post[TOXICITY]) and not np.isnan(e.post[SPAM]) for e in closed)


def test_blocked_texts_never_enter(tiny_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    victim = load_corpus(data, DataRules(), seed=1).train[7].text
    (data / "blocked.txt").write_text(f"{content_hash(victim.upper())}\n")
    corpus = load_corpus(data, DataRules(), seed=1)
    assert victim not in [e.text for e in corpus.train]
    assert any(reason.endswith("blocked text") for reason in corpus.dropped)


def test_a_folder_beside_blocks_its_own_texts_everywhere(tiny_data: Path, tmp_path: Path) -> None:
    """What reviewers judged and is held out stands in another table, too."""
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    victim = load_corpus(data, DataRules(), seed=1).train[7].text
    rows = tmp_path / "reviews" / "posts"
    rows.mkdir(parents=True)
    for split in ("train", "dev"):
        (rows / f"{split}.jsonl").write_text(json.dumps({"text": f"reviewed {split}", "lang": "en", "spam": 1}))
    (tmp_path / "reviews" / "blocked.txt").write_text(f"{content_hash(victim)}\n")

    corpus = load_corpus(data, DataRules(beside=(str(tmp_path / "reviews"),)), seed=1)
    assert victim not in [e.text for e in corpus.train]
    assert "reviewed train" in [e.text for e in corpus.train]
    assert "reviewed dev" in [e.text for e in corpus.dev]


@pytest.mark.parametrize(
    "raw", ["look at http://example.com/a now", "you are a sh1t head", "call me on +44 7700 900123"]
)
@pytest.mark.parametrize(("table", "label"), [("posts", {"toxicity": 1}), ("symptoms", {"condition": "acne"})])
def test_a_hash_of_the_raw_text_blocks_what_cleaning_and_rendering_make_of_it(
    raw: str, table: str, label: dict[str, object], tiny_data: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    row = json.dumps({"text": raw, "lang": "en", "source": "leak"} | label)
    (data / table / "train.jsonl").write_text(row + "\n")
    assert [e.source for e in load_corpus(data, DataRules(), seed=1).train].count("leak") == 1
    (data / "blocked.txt").write_text(f"{content_hash(raw)}\n")
    assert "leak" not in [e.source for e in load_corpus(data, DataRules(), seed=1).train]


def test_a_generated_record_whose_complaint_is_blocked_never_enters(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Example("age 40 | complaint: my nose runs", "en", "graph", "A", "condition", condition=1, raw="My nose runs")
    monkeypatch.setattr("models.training.corpus.generate_records", lambda *_: [made])
    monkeypatch.setattr("models.training.corpus.Knowledge.load", lambda _: None)
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    rules = DataRules(records=1)
    assert "graph" in [e.source for e in load_corpus(data, rules, seed=1).train]
    (data / "blocked.txt").write_text(f"{content_hash('my nose runs')}\n")
    assert "graph" not in [e.source for e in load_corpus(data, rules, seed=1).train]


def test_rows_that_nothing_would_be_taught_from_stop_a_run(tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"does not name spans, which has 60 rows"):
        load_corpus(tiny_data, DataRules(shares={"post": 0.8, "sentiment": 0.2}), seed=1)
    shares = {"post": 0.8, "sentiment": 0.2, "spans": 0, "condition": 0, "urgency": 0}
    assert load_corpus(tiny_data, DataRules(shares=shares), seed=1).train
    (tmp_path / "posts").mkdir()
    for split in ("train", "dev"):
        row = {"text": "hello", "lang": "en", "toxicity": 0, "licence_tier": "C"}
        (tmp_path / "posts" / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "blocked.txt").touch()
    with pytest.raises(RecipeError, match="no train row that tiers A, B may teach"):
        load_corpus(tmp_path, DataRules(), seed=1)


def test_rows_written_by_hand_are_contrasted_too(tiny_data: Path) -> None:
    def made(written: bool) -> int:
        rules = DataRules(written=written, contrast=1.0)
        return sum(e.source == "contrast" for e in load_corpus(tiny_data, rules, seed=1).train)

    assert made(True) > made(False) + 100


def test_a_missing_list_of_blocked_texts_stops_training(tiny_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    (data / "blocked.txt").unlink()
    with pytest.raises(FileNotFoundError):
        load_corpus(data, DataRules(), seed=1)


def test_weak_negatives_fill_only_what_nobody_labelled(tiny_data: Path) -> None:
    plain = load_corpus(tiny_data, DataRules(), seed=1).train
    weak = load_corpus(tiny_data, DataRules(weak_negatives={"self_harm": {"en": 30}}), seed=1).train
    changed = [(a, b) for a, b in zip(plain, weak, strict=True) if not np.array_equal(a.post, b.post, equal_nan=True)]
    assert len(changed) == 30
    for before, after in changed:
        assert np.isnan(before.post[SELF_HARM])
        assert after.post[SELF_HARM] == 0.0


def test_dev_is_never_weakly_labelled(tiny_data: Path) -> None:
    corpus = load_corpus(tiny_data, DataRules(weak_negatives={"self_harm": {"en": 30}}), seed=1)
    assert all(np.isnan(e.post[SELF_HARM]) for e in corpus.dev)


def test_spans_follow_the_text_through_cleaning() -> None:
    clean = normalise("see  http://a.example you\u200b idiot")
    ((start, end),) = move_spans([[27, 32]], clean.offsets)
    assert clean.text[start:end] == "idiot"


def test_rows_for_tuning_are_copies_with_weak_negatives(tiny_data: Path) -> None:
    rules = DataRules(weak_negatives={"self_harm": {"en": 1}})
    dev = load_corpus(tiny_data, rules, seed=1).dev
    tuning = weakly_labelled(dev, rules)
    assert sum(e.post[SELF_HARM] == 0.0 for e in tuning) > 20
    assert all(np.isnan(e.post[SELF_HARM]) for e in dev)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("self_harm", "I want to kill myself"),
        ("self_harm", "不想活了"),
        ("spam", "click here"),
        ("sexual", "nude pics"),
    ],
)
def test_likely_positives_are_never_weak_negatives(label: str, text: str) -> None:
    likely, plain = (Example(t, "en", "open", "A", "post") for t in (text, "nice day"))
    likely.post[TOXICITY] = plain.post[TOXICITY] = 0.0
    tuned = weakly_labelled([likely, plain], DataRules(weak_negatives={label: {"en": 9}}))
    column = POST_LABELS.index(label)
    assert np.isnan(tuned[0].post[column])
    assert tuned[1].post[column] == 0.0


def test_a_written_sentence_whose_hash_is_blocked_never_enters(tiny_data: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    rules = DataRules(written=True)
    before = load_corpus(data, rules, seed=1)
    victims = [*[e.text for e in before.train if e.source == "handwritten"][::50], before.written[0].text]
    (data / "blocked.txt").write_text("\n".join(content_hash(text) for text in victims))
    after = load_corpus(data, rules, seed=1)
    assert not {e.text for e in (*after.train, *after.written)} & set(victims)
    assert after.dropped["post handwritten: blocked text"] >= len(victims) - 1


def test_families_of_written_sentences_are_not_split_and_stay_out_of_dev(tiny_data: Path) -> None:
    corpus = load_corpus(tiny_data, DataRules(written=True), seed=1)
    train = {e.family for e in corpus.train if e.source == "handwritten"}
    assert train
    assert corpus.written
    assert not train & {e.family for e in corpus.written}
    assert not [e for e in corpus.dev if e.source == "handwritten"]


def test_no_generated_row_repeats_a_text_that_is_measured(tiny_data: Path) -> None:
    corpus = load_corpus(tiny_data, DataRules(written=True, contrast=1.0, records=200), seed=1)
    sources = {e.source for e in corpus.train}
    assert {"handwritten", "knowledge_graph"} <= sources
    made = {e.text for e in corpus.train if e.source in ("handwritten", "contrast", "knowledge_graph")}
    assert not made & {e.text for e in (*corpus.dev, *corpus.written)}


def test_a_clean_post_is_implied_to_be_no_hate_only_where_nobody_said(tiny_data: Path) -> None:
    rules = DataRules(implied={"toxicity": ("hate", "insult")})
    plain, implied = load_corpus(tiny_data, DataRules(), seed=1), load_corpus(tiny_data, rules, seed=1)
    hate, insult = POST_LABELS.index("hate"), POST_LABELS.index("insult")
    for before, after in zip(plain.train, implied.train, strict=True):
        assert after.post[hate] == 0.0 if before.post[TOXICITY] == 0.0 else np.isnan(after.post[hate])
        if not np.isnan(before.post[insult]):
            assert after.post[insult] == before.post[insult]
    assert all(np.isnan(e.post[hate]) for e in implied.dev)


def test_screening_is_reported_and_kept_in_the_run_folder(tiny_data: Path, tmp_path: Path) -> None:
    rules = DataRules.model_validate({"screening": {"suspects": False}})
    first = load_corpus(tiny_data, rules, seed=1, cache=tmp_path)
    again = load_corpus(tiny_data, rules, seed=1, cache=tmp_path)
    assert any("duplicate" in reason for reason in first.dropped)
    assert [e.text for e in first.train] == [e.text for e in again.train]


def test_a_list_that_blocks_the_empty_text_blocks_no_written_row(tiny_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    with (data / "blocked.txt").open("a", encoding="ascii") as file:
        file.write(content_hash("") + "\n")
    corpus = load_corpus(data, DataRules(written=True), seed=1)
    assert any(e.source == "handwritten" for e in corpus.train)


def test_folders_beside_add_rows_and_labels(tiny_data: Path, tmp_path: Path) -> None:
    data, more = tmp_path / "data", tmp_path / "more"
    shutil.copytree(tiny_data, data)
    row = {
        "id": "r1",
        "text": "A sentence that nobody labelled for hate",
        "lang": "en",
        "toxicity": 1,
        "source": "first",
    }
    (data / "posts" / "train.jsonl").write_bytes(orjson.dumps(row) + b"\n")
    (more / "posts").mkdir(parents=True)
    table = pa.Table.from_pylist([{"id": "r1", "new_source": "later", "licence_tier": "A", "hate": 1, "toxicity": 0}])
    pq.write_table(table, more / "posts" / "labels_later.parquet")
    other = {"text": "Ein Satz über das Wetter", "lang": "other", "domain": "weather", "toxicity": 0}
    for split in ("train", "dev"):
        (more / "posts" / f"{split}.jsonl").write_bytes(orjson.dumps(other) + b"\n")

    rows = {e.source: e for e in load_corpus(data, DataRules(beside=("more",)), seed=1).train}

    toxicity, _, hate, *_ = rows["first"].post
    assert (toxicity, hate) == (1, 1)  # a label that is known is never changed
    assert rows["own"].domain == "weather"
    with pytest.raises(RecipeError, match="elsewhere"):
        load_corpus(data, DataRules(beside=("elsewhere",)), seed=1)


def test_zeros_that_mean_something_else_in_a_source_are_not_used(tiny_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    rows = [
        {"text": f"Not hateful, says who labelled it {i}", "lang": "en", "toxicity": i, "hate": i, "source": "hate"}
        for i in (0, 1)
    ]
    (data / "posts" / "train.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    found = [
        e for e in load_corpus(data, DataRules(masked={"hate": ("toxicity",)}), seed=1).train if e.source == "hate"
    ]
    assert [(np.isnan(e.post[0]), e.post[2]) for e in found] == [(True, 0), (False, 1)]
