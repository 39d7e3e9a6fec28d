"""The alternatives do their job: every post answered once, under its key; what is none becomes a dead letter."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from load.peers import aiokafka_loop
from load.peers.answers import decode, encode, labels_of, split
from load.peers.arguments import READY_FILE, Arguments, read_arguments
from load.peers.onnx_scorer import OnnxScorer
from load.scenarios import SCENARIOS
from load.watching import answer_of
from models.folders import RELEASE
from streams import settings

LABELS = ["length", "first"]


class Scored:
    """Scores that tell which text they belong to."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        self.calls.append(list(texts))
        return np.array([[len(text) / 1000, ord(text[0]) / 1_000_000] for text in texts])

    async def later(self, texts: Sequence[str]) -> NDArray[np.float64]:
        await asyncio.sleep(0.001 * len(self.calls))
        return self(texts)


class Message:
    """As confluent-kafka has it: everything is a call."""

    def __init__(self, key: bytes, value: bytes | None, error: object = None) -> None:
        self._parts = key, value, error

    def key(self) -> bytes:
        return self._parts[0]

    def value(self) -> bytes | None:
        return self._parts[1]

    def error(self) -> object:
        return self._parts[2]


class Broker:
    """A consumer and a producer of either client, over lists."""

    def __init__(self, messages: Sequence[Any]) -> None:
        self.waiting = list(messages)
        self.sent: list[tuple[str, bytes | None, bytes | None]] = []
        self.committed: list[int] = []
        self.full = 0

    def consume(self, most: int, timeout: float) -> list[Any]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def produce(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        if self.full:
            self.full -= 1
            raise BufferError
        self.sent.append((topic, key, value))

    def poll(self, timeout: float) -> None: ...


class KafkaPair(Broker):
    """confluent-kafka's."""

    def flush(self, timeout: float) -> int:
        return 0

    def commit(self, asynchronous: bool) -> None:
        self.committed.append(len(self.sent))


class AiokafkaPair(Broker):
    async def getmany(self, timeout_ms: int, max_records: int) -> dict[str, list[Any]]:
        return {"0": self.consume(max_records, 0)}

    async def send(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        self.sent.append((topic, key, value))

    async def flush(self) -> None: ...

    async def commit(self) -> None:
        self.committed.append(len(self.sent))


class Plain:
    """As aiokafka has it."""

    def __init__(self, key: bytes, value: bytes | None) -> None:
        self.key, self.value = key, value


def _arguments(**given: Any) -> Arguments:
    return Arguments("nowhere", "p", RELEASE, **given)


def _payloads(count: int) -> list[tuple[bytes, bytes]]:
    return [(one.key, one.value) for one in SCENARIOS["steady"].payloads(count, 1)]


def _assert_answered(broker: Broker, payloads: Sequence[tuple[bytes, bytes]]) -> None:
    """One answer each, under the post's key, with the scores of the post's own text."""
    answers = {orjson.loads(value or b"")["post_id"]: (key, value) for topic, key, value in broker.sent}
    assert len(broker.sent) == len(answers) == len(payloads)
    for key, value in payloads:
        post = orjson.loads(value)
        found_key, answer = answers[post["id"]]
        assert found_key == key
        assert orjson.loads(answer or b"")["scores"]["length"] == round(len(post["text"]) / 1000, 4)


@pytest.mark.parametrize("by_length", [False, True])
def test_confluent_answers_every_post_under_its_key(by_length: bool) -> None:
    confluent_loop = pytest.importorskip("load.peers.confluent_loop", exc_type=ImportError)
    payloads, score = _payloads(150), Scored()
    broker = KafkaPair([Message(*payload) for payload in payloads])
    loop = confluent_loop.Loop(broker, broker, _arguments(rows=64, by_length=by_length), score, LABELS)
    while broker.waiting:
        loop.turn()
    _assert_answered(broker, payloads)
    assert max(map(len, score.calls)) == 64
    if by_length:
        lengths = [len(text.encode()) for call in score.calls for text in call]
        assert lengths == sorted(lengths)


def test_confluent_waits_for_its_own_queue_and_commits_after_the_answers() -> None:
    confluent_loop = pytest.importorskip("load.peers.confluent_loop", exc_type=ImportError)
    payloads = _payloads(10)
    broker = KafkaPair([Message(*payload) for payload in payloads])
    broker.full = 3
    loop = confluent_loop.Loop(broker, broker, _arguments(), Scored(), LABELS)
    loop.turn()
    loop.commit()
    _assert_answered(broker, payloads)
    assert broker.committed == [10]


def test_confluent_commits_nothing_that_the_broker_did_not_take() -> None:
    confluent_loop = pytest.importorskip("load.peers.confluent_loop", exc_type=ImportError)

    class Stuck(KafkaPair):
        def flush(self, timeout: float) -> int:
            return 1

    broker = Stuck([Message(*payload) for payload in _payloads(3)])
    loop = confluent_loop.Loop(broker, broker, _arguments(), Scored(), LABELS)
    loop.turn()
    loop.commit()
    assert broker.committed == []


@pytest.mark.parametrize("rows", [1, 32])
async def test_aiokafka_answers_every_post_under_its_key(rows: int) -> None:
    payloads, score = _payloads(100), Scored()
    broker = AiokafkaPair([Plain(*payload) for payload in payloads])
    loop = aiokafka_loop.Loop(broker, broker, _arguments(), score.later, LABELS, rows, fetch=64)
    while broker.waiting:
        await loop.turn()
    await loop.commit()
    _assert_answered(broker, payloads)
    assert max(map(len, score.calls)) == rows
    assert broker.committed == [100]


BAD = (None, b"", b"{", b"[1]", b'{"id": 1, "text": "x"}', b'{"id": "1", "text": ""}', b"\xff")


def test_what_is_no_post_is_a_dead_letter_and_stops_nobody() -> None:
    confluent_loop = pytest.importorskip("load.peers.confluent_loop", exc_type=ImportError)
    good = _payloads(2)
    messages = [Message(*good[0]), *(Message(b"k", value) for value in BAD), Message(*good[1])]
    broker = KafkaPair(messages)
    confluent_loop.Loop(broker, broker, _arguments(), Scored(), LABELS).turn()
    topics = [topic for topic, _, _ in broker.sent]
    assert topics.count("p.dead-letters") == len(BAD)
    assert topics.count("p.labels") == 2


async def test_aiokafka_too() -> None:
    broker = AiokafkaPair([Plain(b"k", value) for value in BAD])
    score = Scored()
    await aiokafka_loop.Loop(broker, broker, _arguments(), score.later, LABELS, 32, 32).turn()
    assert [topic for topic, _, _ in broker.sent] == ["p.dead-letters"] * len(BAD)
    assert score.calls == []


def test_quix_judges_a_message_alone() -> None:
    quix = pytest.importorskip("load.peers.quix")
    answer = orjson.loads(quix.judge({"id": "7", "text": "abc"}, Scored(), LABELS))
    assert answer["post_id"] == "7"
    with pytest.raises((KeyError, TypeError)):
        quix.judge({"id": "7"}, Scored(), LABELS)


def test_requests_to_the_model_server_come_back_apart() -> None:
    mosec_server = pytest.importorskip("load.peers.mosec_server", exc_type=ImportError)
    worker = object.__new__(mosec_server.Scoring)
    worker._score = Scored()
    answers = worker.forward([["ab", "c"], ["def"]])
    assert [[row[0] * 1000 for row in rows] for rows in answers] == [[2.0, 1.0], [3.0]]


def test_decoding_takes_posts_and_nothing_else() -> None:
    assert decode(b'{"id": "1", "text": "hello", "author": "a"}').text == "hello"
    posts, bad = split([b'{"id": "1", "text": "hello"}', *BAD])
    assert [post is None for post in posts] == [False] + [True] * len(BAD)
    assert bad == list(range(1, len(BAD) + 1))


def test_an_answer_is_what_the_watcher_reads() -> None:
    """Latency of alternatives is measured by the same code as ours."""
    value = encode(decode(b'{"id": "12", "text": "hello"}'), LABELS, [0.1, 0.7])

    class Read:
        key = b"k"

    Read.value = value  # type: ignore[attr-defined]
    assert answer_of("labels", Read, 1.0).number == 12


def test_a_hop_passes_posts_on_as_they_are_and_they_are_told_apart() -> None:
    (payload,) = SCENARIOS["steady"].payloads(1, 1)

    class Read:
        key = payload.key
        value = payload.value

    assert answer_of("labels", Read, 1.0).number == 0


def test_labels_and_scores_are_those_of_the_artifact() -> None:
    scores = OnnxScorer(RELEASE, threads=1)(["you are an idiot", "hello"])
    assert scores.shape == (2, len(labels_of(RELEASE)))
    assert 0 <= scores.min() <= scores.max() <= 1
    assert scores[0, 0] > scores[1, 0]


def test_padding_changes_no_score() -> None:
    score = OnnxScorer(RELEASE, threads=1)
    assert score(["hello", "a much longer text than the other one " * 3])[0] == pytest.approx(
        score(["hello"])[0], abs=0.02
    )


def test_peers_say_that_they_are_ready_where_workers_do() -> None:
    assert READY_FILE == settings.READY_FILE


def test_arguments_are_read() -> None:
    given = read_arguments(["--bootstrap", "b:1", "--prefix", "p", "--artifact", "a", "--rows", "32", "--by-length"])
    assert given == Arguments("b:1", "p", Path("a"), rows=32, by_length=True)
    assert (given.posts, given.labels, given.dead_letters) == ("p.posts", "p.labels", "p.dead-letters")
