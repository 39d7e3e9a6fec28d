"""How many automatic actions may be taken: a breaker for the day on which a model or a policy goes wrong.

The workers of a group share a quota without talking to each other. Each input partition has its part of every limit,
and a worker may take what falls to the partitions that it holds. The parts of all add up to the limit. A partition that
changes hands brings its part along and not what was taken of it: so in any window a group takes at most the limit, and
once more the part of a partition for each time that it changed hands, or that its worker began anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from streams.policy.base import Action
from streams.policy.file import QuotaPolicy


class Quota:
    """At most N of an action in any window, or this worker's part of N.

    Memory is bounded by the limits; not shared between threads.
    """

    def __init__(self, policy: QuotaPolicy) -> None:
        self._window_s = policy.window_s
        self._limits = {Action[action.upper()]: limit for action, limit in policy.limits.items()}
        self._order: dict[Action, deque[tuple[float, str]]] = {action: deque() for action in self._limits}
        self._counted: dict[Action, set[str]] = {action: set() for action in self._limits}
        self._held: tuple[Collection[int], int] | None = None

    def hold(self, partitions: Collection[int], total: int) -> None:
        """From now on the parts of these partitions count, of so many; before, the whole limit does."""
        self._held = tuple(partitions), max(total, 1, *(partition + 1 for partition in partitions))

    def _part(self, limit: int) -> int:
        """Of a limit that does not divide, the first partitions have one more."""
        if self._held is None:
            return limit
        partitions, total = self._held
        each, more = divmod(limit, total)
        return sum(each + (partition < more) for partition in partitions)

    def adopt(self, policy: QuotaPolicy) -> None:
        """Other limits from now on; what was counted counts for them."""
        self._window_s = policy.window_s
        self._limits = {Action[action.upper()]: limit for action, limit in policy.limits.items()}
        for action in self._limits:
            self._order.setdefault(action, deque())
            self._counted.setdefault(action, set())

    def allows(self, action: Action, verdict_id: str, now: float) -> bool:
        """Counts the action and says whether it may be taken. A verdict that was counted keeps its action."""
        limit = self._limits.get(action)
        if limit is None:
            return True
        order, counted = self._order[action], self._counted[action]
        while order and order[0][0] <= now - self._window_s:
            counted.discard(order.popleft()[1])
        if verdict_id in counted:
            return True
        if len(order) >= self._part(limit):
            return False
        order.append((now, verdict_id))
        counted.add(verdict_id)
        return True
