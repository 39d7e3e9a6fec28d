"""What the labels of metrics may say: sets that are known before the first record comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from models.labels import LANGUAGES, POST_LABELS
from schemas import Alert, Reason
from schemas.control import GUARDS
from schemas.event import Trait
from schemas.verdicts import TimingsMs
from streams.tasks import declared

LANGS: Final = (*LANGUAGES, "other")
ALL: Final = "all"
"""In place of a language, of a figure of reviews: no sum of those of the languages makes it."""
BOUNDS: Final = ("value", "low", "high")
"""Of a share: itself, and both ends of its 95 % interval."""
TRAITS: Final[tuple[Trait, ...]] = get_args(Trait)
"""Whose distribution is watched."""
STAGES: Final = (*(name for name in TimingsMs.model_fields if name != "total"), "published")
REASONS: Final = tuple(reason.value for reason in Reason)
KINDS: Final[tuple[str, ...]] = get_args(Alert.model_fields["kind"].annotation)
SEVERITIES: Final[tuple[str, ...]] = get_args(Alert.model_fields["severity"].annotation)
INTERFACES: Final = ("moderations", "verdicts", "posts", "analyze", "suggestscore", "discovery", "openapi", "none")
"""Of the gateway; the last for an address at which there is nothing."""
STATUSES: Final = tuple(str(code) for code in (200, 202, 400, 401, 403, 404, 405, 408, 413, 429, 500, 501, 503, 504))
"""That the gateway answers with."""


def closed() -> Mapping[str, tuple[str, ...]]:
    """By label: all that it may say."""
    tasks = declared()
    return {
        "task": tuple(tasks),
        "action": tuple(dict.fromkeys(action for task in tasks.values() for action in task.actions)),
        "degraded": ("false", "true"),
        "reason": REASONS,
        "kind": KINDS,
        "severity": SEVERITIES,
        "lang": (*LANGS, ALL),
        "label": POST_LABELS,
        "stage": STAGES,
        "trait": TRAITS,
        "interface": INTERFACES,
        "status": STATUSES,
        "guard": GUARDS,
        "bound": BOUNDS,
    }
