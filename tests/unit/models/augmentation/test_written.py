"""Sentences written by hand: files, slots, families."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.augmentation.identities import GROUPS, article
from models.augmentation.written import ROWS_PER_LINE, SentenceError, expand, read_written, split_families
from models.labels import POST_LABELS


def write_lines(folder: Path, *lines: dict[str, Any] | str) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "en_own.jsonl").write_text("\n".join(texts))
    return folder


def make_line(**changes: Any) -> dict[str, Any]:
    return {"text": "Good soup.", "lang": "en", "family": "soup", "labels": {"toxicity": 0, "spam": 1}} | changes


def test_labels_that_are_not_named_are_unlabelled(tmp_path: Path) -> None:
    (row,) = read_written(write_lines(tmp_path, make_line()))
    known = {label: value for label, value in zip(POST_LABELS, row.post, strict=True) if not np.isnan(value)}
    assert known == {"toxicity": 0, "spam": 1}
    assert (row.text, row.lang, row.source, row.tier, row.task, row.family) == (
        "Good soup.", "en", "handwritten", "A", "post", "soup",
    )  # fmt: skip


def test_a_line_may_name_another_source(tmp_path: Path) -> None:
    others = [make_line(text=f"Bad soup, {source}.", source=source) for source in ("adversarial", "everyday")]
    rows = read_written(write_lines(tmp_path, make_line(), *others))
    assert [row.source for row in rows] == ["handwritten", "adversarial", "everyday"]


@pytest.mark.parametrize(
    "line",
    [
        "{not json",
        "[]",
        make_line(lang="fr"),
        make_line(text=""),
        make_line(family=""),
        make_line(labels={"rude": 1}),
        make_line(labels={"spam": 2}),
        make_line(source="somewhere"),
        make_line(text="Hello {nobody}"),
        make_line(text="Hello {groups:martian}"),
        {"text": "no family", "lang": "en", "labels": {}},
    ],
)
def test_an_unusable_line_names_file_and_line(tmp_path: Path, line: dict[str, Any] | str) -> None:
    with pytest.raises(SentenceError, match=r"en_own\.jsonl, line 3"):
        read_written(write_lines(tmp_path, make_line(), "", line))


def test_slots_of_one_line_speak_of_one_group_and_the_kinds_vary() -> None:
    rows = expand("{Groups} | {a_group} | {identity}", "en", {})
    forms = {
        (f"{g.plural[0].upper()}{g.plural[1:]} | {article(g.singular)} {g.singular} | {g.adjective}"): g.kind
        for g in GROUPS["en"]
    }
    assert len(rows) == ROWS_PER_LINE
    assert len({forms[row] for row in rows}) == ROWS_PER_LINE


def test_a_slot_may_ask_for_kinds() -> None:
    faiths = {group.plural for group in GROUPS["en"] if group.kind == "faith"}
    rows = expand("{groups:faith} bake bread", "en", {})
    assert {row.removesuffix(" bake bread") for row in rows} <= faiths


def test_own_word_lists_fill_slots_and_few_words_give_few_rows(tmp_path: Path) -> None:
    (tmp_path / "en_slots.json").write_text('{"fruit": ["plum", "pear"]}')
    rows = read_written(write_lines(tmp_path, make_line(text="a {fruit}")))
    assert {row.text for row in rows} == {"a plum", "a pear"}
    assert {row.family for row in rows} == {"soup"}


def test_families_are_split_whole_and_the_same_way_in_any_list() -> None:
    rows = read_written()
    train, dev = split_families(rows)
    assert not {row.family for row in train} & {row.family for row in dev}
    assert 0.1 < len(dev) / len(rows) < 0.3
    assert split_families(dev)[1] == dev
    assert {row.lang for row in dev} == {"en", "zh"}


def test_the_shipped_sentences_are_filled_distinct_and_teach_both_sides_of_every_label() -> None:
    rows = read_written()
    assert [row.text for row in rows] == [row.text for row in read_written()]
    assert not [row.text for row in rows if re.search(r"\{\w+(:[a-z+]+)?\}", row.text)]
    assert max(Counter(row.text for row in rows).values()) == 1
    for lang in ("en", "zh"):
        post = np.stack([row.post for row in rows if row.lang == lang])
        assert ((post == 1).sum(axis=0) >= 20).all()
        assert ((post == 0).sum(axis=0) >= 200).all()
