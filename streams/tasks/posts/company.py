"""Of how many authors who do the same a post's was one: for rules of the policy that ask, and only for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from streams.policy.tables import CROWD_KINDS, CrowdKind

MAX_REMEMBERED: Final = 100_000
"""Posts: some 20 MB."""


class Company:
    """What rules were told of the last posts: one that comes again is told the same, however many came meanwhile.
    Starts empty with the process. Not shared between threads.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[int, tuple[int, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._told)

    def note(self, identity: str, sizes: Mapping[CrowdKind, int]) -> None:
        """What counts of a post is what is noted first.

        Args:
            identity: of the post; hex digits.
            sizes: of what is not there there is nobody.
        """
        self._told.setdefault(int(identity[:16], 16), tuple(sizes.get(kind, 0) for kind in CROWD_KINDS))
        if len(self._told) > MAX_REMEMBERED:
            self._told.popitem(last=False)

    def of(self, identity: str, kind: CrowdKind) -> int:
        """0 for a post of which nothing was noted."""
        told = self._told.get(int(identity[:16], 16))
        return 0 if told is None else told[CROWD_KINDS.index(kind)]
