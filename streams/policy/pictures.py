"""What pictures add to the ruling on a post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from streams.pictures.seen import Seen
from streams.policy.bars import PictureLabel
from streams.policy.base import Action
from streams.policy.file import PostPolicy
from streams.policy.rules import SEVERITIES, Ruling

_ACTIONS: Final = {action.name.lower(): action for action in Action}
CLOSE_UP: Final = "close_up"
"""The reason of a review that would have been a removal."""


class _Standing(NamedTuple):
    """A class of a picture that reached its bar."""

    label: str
    probability: float
    bars: PictureLabel
    is_close_up: bool


def with_pictures(ruling: Ruling, seen: Sequence[Seen] | None, policy: PostPolicy) -> Ruling:
    """The stronger of the ruling on the words and of what the pictures ask for: a known picture for the action of its
    list, a class of a picture classifier and one that was not looked at for the policy's.
    """
    if not seen:
        return ruling
    standing = [each for one in seen for each in _standing(one, policy)]
    asked = [each for one in seen for each in _asked(one, policy.unlooked_pictures)]
    asked += [each for one in standing for each in _acting(one)]
    by_severity = sorted([(ruling.action, ruling.reasons), *asked], key=lambda pair: -pair[0])
    known = (one.known.entry.label for one in seen if one.known)
    ruling = replace(
        ruling,
        labels=tuple(dict.fromkeys((*ruling.labels, *known, *(one.label for one in standing)))),
        action=by_severity[0][0],
        reasons=tuple(dict.fromkeys(reason for _, reasons in by_severity for reason in reasons)),
    )
    return _with_alerts(ruling, standing)


def _asked(one: Seen, unlooked: str) -> Iterator[tuple[Action, tuple[str, ...]]]:
    """What a picture asks for, and why."""
    if one.known is not None and one.known.entry.action != "allow":
        yield _ACTIONS[one.known.entry.action], (f"known_picture:{one.known.entry.label}",)
    if one.look is None and unlooked == "review":
        yield Action.REVIEW, ("picture_not_looked_at",)


def _standing(one: Seen, policy: PostPolicy) -> Iterator[_Standing]:
    for said in () if one.look is None else one.look.classes:
        for name, probability in said.probabilities.items():
            bars = policy.picture_labels.get(name)
            if bars is not None and one.look is not None and probability >= bars.stands:
                yield _Standing(name, probability, bars, one.look.skin >= policy.close_up_from)


def _acting(one: _Standing) -> Iterator[tuple[Action, tuple[str, ...]]]:
    """The strongest action that the probability reaches. Skin from close by is never removed: nudity cannot be told
    from a wound there, and a person has to.
    """
    for name in ("remove", "review", "limit"):
        bar = getattr(one.bars, name)
        if bar is not None and one.probability >= bar:
            reason = _reason(one, bar)
            if name == "remove" and one.is_close_up:
                yield Action.REVIEW, (reason, CLOSE_UP)
            else:
                yield _ACTIONS[name], (reason,)
            return


def _with_alerts(ruling: Ruling, standing: Sequence[_Standing]) -> Ruling:
    """The post's alert is as severe as the most severe of its words and pictures."""
    alerts = []
    for one in standing:
        bars = [(name, getattr(one.bars, name)) for name in SEVERITIES]
        reached = [(name, _reason(one, bar)) for name, bar in bars if bar is not None and one.probability >= bar]
        alerts += reached[-1:]
    if not alerts:
        return ruling
    severities = [name for name, _ in alerts] + ([] if ruling.severity is None else [ruling.severity])
    reasons = dict.fromkeys((*ruling.severe_reasons, *(reason for _, reason in alerts)))
    return replace(ruling, severity=max(severities, key=SEVERITIES.index), severe_reasons=tuple(reasons))


def _reason(one: _Standing, bar: float) -> str:
    return f"picture:{one.label}>={max(bar, one.bars.stands):.4g}"
