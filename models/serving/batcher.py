"""Which records run together: a pure data structure, without clock, threads or I/O."""

from __future__ import annotations

from bisect import bisect_left, insort_right
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter

from models.serving.types import Batch, Item, Lane

GRID = (16, 32, 64, 128, 256)
"""Padded lengths, where an engine does not know better."""
WINDOW = 256
"""The most items of one turn, where nobody asks for more."""
BACKFILL_EVERY = 8
"""While live records wait, one turn in this many is for backfill."""
BACKFILL_SHARE = 32
"""A turn for backfill has one part in so many of the budget: a live record that comes then waits for it."""

_intake_at = attrgetter("intake_at")


class TokenBudgetBatcher:
    """Orders waiting items, and cuts the oldest of them into batches of about one length.

    Of what an item holds it looks at nothing but `cost`, and at the `bucket` that it gives it. Tokens are the cost of a
    text; whatever has another cost has a grid of its own.

    A pop gives one *turn*: as many of the oldest items of one lane as the budget holds, cut by length into a
    few batches, the one with the oldest item first. Guarantees, for any sequence of pushes and pops:

    * every item leaves exactly once, in a batch;
    * a turn costs at most `max_batch_tokens`, counted as rows x padded length, and so does each of its
      batches; a batch has at most `max_batch_rows` rows;
    * no turn takes an item and leaves an older one of its lane behind (older: taken in earlier, ties by
      arrival). Grouping by length over many turns would have to bound how often one is passed over; with a
      bound of two it padded to 1.6 to 2.5 times the real tokens on chat-like lengths, this to 1.4 times;
    * live goes first, but while both wait every eighth turn is for backfill, and such a turn is a small one;
    * a push costs O(1) if items arrive in order, a pop O(items taken); equal calls give equal turns.
    """

    def __init__(
        self,
        grid: Sequence[int] = GRID,
        max_batch_tokens: int = 4096,
        max_batch_rows: int = 64,
        window: int = WINDOW,
        run_cost_tokens: int = 8,
    ) -> None:
        """Raises ValueError where the numbers cannot work.

        Args:
            grid: padded lengths, rising.
            window: the most items of one turn.
            run_cost_tokens: what starting one more run costs, as a number of tokens; below it, items rather
                join a longer batch. The engine knows (`Engine.run_cost_tokens`).
        """
        if not grid or list(grid) != sorted(set(grid)) or grid[0] < 1:
            raise ValueError(f"The grid of lengths must rise from 1 or more; got {tuple(grid)}.")
        if max_batch_tokens < grid[-1]:
            raise ValueError(
                f"max_batch_tokens is {max_batch_tokens}, but one record may have {grid[-1]} tokens; "
                f"set it to {grid[-1]} or more."
            )
        if max_batch_rows < 1 or window < 1:
            raise ValueError(f"max_batch_rows ({max_batch_rows}) and window ({window}) must be 1 or more.")
        self.grid = tuple(grid)
        self.max_batch_tokens = max_batch_tokens
        self.max_batch_rows = max_batch_rows
        self.waiting_tokens = 0
        """Padded tokens of all that waits."""
        self._window = window
        self._run_cost_tokens = run_cost_tokens
        self._lanes: dict[Lane, deque[Item]] = {lane: deque() for lane in Lane}
        self._live_in_a_row = 0

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    @property
    def full(self) -> bool:
        """A whole turn waits: it would not grow by waiting longer."""
        return self.waiting_tokens >= self.max_batch_tokens or len(self) >= self._window

    def push(self, item: Item) -> None:
        """Raises ValueError for an encoding that is longer than the grid."""
        slot = bisect_left(self.grid, item.cost)
        if slot == len(self.grid):
            raise ValueError(f"The encoding has {item.cost} tokens, at most {self.grid[-1]} are served.")
        item.bucket = self.grid[slot]
        queue = self._lanes[item.lane]
        if not queue or queue[-1].intake_at <= item.intake_at:
            queue.append(item)
        else:
            insort_right(queue, item, key=_intake_at)
        self.waiting_tokens += item.bucket

    def pop(self) -> list[Batch]:
        """The next turn; empty if nothing waits."""
        lane = self._next_lane()
        if lane is None:
            return []
        self._live_in_a_row = self._live_in_a_row + 1 if lane is Lane.LIVE else 0
        budget = self._budget_of(lane)
        return self._cut(self._take(self._lanes[lane], budget), budget)

    def _budget_of(self, lane: Lane) -> int:
        """Never less than the oldest record needs."""
        whole = self.max_batch_tokens
        return whole if lane is Lane.LIVE else max(self._lanes[lane][0].bucket, whole // BACKFILL_SHARE)

    def _rows_at(self, length: int) -> int:
        return min(self.max_batch_rows, self.max_batch_tokens // length)

    def _next_lane(self) -> Lane | None:
        live, backfill = self._lanes[Lane.LIVE], self._lanes[Lane.BACKFILL]
        if backfill and (not live or self._live_in_a_row >= BACKFILL_EVERY - 1):
            return Lane.BACKFILL
        return Lane.LIVE if live else None

    def _take(self, queue: deque[Item], budget: int) -> list[Item]:
        """The oldest items that the budget holds."""
        taken: list[Item] = []
        cost = 0
        while queue and len(taken) < self._window and cost + queue[0].bucket <= budget:
            item = queue.popleft()
            cost += item.bucket
            taken.append(item)
        self.waiting_tokens -= cost
        return taken

    def _cut(self, taken: list[Item], budget: int) -> list[Batch]:
        """Batches by length, in the order of their oldest items."""
        groups: dict[int, list[int]] = {}
        for place, item in enumerate(taken):
            groups.setdefault(item.bucket, []).append(place)
        self._join_small(groups, budget - sum(item.bucket for item in taken))
        cuts: list[tuple[list[int], int]] = []
        for length, places in groups.items():
            rows = self._rows_at(length)
            cuts += [(places[start : start + rows], length) for start in range(0, len(places), rows)]
        cuts.sort()  # by the place of the oldest
        return [Batch([taken[place] for place in places], length) for places, length in cuts]

    def _join_small(self, groups: dict[int, list[int]], spare: int) -> None:
        """Add a group to the next longer one where that costs less than a run, and at most `spare` tokens."""
        lengths = sorted(groups)
        for length, longer in pairwise(lengths):
            cost = len(groups[length]) * (longer - length)
            if cost < self._run_cost_tokens and cost <= spare:
                spare -= cost
                groups[longer] = sorted(groups.pop(length) + groups[longer])
