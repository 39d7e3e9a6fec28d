"""What is measured of a run from its history and its diary. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np

from load.faults.diary import Diary
from load.faults.history import RunHistory
from load.faults.observing import Sample
from streams.history import Place
from streams.record import Partition
from streams.tasks import declared
from streams.worker.overload import HISTORY_S

SETTLED_SHARE = 0.25
"""Of the run, left out of the slope of memory: caches fill."""


def measure(history: RunHistory, diary: Diary) -> dict[str, float]:
    """The facts that every scenario has. `redelivered`: outcomes beyond the first, as a share of the records."""
    answers = history.answers
    repeats = sum(len(found) - 1 for found in answers.repeated.values())
    facts: dict[str, float] = {
        "records": len(history.inputs),
        "outcomes": len(history.outcomes),
        "dead_letters": sum(each.letter is not None for each in history.first.values()),
        "degraded": sum(each.is_degraded for each in history.first.values()),
        "repeats": repeats,
        "redelivered": repeats / max(1, len(history.inputs)),
        "left": history.left,
    }
    facts |= lateness(history, diary.stretches)
    if recoveries := list(recover(history, diary.kills)):
        facts["recovery_s"] = max(recoveries)
    if diary.samples:
        facts["most_lag"] = max(each.lag for each in diary.samples)
        facts["most_mb"] = max(each.resident_mb for each in diary.samples)
        facts["slope_mb_per_minute"] = slope(diary.samples)
    return facts


def lateness(history: RunHistory, stretches: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Of live records, in seconds from their time stamp to their first outcome: of all, and of those that were sent in
    each stretch. What is not known is left out, and with it what a time stamp says that cannot be right.
    """
    sent = history.answers.sent
    live = [(sent[place].sent_at, first.written_at) for place, first in history.first.items() if not _is_old(place)]
    moments = np.array(live).reshape(-1, 2)
    late = moments[:, 1] - moments[:, 0]
    right = (late >= 0) & (late < HISTORY_S)
    moments, late = moments[right], late[right]
    if not len(late):
        return {}
    facts = {"p50_s": float(np.percentile(late, 50)), "p99_s": float(np.percentile(late, 99))}
    for name, (begin, end) in stretches.items():
        then = late[(moments[:, 0] >= begin) & (moments[:, 0] < end)]
        if len(then):
            facts[f"p99_{name}_s"] = float(np.percentile(then, 99))
    return facts


def _is_old(place: Place) -> bool:
    """It came before, and is judged once more."""
    return place[0].endswith(tuple(task.backfill.kind for task in declared().values()))


def recover(history: RunHistory, kills: list[float]) -> Iterator[float]:
    """After each kill, seconds until every partition with something to do gave its next first outcome.

    A partition of which nothing was written after the kill and nothing was left to do was done with.
    """
    written: dict[Partition, list[float]] = defaultdict(list)
    for place, outcome in history.first.items():
        written[place[:2]].append(outcome.written_at)
    moments = [np.sort(np.array(each)) for each in written.values()]
    for kill in kills:
        nexts = [each[each > kill][:1] for each in moments]
        yield max((float(each[0]) - kill for each in nexts if len(each)), default=0.0)


def slope(samples: list[Sample]) -> float:
    """Megabytes a minute over the later part of a run; 0 where there is too little of it."""
    later = samples[int(len(samples) * SETTLED_SHARE) :]
    if len(later) < 10:
        return 0.0
    seconds = np.array([each.at - later[0].at for each in later])
    return 60 * float(np.polyfit(seconds, [each.resident_mb for each in later], 1)[0])
