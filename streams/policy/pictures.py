"""What pictures add to the ruling on a post."""

from __future__ import annotations

from collections.abc import Sequence
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
    labels, found = list(ruling.labels), [(ruling.action, ruling.reasons)] if ruling.reasons else []
    for one in seen or ():
        if one.known is not None:
            entry = one.known.entry
            labels += [entry.label] if entry.label not in labels else []
            if (action := _ACTIONS[entry.action]) is not Action.ALLOW:
                found.append((action, (f"known_picture:{entry.label}",)))
        if one.look is None and unlooked == "review":
            found.append((Action.REVIEW, ("picture_not_looked_at",)))
    if (tuple(labels), found) == (ruling.labels, [(ruling.action, ruling.reasons)] if ruling.reasons else []):
        return ruling
    found.sort(key=lambda pair: -pair[0])
    action = max((action for action, _ in found), default=ruling.action)
    reasons = tuple(dict.fromkeys(reason for _, some in found for reason in some))
    return replace(ruling, labels=tuple(labels), action=max(action, ruling.action), reasons=reasons)
