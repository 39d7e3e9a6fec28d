"""Damage that leaves a readable text costs no verdict, and leaves no way around moderation."""

import codecs
import gzip
import json
import zlib
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import InvalidRecord, Post, Reason, Review, SymptomRecord, unpack
from schemas.wire import HALF_A_PAIR, NOT_UTF8, Header, parse

MAX_BYTES = 1 << 20
PLAIN = '{"id":"7","text":"see you on the pier"}'


def read(value: bytes) -> Post:
    return Post.decode(value, MAX_BYTES)


def refused(value: bytes) -> InvalidRecord:
    with pytest.raises(InvalidRecord) as caught:
        read(value)
    return caught.value


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (rb"so long \ud83d", "so long �"),
        (rb"\udc4d so long", "� so long"),
        (rb"so \uD83D\uD83D\udc4d long", "so �👍 long"),
        (rb"so \udc4d\ud83d long", "so �� long"),
        (rb"so \\ud83d long \ud83d", "so \\ud83d long �"),
    ],
)
def test_half_an_emoji_is_replaced_and_the_rest_is_read(written: bytes, text: str) -> None:
    post = read(b'{"id":"7","text":"' + written + b'"}')
    assert post.text == text
    assert post.warnings == (HALF_A_PAIR,)


def test_half_an_emoji_is_replaced_wherever_it_stands() -> None:
    halves = b'{"id":"\\ud83d7","author":"\\ud83d","text":"hi","x":{"y":["\\ud83d"]},"thread":"\\ud83d\\udc4d"}'
    post = read(halves)
    assert (post.id, post.author, post.thread, post.text) == ("�7", "�", "👍", "hi")
    record = SymptomRecord.decode(b'{"id":"1","symptoms":["cough \\ud83d"],"body_part":"\\ud83d"}', MAX_BYTES)
    assert (record.symptoms, record.body_part, record.warnings) == (["cough �"], "�", (HALF_A_PAIR,))


def test_words_are_not_hidden_behind_halves_of_emoji() -> None:
    hidden = "\\ud83d".join("hate") + "\\ud83d" * 500
    assert read(f'{{"id":"7","text":"{hidden}"}}'.encode()).text.replace("\ufffd", "") == "hate"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"caf\xe9 on the pier", "caf� on the pier"),
        (b"cut off \xf0\x9f\x91", "cut off �"),
        (b"joined \xed\xa0\xbd\xed\xb1\x8d", "joined 👍"),
        (b"half \xed\xa0\xbd", "half �"),
        (b"\xff" * 900 + b"go away", "�" * 900 + "go away"),
    ],
)
def test_bytes_that_are_no_utf8_are_replaced_and_the_rest_is_read(written: bytes, text: str) -> None:
    post = read(b'{"id":"7","text":"' + written + b'"}')
    assert post.text == text
    assert post.warnings == (NOT_UTF8,)


@pytest.mark.parametrize(
    "written",
    [b"\xff\xfe\x80", b"\xed\xa0\xbd", "你好，再见".encode("gb18030"), "さようなら".encode("shift-jis")],
)
def test_nothing_is_judged_where_nothing_readable_is_left(written: bytes) -> None:
    assert refused(b'{"id":"7","text":"' + written + b'"}').reason is Reason.NOT_UTF8


@pytest.mark.parametrize("written", [b"\\ud83d", b"\\ud83d \\udc4d"])
def test_where_it_is_halves_of_emoji_that_is_left_the_producer_did_nothing_wrong(written: bytes) -> None:
    assert refused(b'{"id":"7","text":"' + written + b'"}').reason is Reason.EMPTY_TEXT


@pytest.mark.parametrize(
    "value",
    [
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        codecs.BOM_UTF32_BE + PLAIN.encode("utf-32-be"),
        PLAIN.encode() + b"\0",
        PLAIN[:-1].encode() + b',"score":NaN,"low":-Infinity,"depth":{"x":[Infinity]}}',
        PLAIN[:-1].encode() + b',"count":' + b"7" * 9_000 + b"}",
        PLAIN[:-1].encode() + b',"far":1e999}',
    ],
)
def test_what_loses_nothing_is_read_without_a_warning(value: bytes) -> None:
    post = read(value)
    assert (post.id, post.text, post.warnings) == ("7", "see you on the pier", ())


def test_control_characters_inside_strings_are_read() -> None:
    assert read(b'{"id":"7","text":"one\ntwo\tthree\x00\x1f"}').text == "one\ntwo\tthree\0\x1f"


@pytest.mark.parametrize("lenient", [b"", b',"x":NaN'])
def test_the_last_of_two_fields_of_a_name_counts_on_every_way(lenient: bytes) -> None:
    post = read(b'{"text":"first","id":"1","te\\u0078t":"last","id":"2"' + lenient + b"}")
    assert (post.id, post.text) == ("2", "last")


@pytest.mark.parametrize("lenient", [b"", b',"x":NaN'])
@pytest.mark.parametrize(
    ("written", "number"),
    [
        (b"12", "12"),
        (b"12.0", "12"),
        (b"-3", "-3"),
        (b"1.5", "1.5"),
        (b"1e3", "1000"),
        (b"98765432109876543210987654321", "98765432109876543210987654321"),
    ],
)
def test_numbers_as_references_are_read_alike_on_every_way(written: bytes, number: str, lenient: bytes) -> None:
    post = read(b'{"text":"hi","id":' + written + b',"author":' + written + lenient + b"}")
    assert (post.id, post.author) == (number, number)


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_deep_nesting_is_refused_and_breaks_nothing(depth: int) -> None:
    nested = b'{"id":"7","text":"hi","x":' + b'[{"y":' * depth + b"1" + b"}]" * depth + b"}"
    assert refused(nested).reason is Reason.INVALID_JSON


def test_an_object_that_is_none_stays_one() -> None:
    framed = refused(b"\0\0\0\0\x09" + PLAIN.encode())
    assert framed.reason is Reason.INVALID_JSON
    assert refused(b"\0\0\0\0\x09\x027\x26see you on the pier").reason is Reason.INVALID_JSON
    assert refused(json.dumps(PLAIN).encode()).reason is Reason.WRONG_TYPE
    assert refused(b'{"type":"post.created","id":"7","data":' + PLAIN.encode() + b"}").reason is Reason.MISSING_FIELD


def test_messages_of_people_are_read_with_the_same_patience() -> None:
    review = Review.decode(b'{"verdict_id":"1","post_id":"2","action":"allow","reviewer":"\\ud83d"}', MAX_BYTES)
    assert review.reviewer == "\ufffd"
    with pytest.raises(InvalidRecord):  # and are not guessed at: somebody has to act on them
        Review.decode(b'{"verdict_id":"1","post_id":"2","action":"allow","reviewer":[]}', MAX_BYTES)


GZIP, DEFLATE = gzip.compress(PLAIN.encode(), mtime=0), zlib.compress(PLAIN.encode())
BARE = zlib.compress(PLAIN.encode(), wbits=-15)


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (PLAIN.encode(), ()),
        (PLAIN.encode(), (("content-encoding", b"gzip"),)),
        (b" " + PLAIN.encode(), (("content-encoding", b"br"),)),
        (PLAIN.encode("utf-16"), (("content-encoding", b"utf-16"),)),
        (GZIP, ()),
        (GZIP, (("Content-Encoding", b"GZIP"),)),
        (GZIP, (("content_encoding", None), ("\udcff", b"\xff"))),
        (DEFLATE, ()),
        (DEFLATE, (("content-encoding", b"deflate"),)),
        (BARE, (("content-encoding", b"br"), ("content-encoding", b"deflate"))),
    ],
)
def test_compressed_values_are_unpacked(value: bytes, headers: tuple[Header, ...]) -> None:
    unpacked = unpack(value, headers, MAX_BYTES)
    assert read(unpacked or b"").text == "see you on the pier"


@pytest.mark.parametrize(
    ("value", "header", "reason"),
    [
        (GZIP[:-9], None, Reason.INVALID_JSON),
        (GZIP[:10] + b"nonsense", b"gzip", Reason.INVALID_JSON),
        (GZIP + GZIP, None, Reason.INVALID_JSON),
        (b"nonsense", b"deflate", Reason.INVALID_JSON),
        (b"\x28\xb5\x2f\xfd nonsense", b"zstd", Reason.UNKNOWN_ENCODING),
        (b"nonsense", b"\xff", Reason.UNKNOWN_ENCODING),
    ],
)
def test_what_cannot_be_unpacked_is_refused(value: bytes, header: bytes | None, reason: Reason) -> None:
    with pytest.raises(InvalidRecord) as caught:
        unpack(value, () if header is None else [("content-encoding", header)], MAX_BYTES)
    assert caught.value.reason is reason
    assert "nonsense" not in caught.value.detail


@pytest.mark.parametrize(("byte", "count"), [(b" ", MAX_BYTES + 1), (b"\0", 200 * MAX_BYTES)])
def test_what_unpacks_to_too_much_is_refused(byte: bytes, count: int) -> None:
    with pytest.raises(InvalidRecord) as caught:
        unpack(gzip.compress(byte * count, mtime=0), (), MAX_BYTES)
    assert caught.value.reason is Reason.RECORD_TOO_LARGE


def test_tombstones_and_what_is_too_large_packed_are_left_to_be_refused() -> None:
    assert unpack(None, [("content-encoding", b"gzip")], MAX_BYTES) is None
    assert unpack(GZIP, (), 10) is GZIP


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(fields=st.dictionaries(st.text(max_size=9), _JSON, max_size=6))
def test_both_parsers_read_the_same(fields: dict[str, Any]) -> None:
    value = json.dumps(fields).encode()
    with suppress(orjson.JSONDecodeError):
        quick = orjson.loads(value)
        slow, warnings = parse(value)
        assert warnings == []
        assert orjson.dumps(quick) == orjson.dumps(_as_orjson_reads(slow))


def _as_orjson_reads(value: Any) -> Any:
    """Whole numbers of more than 64 bits are rounded there; `parse` keeps them, and references are read with it."""
    if isinstance(value, dict):
        return {name: _as_orjson_reads(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_orjson_reads(inner) for inner in value]
    is_long = isinstance(value, int) and not -(2**63) <= value < 2**64
    return float(value) if is_long else value


_PIECES = st.sampled_from(
    [b'{"id":"1","text":"', b'"}', b"\xed\xa0\xbd", b"\\ud83d", b"\xff", b"hi", b"NaN", b"\0", b"["]
)


@settings(max_examples=300, deadline=None)
@given(value=st.binary(max_size=64) | st.lists(_PIECES, max_size=9).map(b"".join) | st.binary().map(gzip.compress))
def test_any_bytes_are_a_record_or_have_a_reason(value: bytes) -> None:
    for model in (Post, SymptomRecord):
        with suppress(InvalidRecord):
            record = model.decode(unpack(value, [("content-encoding", value[:4])], MAX_BYTES), MAX_BYTES)
            record.said.encode()
