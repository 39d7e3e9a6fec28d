"""The order of a key: its records are decided one after the other, and wait for no others.

Batches are cut by length, copies are answered from memory, and a picture takes a thousand times as long as a text: so
records are complete in another order than they came in. Consumers of Kafka count on the order of a key, for example
when a post is edited, and what is known of an author has to grow in the order of the author's posts. Between records of
different keys, and among those without one, there is no order to keep: Kafka's own producers spread the latter over
partitions.

What has left here keeps its order by itself: the stages after it are queues.
"""

from __future__ import annotations

from collections.abc import Iterable

from streams.pipeline.work import Work


class KeyOrder:
    """Knows who comes after whom under each key of a partition. Lives on the event loop."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int, bytes], Work] = {}

    def __len__(self) -> int:
        """Keys with records inside."""
        return len(self._last)

    def enter(self, works: Iterable[Work]) -> None:
        """Call it in the order of arrival."""
        for work in works:
            if (key := _key_of(work)) is None:
                continue
            before = self._last.get(key)
            self._last[key] = work
            if before is not None and not before.is_abandoned:  # nobody will be told what becomes of that one
                before.follower, work.is_behind = work, True

    def complete(self, works: Iterable[Work]) -> list[Work]:
        """What may be decided now that these have all their answers: of each key in the order of arrival."""
        going: list[Work] = []
        for work in works:
            work.is_complete = True
            first: Work | None = work
            while first is not None and first.is_complete and not first.is_behind:
                going.append(first)
                first = self._leave(first)
        return going

    def _leave(self, work: Work) -> Work | None:
        """The one that is first now."""
        follower, work.follower = work.follower, None
        if follower is not None:
            follower.is_behind = False
        elif (key := _key_of(work)) is not None and self._last.get(key) is work:
            del self._last[key]
        return follower


def _key_of(work: Work) -> tuple[str, int, bytes] | None:
    raw = work.raw
    return None if raw.key is None else (raw.topic, raw.partition, raw.key)
