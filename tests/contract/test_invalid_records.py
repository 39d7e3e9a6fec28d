"""Each way in which a record can be wrong has its reason, and the detail never quotes the record."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import InvalidRecord, Post, Reason, SymptomRecord
from schemas.base import Input
from schemas.text import MAX_TEXT

MAX_BYTES = 1 << 20
SECRET = "xyzzy"


def _reason(model: type[Input], value: bytes | None, max_bytes: int = MAX_BYTES) -> Reason:
    with pytest.raises(InvalidRecord) as caught:
        model.decode(value, max_bytes)
    detail = caught.value.detail
    assert detail
    assert "\n" not in detail
    assert SECRET not in detail
    return caught.value.reason


def _json(**fields: Any) -> bytes:
    return orjson.dumps({"id": "1", "text": SECRET, **fields})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.NULL_VALUE),
        (b"", Reason.INVALID_JSON),
        (SECRET.encode(), Reason.INVALID_JSON),
        (_json()[:-3], Reason.INVALID_JSON),
        (_json() + b"{}", Reason.INVALID_JSON),
        (b"[" * 100_000 + b"]" * 100_000, Reason.INVALID_JSON),
        (b'{"id":"1","text":NaN}', Reason.WRONG_TYPE),
        (b'{"id":"1","text":"\xff\xfe\x80"}', Reason.NOT_UTF8),
        (b'\xff\xfe"xyzzy', Reason.NOT_UTF8),
        (b'{"id":NaN,"text":"xyzzy"}', Reason.WRONG_TYPE),
        (b'{"id":"1","text":"\\ud83d"}', Reason.EMPTY_TEXT),
        (b'["id","text"]', Reason.WRONG_TYPE),
        (b"null", Reason.WRONG_TYPE),
        (_json(text=5), Reason.WRONG_TYPE),
        (_json(text=None), Reason.WRONG_TYPE),
        (_json(text=[SECRET]), Reason.WRONG_TYPE),
        (_json(id=True), Reason.WRONG_TYPE),
        (_json(id=None), Reason.WRONG_TYPE),
        (_json(id=[SECRET]), Reason.WRONG_TYPE),
        (b'{"text":"xyzzy"}', Reason.MISSING_FIELD),
        (b'{"id":"xyzzy"}', Reason.MISSING_FIELD),
        (_json(text=""), Reason.EMPTY_TEXT),
        (_json(text=" \t\r\n\u3000\u00a0"), Reason.EMPTY_TEXT),
        (_json(text="\u200b\u200d\u200e\u202e\u2066\u2069\ufeff\ufe0f\u00ad\u2060"), Reason.EMPTY_TEXT),
        (_json(text="\x00\x07\x1b\x7f\x85"), Reason.EMPTY_TEXT),
        (_json(text=SECRET + "a" * MAX_TEXT), Reason.TEXT_TOO_LONG),
        (_json(id=""), Reason.INVALID_VALUE),
        (_json(id="a" * 257), Reason.INVALID_VALUE),
    ],
)
def test_post(value: bytes | None, reason: Reason) -> None:
    assert _reason(Post, value) is reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": None}, Reason.MISSING_FIELD),
        ({"text": "", "symptoms": []}, Reason.EMPTY_TEXT),
        ({"text": None, "symptoms": ["", "\u200b"]}, Reason.EMPTY_TEXT),
        ({"text": None, "symptoms": {}}, Reason.MISSING_FIELD),
        ({"text": None, "symptoms": [5]}, Reason.EMPTY_TEXT),
        ({"text": [SECRET]}, Reason.WRONG_TYPE),
        ({"text": "a" * (MAX_TEXT + 1)}, Reason.TEXT_TOO_LONG),
        ({"text": None, "symptoms": ["a" * (MAX_TEXT + 1)]}, Reason.TEXT_TOO_LONG),
    ],
)
def test_symptom_record(fields: dict[str, Any], reason: Reason) -> None:
    assert _reason(SymptomRecord, _json(**fields)) is reason


def test_record_too_large() -> None:
    value = _json()
    assert Post.decode(value, len(value)).text == SECRET
    assert _reason(Post, value, len(value) - 1) is Reason.RECORD_TOO_LARGE


@pytest.mark.parametrize(
    "text", ["😀", "👩‍👩‍👧‍👦", "🇨🇳", "a\u200bb", "\u202eabc", "。", "a\x00b", "é", "\u0301", "a" * MAX_TEXT]
)
def test_text_with_something_to_see_is_kept_as_it_is(text: str) -> None:
    assert Post.decode(_json(text=text), MAX_BYTES).text == text


def test_integers_become_identifiers() -> None:
    post = Post.decode(_json(id=7, author=8, thread=9), MAX_BYTES)
    assert (post.id, post.author, post.thread) == ("7", "8", "9")


@pytest.mark.parametrize(("said", "meant"), [("F", "female"), (" Male", "male"), ("女", "female"), ("男", "male")])
def test_sex_is_read_in_many_spellings(said: str, meant: str) -> None:
    assert SymptomRecord.decode(_json(sex=said), MAX_BYTES).sex == meant


def test_a_single_symptom_is_a_list_and_blank_ones_are_left_out() -> None:
    assert SymptomRecord.decode(_json(text="", symptoms="cough"), MAX_BYTES).symptoms == ["cough"]
    assert SymptomRecord.decode(_json(symptoms=["cough", " "]), MAX_BYTES).symptoms == ["cough"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
_FIELDS = st.sampled_from(sorted({*Post.model_fields, *SymptomRecord.model_fields}))


@settings(max_examples=200, deadline=None)
@given(document=st.dictionaries(_FIELDS, _JSON, max_size=8) | _JSON)
def test_any_json_is_a_record_or_has_a_reason(document: Any) -> None:
    value = json.dumps(document).encode()
    for model in (Post, SymptomRecord):
        with suppress(InvalidRecord):
            model.decode(value, MAX_BYTES)


@settings(max_examples=200, deadline=None)
@given(value=st.binary(max_size=64))
def test_any_bytes_are_a_record_or_have_a_reason(value: bytes) -> None:
    for model in (Post, SymptomRecord):
        with suppress(InvalidRecord):
            model.decode(value, MAX_BYTES)
