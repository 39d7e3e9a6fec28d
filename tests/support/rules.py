"""Policies with rules, and a model that has thresholds and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.artifact import Artifact, Manifest
from models.labels import POST_LABELS
from streams.policy import Policy
from streams.policy.conditions import Facts

THRESHOLDS = {label: {"en": 0.5, "zh": 0.6} for label in POST_LABELS}
ARTIFACT = Artifact(
    Path(),
    Manifest(format=1, name="test", version="m1", created="", files={}, heads={}, max_tokens=256, pad_id=0,
             thresholds=THRESHOLDS),
)  # fmt: skip
DAY = 739_000


def rule(name: str, when: Mapping[str, Any], then: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A rule whose examples nobody runs, unless they are given."""
    return {
        "name": name,
        "owner": "tests",
        "mode": "on",
        "when": when,
        "then": then or {"action": "review"},
        "must_match": [{"text": "must match"}],
        "must_not_match": [{"text": "must not match"}],
    } | more


def policy(*rules: Mapping[str, Any], lists: Any = None, keywords: Any = None, **posts: Any) -> Policy:
    """The policy that ships with these rules."""
    plain = Policy.load().model_dump()
    plain["posts"].update(posts)
    plain |= {"rules": rules, "lists": lists or {}, "keywords": keywords or {}}
    return Policy.model_validate(plain)


def scores(**some: float) -> list[float]:
    return [some.get(label, 0.0) for label in POST_LABELS]


def facts(text: str | None = "", lang: str = "en", day: int = DAY, **more: Any) -> Facts:
    """Of a post of which everything is known but the age of its author's account."""
    nothing: dict[str, Any] = {"scores": scores(), "kind": "", "thread": "", "author": "", "strikes": lambda *_: 0}
    return Facts(lang, day=day, texts=None if text is None else (text,), **nothing | more)


def as_toml(*rules: Mapping[str, Any]) -> str:
    """As they stand in a file. Strings of TOML are those of JSON."""
    tables = ("\n".join(f"{name} = {_value(value)}" for name, value in rule.items()) for rule in rules)
    return "".join(f"\n[[rules]]\n{table}\n" for table in tables)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)
