"""What pictures add to the ruling on a post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from streams.pictures.seen import Seen
from streams.policy.base import Action
from streams.policy.rules import Ruling

_ACTIONS: Final = {action.name.lower(): action for action in Action}


def with_pictures(ruling: Ruling, seen: Sequence[Seen] | None, unlooked: str) -> Ruling:
    """The stronger of the ruling on the words and of what the pictures ask for: a known picture for the action of its
    list, one that was not looked at for the policy's.

    Args:
        unlooked: `allow` or `review`.
    """
    if not seen:
        return ruling
    asked = [each for one in seen for each in _asked(one, unlooked)]
    by_severity = sorted([(ruling.action, ruling.reasons), *asked], key=lambda pair: -pair[0])
    return replace(
        ruling,
        labels=tuple(dict.fromkeys((*ruling.labels, *(one.known.entry.label for one in seen if one.known)))),
        action=by_severity[0][0],
        reasons=tuple(dict.fromkeys(reason for _, reasons in by_severity for reason in reasons)),
    )


def _asked(one: Seen, unlooked: str) -> Iterator[tuple[Action, tuple[str]]]:
    """What a picture asks for, and why."""
    if one.known is not None and one.known.entry.action != "allow":
        yield _ACTIONS[one.known.entry.action], (f"known_picture:{one.known.entry.label}",)
    if one.look is None and unlooked == "review":
        yield Action.REVIEW, ("picture_not_looked_at",)
