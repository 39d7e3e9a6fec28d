"""Tasks without a model: scores are given, clocks stand still."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel

from models.artifact import Artifact, Manifest
from models.labels import CONDITIONS, POST_LABELS
from models.serving.types import Encoding, Scores
from schemas import Alert, PostVerdict, SymptomVerdict
from streams.pictures.seen import Seen
from streams.policy import Policy
from streams.record import Outgoing
from streams.tasks.base import Case, Moments, Origin, Parts, Task
from streams.tasks.posts.task import PostsTask
from streams.tasks.symptoms.task import SymptomsTask

NOW, WALL_NOW = 100.0, 1_800_000_000.0
MOMENTS = Moments(intake_at=99.0, admitted_at=99.125, prepared_at=99.25, batched_at=99.5, scored_at=99.75, waited_s=2.0)
VERDICTS: Mapping[str, type[BaseModel]] = {
    "labels": PostVerdict,
    "flags": PostVerdict,
    "triage": SymptomVerdict,
    "alerts": Alert,
}


def parts(state: Path | None = None, has_quota: bool = True, posts: Mapping[str, Any] | None = None) -> Parts:
    head = {"output": "x", "kind": "softmax"}
    manifest = Manifest(
        format=1,
        name="test",
        version="m1",
        created="",
        files={},
        heads={"condition": {**head, "labels": CONDITIONS}},
        max_tokens=256,
        pad_id=0,
        thresholds={label: {"en": 0.5, "zh": 0.5} for label in POST_LABELS} | {"spans": {"en": 0.5, "zh": 0.6}},
    )
    plain = Policy.load().model_dump()
    plain["posts"].update(posts or {})
    policy = Policy.model_validate(plain)
    artifact, version = Artifact(Path(), manifest), policy.version_with()
    return Parts(artifact, policy, version, state, has_quota, clock=lambda: NOW, wall_clock=lambda: WALL_NOW)


def post_scores(*toxic_tokens: int, tokens: int = 64, **labels: float) -> Scores:
    spans = np.full(tokens, 0.1)
    spans[list(toxic_tokens)] = 0.9
    values = np.array([labels.get(label, 0.01) for label in POST_LABELS])
    return Scores("m1", heads={"post": values, "spans": spans, "sentiment": np.array([0.2, 0.3, 0.5])})


def symptom_scores(*urgency: float, **conditions: float) -> Scores:
    values = np.array([conditions.get(condition, 0.0) for condition in CONDITIONS])
    return Scores("m1", heads={"condition": values, "urgency": np.array(urgency or (0.0, 0.0, 0.1, 0.2, 0.7))})


def decide(
    task: Task[Any],
    fields: Mapping[str, Any],
    scores: Scores | None,
    key: bytes | None = b"k",
    origin: Origin | None = Origin("moderation.in", 3, 41),  # noqa: B008  a tuple
    seen: Sequence[Seen] | None = None,
    is_live: bool = True,
    read_share: float = 1.0,
) -> tuple[dict[str, Any], list[tuple[str, bytes | None, dict[str, Any]]]]:
    """The verdict, and all outputs as (kind, key, body); each body fits its strict schema."""
    published = decided(task, fields, scores, key, origin, seen, is_live, read_share)
    outputs = [(each.kind, each.key, orjson.loads(each.value or b"")) for each in published]
    for each, (kind, _, body) in zip(published, outputs, strict=True):
        VERDICTS[kind].model_validate_json(each.value or b"")
        assert each.partition == (origin.partition if origin else 0)
        assert body["verdict_id" if kind == "alerts" else "id"] == outputs[0][2]["id"]
    return outputs[0][2], outputs


def decided(
    task: Task[Any],
    fields: Mapping[str, Any],
    scores: Scores | None,
    key: bytes | None,
    origin: Origin | None,
    seen: Sequence[Seen] | None = None,
    is_live: bool = True,
    read_share: float = 1.0,
) -> list[Outgoing]:
    """What leaves, as it is."""
    value = orjson.dumps(fields)
    record = task.decode(value, 1_000_000)
    rendered = task.render(record)
    way = rendered.ways[0]  # of a text that is read in several, the first
    tokens = [match.span() for match in re.finditer(r"\S+|\s", way.text)]
    offsets = np.array([(0, 0), *tokens], np.int32)
    way.encoding = Encoding(np.zeros(len(offsets), np.int32), offsets)
    if scores is not None and "spans" in scores.heads:
        scores.heads["spans"] = np.resize(scores.heads["spans"], len(offsets))
    way.scores = scores
    return task.decide(Case(record, rendered, [way], scores, read_share, value, key, origin, MOMENTS, seen, is_live))


def kinds(outputs: Sequence[tuple[str, bytes | None, dict[str, Any]]]) -> list[str]:
    return [kind for kind, _, _ in outputs]


def posts_task(state: Path | None = None, has_quota: bool = True, **posts: Any) -> PostsTask:
    return PostsTask.build(parts(state, has_quota, posts))


def symptoms_task() -> SymptomsTask:
    return SymptomsTask.build(parts())
