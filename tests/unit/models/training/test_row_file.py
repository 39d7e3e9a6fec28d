"""Rows come back from their file as they went into it, every target and every field that training reads."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from models.examples import Example, no_post_labels
from models.training.corpus import Corpus, load_corpus, save_corpus
from models.training.data_rules import DataRules
from models.training.recipe import RecipeError
from models.training.row_file import ROWS, read_rows, write_rows

UNTIL_SCREENED = {"raw", "id", "family"}


def _examples() -> list[Example]:
    post = no_post_labels()
    post[0], post[3], post[5] = 1.0, 0.0, 0.25
    return [
        Example("you 笨蛋 😀\n", "zh", "open", "A", "post", post=post, family="one", domain="sport", raw="You", id="7"),
        Example("pain", "en", "clinic", "C", "condition", condition=3),
        Example("fine", "en", "shop", "B", "sentiment", sentiment=0, urgency=4),
        Example("a b c", "en", "marked", "A", "spans", spans=((0, 1), (4, 5))),
        Example("nothing", "other", "marked", "A", "spans", spans=()),
    ]


def test_every_field_comes_back(tmp_path: Path) -> None:
    given = _examples()
    write_rows(tmp_path / ROWS, {"train": given[:3], "dev": given[3:]}, {"seed": 3, "dropped": {"x": 1}})
    splits, notes = read_rows(tmp_path / ROWS)
    assert notes == {"seed": 3, "dropped": {"x": 1}}
    assert [len(rows) for rows in splits.values()] == [3, 2]
    for before, after in zip(given, [*splits["train"], *splits["dev"]], strict=True):
        for field in fields(Example):
            if field.name == "post":
                assert after.post.tobytes() == before.post.tobytes()
                assert after.post.dtype == before.post.dtype
            elif field.name not in UNTIL_SCREENED:
                value, known = getattr(after, field.name), getattr(before, field.name)
                assert (value, type(value)) == (known, type(known)), field.name


def test_a_saved_corpus_is_the_same_and_a_changed_one_is_refused(tiny_data: Path, tmp_path: Path) -> None:
    rules = DataRules(written=True)
    corpus = load_corpus(tiny_data, rules, seed=1)
    save_corpus(corpus, rules, 1, tmp_path)
    again = load_corpus(tmp_path, rules, seed=1)
    assert again.fingerprint() == corpus.fingerprint()
    assert (again.blocked, again.dropped, len(again.written)) == (corpus.blocked, corpus.dropped, len(corpus.written))
    with pytest.raises(RecipeError, match="other rules"):
        load_corpus(tmp_path, rules, seed=2)
    splits, notes = read_rows(tmp_path / ROWS)
    splits["train"][0] = replace(splits["train"][0], post=np.ones(8, dtype=np.float32))
    write_rows(tmp_path / ROWS, splits, notes)
    with pytest.raises(RecipeError, match="does not hold the rows that were written"):
        load_corpus(tmp_path, rules, seed=1)


def test_a_corpus_without_written_sentences_has_none_afterwards(tmp_path: Path) -> None:
    corpus = Corpus(_examples(), _examples()[:1], frozenset({"0000000000000000"}))
    save_corpus(corpus, DataRules(), 1, tmp_path)
    assert load_corpus(tmp_path, DataRules(), 1).written == []
