"""Where a partition was read on past offsets that hold no record: markers of transactions, aborted records, and what
compaction took away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streams.record import Partition
from streams.worker.places import Places

Gap = tuple[int | None, int]
"""From the offset after the last record that was handed over (None: there was none since the partitions were assigned)
to the next one that will be fetched."""


class Gaps:
    """Told by the thread that fetches. `found` may be read from any thread: it is replaced, never changed."""

    def __init__(self) -> None:
        self.found: Mapping[Partition, Gap] = {}
        self._after_last: dict[Partition, int] = {}
        self._assignment: Any = None

    def note(self, now: Places, records: Mapping[Any, Sequence[Any]]) -> None:
        """Args:
        records: what was just fetched of each partition, and will be handed over.
        """
        if now.assignment is not self._assignment:
            self._assignment, self._after_last = now.assignment, {}
        for (topic, partition), fetched in records.items():
            self._after_last[topic, partition] = fetched[-1].offset + 1
        self.found = dict(self._find(now.offsets))

    def _find(self, offsets: Mapping[Any, int]) -> Iterator[tuple[Partition, Gap]]:
        for (topic, partition), offset in offsets.items():
            after_last = self._after_last.get((topic, partition))
            if offset > (after_last or 0):
                yield (topic, partition), (after_last, offset)
