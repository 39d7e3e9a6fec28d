"""What the settings of a worker switch off of its guards: said at the start, since nothing else would show it."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from streams.settings import Settings


def switched_off(settings: Settings) -> Iterator[str]:
    """A sentence for each guard that does nothing. To be late rather than degraded is a choice, and no guard."""
    if settings.dead_letter_max_ratio in (0, 1) and settings.dead_letter_max_consecutive == 0:  # no share is above 1
        yield (
            "no limit of dead letters is set (dead_letter_max_ratio, dead_letter_max_consecutive): this worker goes on "
            "even if it judges nothing any more"
        )
    if settings.stuck_after_s == inf:
        yield "stuck_after_s has no end: this worker stays even if nothing moves in it"
    if settings.isolation_level == "read_uncommitted":
        yield "isolation_level is read_uncommitted: records that were taken back are judged, too"
