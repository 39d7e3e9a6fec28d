"""Stored verdicts on posts as the service writes them, of made-up scores: what a dry run reads."""

import random
from collections.abc import Iterator
from typing import Any

import orjson

from load.texts import Payload
from models.artifact import Artifact
from models.labels import POST_LABELS
from schemas.examples import POST_VERDICT
from streams.policy import Policy
from streams.policy.conditions import Facts
from streams.policy.judge import Judge

LANGUAGES = {"en": 0.7, "zh": 0.25, "other": 0.05}
AUTHORS = 50_000
SPREAD = 0.15
"""Of a label's scores: most lie near 0, about one in a hundred posts over 0.9 of any label."""


def write_verdicts(count: int, artifact: Artifact, seed: int) -> Iterator[tuple[Payload, int]]:
    """Messages of the topic of verdicts by the packaged policy, and the second of a day in which each was made."""
    rng = random.Random(seed)  # noqa: S311
    judge = Judge.build(Policy.load(), artifact)
    langs, weights = list(LANGUAGES), list(LANGUAGES.values())
    for number in range(count):
        (lang,) = rng.choices(langs, weights)
        scores = [round(rng.betavariate(SPREAD, 4.0), 4) for _ in POST_LABELS]
        author = b"u-%d" % rng.randrange(AUTHORS)
        yield Payload("labels", author, orjson.dumps(_verdict(number, lang, scores, judge))), number * 86_400 // count


def _verdict(number: int, lang: str, scores: list[float], judge: Judge) -> dict[str, Any]:
    ruling, _ = judge.rule(Facts(lang, scores, day=1))
    return POST_VERDICT | {
        "id": f"{number:032x}",
        "post_id": f"c-{number}",
        "source": {"topic": "moderation.posts", "partition": number % 4, "offset": number // 4},
        "lang": lang,
        "action": ruling.action.name.lower(),
        "labels": ruling.labels,
        "reasons": ruling.reasons,
        "scores": dict(zip(POST_LABELS, scores, strict=True)),
        "spans": POST_VERDICT["spans"] if ruling.marks_spans else [],
    }
