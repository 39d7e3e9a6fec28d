"""How many automatic actions one worker may take: a breaker for the day on which a model or a policy goes wrong."""

from __future__ import annotations

from collections import deque

from streams.policy.base import Action
from streams.policy.file import QuotaPolicy


class Quota:
    """At most N of an action in any window. Memory is bounded by the limits; not shared between threads."""

    def __init__(self, policy: QuotaPolicy) -> None:
        self._window_s = policy.window_s
        self._limits = {Action[action.upper()]: limit for action, limit in policy.limits.items()}
        self._order: dict[Action, deque[tuple[float, str]]] = {action: deque() for action in self._limits}
        self._counted: dict[Action, set[str]] = {action: set() for action in self._limits}

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
        if len(order) >= limit:
            return False
        order.append((now, verdict_id))
        counted.add(verdict_id)
        return True
