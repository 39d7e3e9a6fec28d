"""What no sender should send. Each record gets its answer, and the partition moves on."""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.wire import Header
from tests.support.bench import Bench
from tests.support.fork_server import ForkServer
from tests.support.records import post, symptom_record
from tests.support.traffic import Draft, Output

pytestmark = pytest.mark.timeout(120)

ZSTD: tuple[Header, ...] = (("content-encoding", b"zstd"),)


@dataclass(frozen=True)
class Case:
    """`reasons`: those a dead letter may give; empty where a verdict is due."""

    name: str
    value: bytes | None
    reasons: frozenset[str] = frozenset()
    kind: str = "posts"
    key: bytes | None = b"somebody"
    headers: tuple[Header, ...] = (("trace", b"\x00\xff1"), ("reason", b"their own"), ("empty", None))


def _dead(name: str, value: bytes | None, *reasons: str, kind: str = "posts") -> Case:
    return Case(name, value, frozenset(reasons), kind)


def _nested(depth: int) -> bytes:
    return b'{"id":"d","text":"fine","extra":' + b"[" * depth + b"]" * depth + b"}"


CASES = [
    _dead("not-json", b"hello", "invalid_json"),
    _dead("cut-json", b'{"id":"1","text":"abc', "invalid_json"),
    _dead("json-with-tail", b'{"id":"1","text":"abc"} x', "invalid_json"),
    _dead("not-utf8", b'{"id":"1","text":"\xff\xfe\x80"}', "not_utf8"),
    _dead("garbled-text", '{"id":"1","text":"你好，再见"}'.encode("gb18030"), "not_utf8"),
    _dead("array", b'["id","text"]', "wrong_type"),
    _dead("number", b"17", "wrong_type"),
    _dead("json-null", b"null", "wrong_type", "null_value"),
    _dead("text-is-number", b'{"id":"1","text":5}', "wrong_type"),
    _dead("text-is-list", b'{"id":"1","text":["a"]}', "wrong_type"),
    _dead("text-is-null", b'{"id":"1","text":null}', "wrong_type", "missing_field"),
    _dead("id-is-bool", b'{"id":true,"text":"a"}', "wrong_type"),
    _dead("no-text", b'{"id":"1"}', "missing_field"),
    _dead("no-id", b'{"text":"abc"}', "missing_field"),
    _dead("empty-text", post("1", ""), "empty_text"),
    _dead("blank-text", post("1", " \t\r\n\u3000"), "empty_text"),
    _dead("invisible-text", post("1", "\u200b\u200e\ufeff\u2066\u2069"), "empty_text"),
    _dead("text-of-1-mb", post("1", "a" * 1_000_000), "text_too_long", "record_too_large"),
    _dead("chinese-text-of-1-mb", post("1", "好" * 333_000), "text_too_long", "record_too_large"),
    _dead("nothing-but-half-an-emoji", b'{"id":"1","text":"\\ud83d"}', "empty_text"),
    _dead("packed-too-large", gzip.compress(post("1", "a" * 20_000_000)), "record_too_large"),
    _dead("packed-and-cut", gzip.compress(post("1", "a fine day"))[:-5], "invalid_json"),
    Case("unknown-encoding", b"\x28\xb5\x2f\xfd", frozenset({"unknown_encoding"}), headers=ZSTD),
    _dead("nested-too-deep", _nested(100_000), "invalid_json"),
    _dead("null-value", None, "null_value"),
    Case("null-key-and-value", None, frozenset({"null_value"}), key=None),
    _dead("empty-value", b"", "invalid_json", "null_value"),
    _dead(
        "huge-number-id",
        b'{"id":' + b"9" * 400 + b',"text":"a"}',
        "wrong_type",
        "invalid_value",
        "invalid_json",
    ),
    _dead("model-fails-on-it", post("1", "poison"), "inference_failed"),
    _dead("symptoms-not-json", b"{]", "invalid_json", kind="symptoms"),
    _dead("symptoms-null-value", None, "null_value", kind="symptoms"),
    _dead("no-symptoms", symptom_record("1", "", symptoms=[]), "empty_text", "missing_field", kind="symptoms"),
    Case("utf16", '{"id":"1","text":"abc"}'.encode("utf-16")),
    Case("byte-order-mark", b"\xef\xbb\xbf" + post("1", "a fine day")),
    Case("half-an-emoji", b'{"id":"1","text":"a \\ud83d b"}'),
    Case("surrogate-bytes", b'{"id":"1","text":"a \xed\xa0\xbd b"}'),
    Case("bad-bytes-in-the-text", b'{"id":"1","text":"a caf\xe9"}'),
    Case("nan-where-nobody-reads", b'{"id":"1","text":"abc","weight":NaN}'),
    Case("packed", gzip.compress(post("1", "a fine day"))),
    Case("said-to-be-packed", post("1", "a fine day"), headers=(("content-encoding", b"gzip"),)),
    Case("author-is-an-object", post("1", "a fine day", author={"name": "x"})),
    Case("impossible-age", symptom_record("1", "cough", age=212), kind="symptoms"),
    Case("age-not-a-number", b'{"id":"1","text":"cough","age":NaN}', kind="symptoms"),
    Case("age-is-text", symptom_record("1", "cough", age="old"), kind="symptoms"),
    Case("vitals-in-other-words", symptom_record("1", "cough", hr="118 bpm", sex="?", vitals=[1]), kind="symptoms"),
    Case("only-emoji", post("1", "😀👍🏽👩‍👩‍👧‍👦🇨🇳")),
    Case("zero-width-marks", post("1", "a\u200bb\u200dc\u2060d \ufeffe")),
    Case("right-to-left-marks", post("1", "\u202eabc\u202c \u2067\u05e9\u05dc\u2069 مرحبا")),
    Case("control-characters", post("1", "a\x00b\x07c\x1b[31m\x7f\x85")),
    Case("combining-marks", post("1", "Z" + "\u0301\u0316" * 2_000)),
    Case("noncharacters", post("1", "a\uffff\ufdd0\U0010ffff")),
    Case("one-endless-word", post("1", "a" * 20_000)),
    Case("nested-deep", _nested(200)),
    Case("null-key", post("1", "a fine day"), key=None),
    Case("empty-key", post("1", "a fine day"), key=b""),
    Case("binary-key", post("1", "a fine day"), key=b"\xff\x00\xfe"),
    Case("huge-header", post("1", "a fine day"), headers=(("h", b"x" * 900_000),)),
    Case("many-headers", post("1", "a fine day"), headers=tuple((f"h{i}", b"") for i in range(2_000))),
    Case("unknown-language", post("1", "nuqneH", lang="tlh-Piqd-x-q")),
    Case("unknown-fields", post("1", "a fine day", mood=[1, {"a": None}])),
    Case("number-as-id", b'{"id":12345678901234567890,"text":"a fine day"}'),
    Case("symptoms-as-list", b'{"id":"1","symptoms":["cough","fever"]}', kind="symptoms"),
    Case("symptoms-null-key", symptom_record("1", "cough"), kind="symptoms", key=None),
    Case("symptoms-only-emoji", symptom_record("1", "🤒🤧"), kind="symptoms"),
]


@pytest.fixture(scope="module")
def served(
    kafka: str, tiny_artifact: Path, tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer
) -> Iterator[Bench]:
    """One worker for all cases; records of one case are found by their place."""
    bench = Bench(kafka, tiny_artifact, tmp_path_factory.mktemp("bad-input"), fork_server)
    asyncio.run(bench.create_topics())
    bench.begin_worker(dead_letter_max_consecutive=0, dead_letter_max_ratio=0).wait_ready()
    yield bench
    bench.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_bad_input_is_answered_and_the_partition_moves_on(case: Case, served: Bench) -> None:
    topic = served.topic(case.kind)
    good = post(f"after-{case.name}", f"a good one after {case.name}", key="x")
    bad_place, good_place = await served.send(
        [Draft(topic, case.value, case.key, case.headers), Draft(topic, good, key=b"other")]
    )

    answers = await served.answers([bad_place, good_place], quiet_s=20)

    answer = answers[bad_place]
    if case.reasons:
        _assert_dead_letter(answer, case)
    else:
        assert answer.kind == {"posts": "labels", "symptoms": "triage"}[case.kind], answer.header("detail")
    assert answers[good_place].kind != "dead-letters"


def _assert_dead_letter(letter: Output, case: Case) -> None:
    assert letter.kind == "dead-letters"
    assert letter.header("reason") in case.reasons
    detail = letter.header("detail")
    assert detail
    assert "\n" not in detail
    assert (letter.key, letter.value) == (case.key, case.value)
    assert letter.headers[: len(case.headers)] == case.headers


async def test_counts_in_equal_counts_out(bench: Bench) -> None:
    await bench.create_topics()
    await bench.start_worker(dead_letter_max_consecutive=0, dead_letter_max_ratio=0)
    drafts = [Draft(bench.topic(case.kind), case.value, case.key, case.headers) for case in CASES]

    places = await bench.send(drafts)

    answers = await bench.answers(places)
    answers.assert_exactly_once()
    dead = sum(bool(case.reasons) for case in CASES)
    assert sum(each.kind == "dead-letters" for each in answers.outputs) == dead
    assert len(answers.outputs) == len(CASES)
