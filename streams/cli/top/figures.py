"""What an operator wants to know of a group, from the metrics of its processes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from streams.cli.top.scrape import Answer, Away, Scrape, Window, added, quantile
from streams.health import families as of
from streams.health.family import Family
from streams.health.words import STAGES

SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Process:
    """One worker or gateway, or an address that does not answer."""

    url: str
    worker: str
    state: str
    in_flight: int = 0
    oldest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Versions:
    """What judges, and in how many processes."""

    version: str
    model: str
    policy: str
    processes: int


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """Of one partition, whoever reads it."""

    topic: str
    partition: str
    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a moment, and of the seconds before it. Rates are a second, durations in seconds, shares between 0 and 1."""

    seconds: float
    processes: Sequence[Process]
    versions: Sequence[Versions]
    rates: Mapping[str, float]
    actions: Mapping[str, Mapping[str, float]]
    dead_letters: Mapping[str, float]
    requests: Mapping[str, float]
    latency: Mapping[str, Mapping[str, float | None]]
    """By stage, then by task from end to end."""
    cache_hits: float | None
    engine_busy: float
    """Summed over processes."""
    lag: Sequence[PartitionLag]

    @property
    def is_anyone_there(self) -> bool:
        return any(process.state != "away" for process in self.processes)


def figures(urls: Sequence[str], before: Sequence[Answer], after: Sequence[Answer]) -> Figures:
    """Of the addresses that answered now; a rate needs that they answered before, too."""
    windows = [
        Window(old, new)
        for old, new in zip(before, after, strict=True)
        if isinstance(old, Scrape) and isinstance(new, Scrape)
    ]
    here = [answer for answer in after if isinstance(answer, Scrape)]
    verdicts = added(windows, of.VERDICTS.exposed, "task", "action")
    by_task: dict[str, dict[str, float]] = defaultdict(dict)
    for (task, action), rate in verdicts.items():
        by_task[task][action] = rate
    degraded = added(windows, of.VERDICTS.exposed, "degraded")
    hits, misses = _total(windows, of.CACHE_HITS), _total(windows, of.CACHE_MISSES)
    return Figures(
        seconds=max((window.seconds for window in windows), default=0.0),
        processes=[process for url, answer in zip(urls, after, strict=True) for process in _processes(url, answer)],
        versions=_versions(here),
        rates={
            "records": _total(windows, of.RECORDS),
            "verdicts": sum(verdicts.values()),
            "degraded": degraded.get(("true",), 0.0),
            "dead_letters": _total(windows, of.DEAD_LETTERS),
            "alerts": _total(windows, of.ALERTS),
            "settled": _total(windows, of.SETTLED),
        },
        actions=by_task,
        dead_letters={reason: rate for (reason,), rate in added(windows, of.DEAD_LETTERS.exposed, "reason").items()},
        requests=_requests(windows),
        latency=dict(_latency(windows)),
        cache_hits=hits / (hits + misses) if hits + misses else None,
        engine_busy=_total(windows, of.ENGINE_BUSY),
        lag=_lag(here),
    )


def _total(windows: Sequence[Window], family: Family) -> float:
    return added(windows, family.exposed).get((), 0.0)


def _processes(url: str, answer: Answer) -> Iterator[Process]:
    """One, or those that a supervisor answers for; such as did not answer it are named by it alone."""
    if isinstance(answer, Away):
        yield Process(url, "", "away")
        return
    live, ready, in_flight, oldest = (
        {labels.get("worker", ""): value for labels, value in answer.of(family.name)}
        for family in (of.LIVE, of.READY, of.IN_FLIGHT_RECORDS, of.OLDEST)
    )
    up = {labels["worker"]: value for labels, value in answer.of(of.WORKER_UP.name)}
    for worker in sorted({*live, *up}):
        if worker not in live:
            yield Process(url, worker, "away")
            continue
        state = "stuck" if not live[worker] else "ready" if ready.get(worker) else "not ready"
        yield Process(url, worker, state, int(in_flight.get(worker, 0)), oldest.get(worker, 0.0))


def _versions(here: Sequence[Scrape]) -> list[Versions]:
    found: Counter[tuple[str, str, str]] = Counter()
    for scrape in here:
        for labels, _ in scrape.of(of.BUILD_INFO.name):
            found[labels["version"], labels["model"], labels["policy"]] += 1
    return [Versions(*names, processes) for names, processes in found.most_common()]


def _requests(windows: Sequence[Window]) -> dict[str, float]:
    rates = added(windows, of.REQUESTS.exposed, "interface", "status")
    return {f"{interface} {status}": rate for (interface, status), rate in rates.items() if rate}


def _latency(windows: Sequence[Window]) -> Iterator[tuple[str, dict[str, float | None]]]:
    stages = _buckets(windows, of.STAGE_DURATION, "stage")
    tasks = _buckets(windows, of.VERDICT_DURATION, "task")
    for name, buckets in (*((stage, stages.get(stage, {})) for stage in STAGES), *sorted(tasks.items())):
        yield name, {word: quantile(share, buckets) for word, share in SHARES.items()}


def _buckets(windows: Sequence[Window], family: Family, label: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (word, bound), rate in added(windows, f"{family.name}_bucket", label, "le").items():
        found[word][bound] = rate
    return found


def _lag(here: Sequence[Scrape]) -> list[PartitionLag]:
    """The latest first. Of a partition that has just changed hands the one that is behind less counts."""
    found: dict[tuple[str, str], PartitionLag] = {}
    for scrape in here:
        seconds = {_where(labels): value for labels, value in scrape.of(of.LAG_SECONDS.name)}
        for labels, records in scrape.of(of.LAG_RECORDS.name):
            lag = PartitionLag(labels["topic"], labels["partition"], int(records), seconds.get(_where(labels), 0.0))
            known = found.setdefault((lag.topic, lag.partition), lag)
            found[lag.topic, lag.partition] = min(known, lag, key=lambda one: one.records)
    return sorted(found.values(), key=lambda lag: (-lag.seconds, -lag.records, lag.topic, int(lag.partition)))


def _where(labels: Mapping[str, str]) -> tuple[str, str, str]:
    return labels["topic"], labels["partition"], labels.get("worker", "")
