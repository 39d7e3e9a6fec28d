"""Texts to tokens, with a small word tokenizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.encoder import Encoder
from tests.support.tiny_artifact import VOCABULARY, write_tiny_artifact


def words(ids: np.ndarray) -> list[str]:
    return [VOCABULARY[index] for index in ids]


def test_encodings_have_no_padding_whatever_the_company(encoder: Encoder) -> None:
    short, long = encoder.encode(["idiot", "you are an idiot , you idiot ."])
    assert words(short.ids) == ["[CLS]", "idiot", "[SEP]"]
    assert (short.tokens, long.tokens) == (3, 10)
    assert short.ids.dtype == np.int32


def test_offsets_count_characters_not_bytes(encoder: Encoder) -> None:
    text = "😀 你是傻 idiot"
    (encoding,) = encoder.encode([text])
    assert encoding.offsets.shape == (encoding.tokens, 2)
    found = {word: text[a:b] for word, (a, b) in zip(words(encoding.ids), encoding.offsets, strict=True)}
    assert (found["傻"], found["idiot"], found["[CLS]"], found["[SEP]"]) == ("傻", "idiot", "", "")


def test_a_long_text_is_cut_to_the_models_length(encoder: Encoder) -> None:
    (encoding,) = encoder.encode(["idiot " * 5000])
    assert encoding.tokens == len(encoding.offsets) == 256
    assert words(encoding.ids)[-1] == "[SEP]"


def test_a_prefix_is_encoded_but_not_counted_in_offsets(tmp_path: Path) -> None:
    encoder = Encoder.from_artifact(write_tiny_artifact(tmp_path, prefix="what : "))
    (encoding,) = encoder.encode(["an idiot"])
    assert words(encoding.ids) == ["[CLS]", "what", ":", "an", "idiot", "[SEP]"]
    assert encoding.offsets.tolist() == [[0, 0], [0, 0], [0, 0], [0, 2], [3, 8], [0, 0]]


@pytest.mark.parametrize("text", ["", " ", "😀", "\u200b", "\ud800", "a\ud800b", "\x00", "\u202eabc"])
def test_any_string_is_accepted(encoder: Encoder, text: str) -> None:
    encodings = encoder.encode(["idiot", text])
    assert len(encodings) == 2
    assert 2 <= encodings[1].tokens <= 256
    assert len(encodings[1].offsets) == encodings[1].tokens


@given(st.lists(st.text(max_size=80), max_size=5))
def test_a_text_is_encoded_the_same_alone_and_in_company(encoder: Encoder, texts: list[str]) -> None:
    for text, together in zip(texts, encoder.encode(texts), strict=True):
        (alone,) = encoder.encode([text])
        assert alone.ids.tolist() == together.ids.tolist()
        for start, end in together.offsets:
            assert 0 <= start <= end <= len(text)
