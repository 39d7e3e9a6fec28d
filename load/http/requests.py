"""What a server is asked: our texts in the bodies that clients send."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from load.texts import Payload

MODERATIONS = "/v1/moderations"
ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
_SITE = "https://news.example"


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    body: bytes


def moderations(posts: Iterable[Payload]) -> Iterator[Request]:
    """One text each."""
    for post in posts:
        yield Request(MODERATIONS, orjson.dumps({"input": _text(post)}))


def coral(posts: Iterable[Payload], with_decisions: bool = True) -> Iterator[Request]:
    """What Coral asks about a comment and, every second time, what it tells of a moderator's decision on it."""
    for number, post in enumerate(posts):
        comment = {"text": _text(post)}
        yield Request(ANALYZE, orjson.dumps(_analyze(comment, number)))
        if with_decisions:
            yield Request(SUGGEST, orjson.dumps(_suggest(comment, number)))


def _text(post: Payload) -> str:
    text: str = orjson.loads(post.value)["text"]
    return text


def _analyze(comment: dict[str, str], number: int) -> dict[str, object]:
    return {
        "comment": comment,
        "clientToken": f"comment:{number}",
        "sessionId": f"Coral:{_SITE}",
        "communityId": f"Coral:{_SITE}",
        "doNotStore": True,
        "requestedAttributes": {"SEVERE_TOXICITY": {}},
        "languages": ["EN"],
    }


def _suggest(comment: dict[str, str], number: int) -> dict[str, object]:
    context = orjson.dumps({"url": f"{_SITE}/story", "reply_to_id": "", "comment_id": str(number)}).decode()
    return {
        "comment": comment,
        "attributeScores": {"SEVERE_TOXICITY": {"summaryScore": {"value": number % 2}}},
        "clientToken": f"comment:{number}",
        "communityId": f"Coral:{_SITE}",
        "context": {"entries": [{"text": context}]},
    }
