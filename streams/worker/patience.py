"""How long a broker lets records gather before it answers: not at all where few come, else a few milliseconds."""

from __future__ import annotations

from collections import deque

from streams.kafka.group import FETCH_WAIT_MS

LEAST_S = 0.004
ENOUGH_BYTES = 64 * 1024  # answered at once, however short the wait so far
WORTH_IT = 1.5  # records that come within such a wait; fewer than that are rather had at once
ANSWERS = 8  # over which the rate is taken
AT_ONCE = 1, FETCH_WAIT_MS  # bytes and milliseconds: what there is, and without anything a word after a while


class Patience:
    """Says how to ask, by the rate at which records come.

    aiokafka asks again only when all of an answer was taken. Where an answer holds whatever there was, one record or
    two, all that comes while those wait to be taken waits for the answer after the next: at 600 records a second, looks
    5 ms apart brought records that were 11 ms old. A broker that gathers for 4 ms and is asked again at once brings
    them after 6, with no more questions.
    """

    def __init__(self) -> None:
        self._answers: deque[tuple[float, int]] = deque(maxlen=ANSWERS)

    def after(self, records: int, now: float, rest_s: float) -> tuple[int, int]:
        """How to ask after a look that brought so many records: for how many bytes, and for how many milliseconds.

        Args:
            now: monotonic seconds.
            rest_s: how long the stages rest; it is no use to be faster than they are.
        """
        if not records:
            self._answers.clear()
        wait_s = max(LEAST_S, rest_s)
        gathers = self._rate(now) * wait_s > WORTH_IT
        if records:
            self._answers.append((now, records))
        return (ENOUGH_BYTES, round(1000 * wait_s)) if gathers else AT_ONCE

    def _rate(self, now: float) -> float:
        """Records a second since the oldest answer that is remembered; 0 of fewer than all."""
        if len(self._answers) < ANSWERS:
            return 0.0
        return sum(records for _, records in self._answers) / max(1e-3, now - self._answers[0][0])
