"""Vocabulary trimming keeps the pieces, and with them the meaning of every id."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytest.importorskip("torch")

from models.training.vocabulary import Trimmed, count_pieces, trim

TEXTS = ["today nice day and good soup", "you idiot", "你好 笨蛋", "warm bread [URL]"]


@pytest.fixture
def tokenizer() -> Any:
    from tests.unit.models.made_up import make_tokenizer

    return make_tokenizer()


@pytest.fixture
def trimmed(tokenizer: Any) -> Trimmed:
    return trim(tokenizer.to_str(), count_pieces(tokenizer, TEXTS), 118)


def test_known_texts_are_cut_into_the_same_pieces_with_mapped_ids(tokenizer: Any, trimmed: Trimmed) -> None:
    small = trimmed.tokenizer()
    assert small.get_vocab_size() == len(trimmed.old_ids) < tokenizer.get_vocab_size()
    for text in TEXTS:
        before, after = tokenizer.encode(text), small.encode(text)
        assert after.tokens == before.tokens
        assert [trimmed.old_ids[i] for i in after.ids] == before.ids
        assert after.offsets == before.offsets


def test_a_dropped_piece_falls_apart_into_characters_and_not_into_unknown(tokenizer: Any, trimmed: Trimmed) -> None:
    assert "never" in tokenizer.encode("xnever").tokens
    tokens = trimmed.tokenizer().encode("xnever").tokens
    assert "never" not in tokens
    assert "<unk>" not in tokens


def test_special_tokens_keep_their_places(trimmed: Trimmed) -> None:
    small = trimmed.tokenizer()
    assert [small.token_to_id(t) for t in ("<s>", "<pad>", "</s>", "<unk>")] == [0, 1, 2, 3]
    assert small.encode("you").ids[0] == 0
    assert small.encode("you").ids[-1] == 2


def test_a_tokenizer_that_was_trimmed_is_not_trimmed_again(trimmed: Trimmed) -> None:
    again = trim(trimmed.tokenizer_json, Counter(), 118)
    assert again == Trimmed(trimmed.tokenizer_json, tuple(range(len(trimmed.old_ids))))


def test_size_zero_keeps_everything(tokenizer: Any) -> None:
    whole = trim(tokenizer.to_str(), Counter(), 0)
    assert whole.old_ids == tuple(range(tokenizer.get_vocab_size()))
