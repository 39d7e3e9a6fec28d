"""The text rules that training and serving share."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import content_hash, detect_language, fingerprint, normalise
from tests.support.originals import original_span

PARTS = (
    "@bob", "@张三 ", "x.com", "http://a.b/c?d", "www.a.cn", "a@b.co", "13800138000", "555-123-4567", "95588",
    "[URL]", "]", "@", " ", "\u200b", "\u202e", "\t", "\u3000", "好", "a", "1", ".", ":", "//", "\ud800", "😂",
    "\ufe0f", "-", "(",
)  # fmt: skip
TRICKY = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)


@given(st.one_of(st.text(), TRICKY))
def test_offsets_point_into_the_original_and_never_go_back(text: str) -> None:
    clean = normalise(text)
    offsets = list(clean.offsets)
    assert len(offsets) == len(clean.text)
    assert offsets == sorted(offsets)
    assert all(0 <= offset < len(text) for offset in offsets)


@given(st.one_of(st.text(), TRICKY))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(st.one_of(st.text(), TRICKY))
def test_result_can_be_encoded_and_has_no_odd_space(text: str) -> None:
    clean = normalise(text).text
    clean.encode("utf-8")
    assert "  " not in clean
    assert clean == clean.strip(" ")
    assert "\u200b" not in clean


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("see https://a.example/b?c=d now", "see [URL] now"),
        ("看https://a.example/b好", "看[URL]好"),
        ("buy at shop.example.com today", "buy at [URL] today"),
        ("hello @maria_9!", "hello [USER]!"),
        ("you @sshole", "you asshole"),  # neither a handle nor left in disguise
        ("@re you free, @lex? 2day @ 5pm", "[USER] you free, [USER]? 2day @ 5pm"),
        ("that b!tch owes @bout_me 50 for 15 @re_lax", "that bitch owes [USER] 50 for 15 [USER]"),
        ("mail a.b+c@mail.example.org", "mail [EMAIL]"),
        ("call 555-123-4567 or 13800138000", "call [PHONE] or [PHONE]"),
        ("pressure 120/80 at 10:30 on 2024-01-15", "pressure 120/80 at 10:30 on 2024-01-15"),
        ("a\u200bb  c\t d ", "ab c d"),
        ("[USER] said [URL]", "[USER] said [URL]"),
        ("it ended.Then we left", "it ended.Then we left"),
        ("bad \ud83d end", "bad \ufffd end"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert normalise(text).text == masked


def test_span_over_a_mask_covers_all_that_was_masked() -> None:
    text = "go  to http://a.example/b you idiot"
    clean = normalise(text)
    start = clean.text.index("[URL]")
    assert text[slice(*original_span(clean, start, start + 5))] == "http://a.example/b"
    start = clean.text.index("idiot")
    assert text[slice(*original_span(clean, start, start + 5))] == "idiot"


@pytest.mark.parametrize("unit", ["a", "a.", "@", "1 ", "a@", "12345678 ", "www.", "http://", "(", " \u200b", "0000-"])
def test_time_grows_with_length_and_not_with_its_square(unit: str) -> None:
    long = unit * (20_000 // len(unit))
    began = time.thread_time()
    normalise(long)
    assert time.thread_time() - began < 1.0  # of this thread; 15 ms on an idle machine


@pytest.mark.parametrize(
    ("text", "hint", "lang"),
    [
        ("you are kind", None, "en"),
        ("du bist nett", "de", "other"),
        ("你这个笨蛋", None, "zh"),
        ("今天的 meeting 真的 boring", None, "zh"),
        ("these are café words", None, "en"),
        ("これはペンです", None, "other"),
        ("안녕하세요 여러분", None, "other"),
        ("Привет, как дела", None, "other"),
        ("😂😂", None, "other"),
        ("😂😂", "zh-CN", "zh"),
        ("12345", "en_GB", "other"),
    ],
)
def test_language_by_script(text: str, hint: str | None, lang: str) -> None:
    assert detect_language(text, hint) == lang


def test_fingerprint_ignores_width_case_and_punctuation() -> None:
    assert fingerprint("Ｈello, WORLD!_") == "helloworld"
    assert content_hash("Hello world") == content_hash("hello,WORLD")
    assert len(content_hash("你好")) == 16
