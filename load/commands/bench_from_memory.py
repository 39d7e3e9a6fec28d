"""`bench --no-kafka`: the bare engine, and the pipeline fed from memory by one process and by several."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from load.bench.compare import spread
from load.bench.contestants import STREAMS
from load.bench.running import Extent
from load.engine_rate import run_engine, turn_times_ms
from load.environment import describe_environment
from load.feeding import Fed, Feed, feed_all
from load.report import Report
from load.scenarios import SCENARIOS
from load.session import Setup
from models.serving.cores import default_threads
from streams.model import load_model
from streams.settings import Settings

SHARES = (0.5, 0.8)
"""Of the rate without a limit: where latency is measured."""
ENOUGH = 2_000
"""Records from which a rate is estimated."""


async def bench_from_memory(setup: Setup, extent: Extent, seed: int, folder: Path, command: str) -> Report:
    setup = replace(setup, threads=setup.threads or default_threads())
    environment = describe_environment(setup) | {"broker": "none: fed from memory"}
    report = Report("Bench from memory", command, environment)
    chosen = {"artifact": str(setup.artifact), "device": setup.device, "threads": setup.threads, **setup.extra}
    engine, turns = await asyncio.to_thread(_engine, chosen, extent.seconds, seed)
    rows: list[list[object]] = [["bare engine, 1 process", "unique", engine, 1.0, "", "", ""]]
    figures: list[dict[str, Any]] = []
    for processes in sorted({1, setup.workers}):
        for stream, scenario in STREAMS.items():
            rates, cpu_us, device = await asyncio.to_thread(_rates, chosen, processes, scenario, extent, seed)
            middle = spread(rates)
            rows.append([_name(processes), stream, str(middle), middle.median / engine, cpu_us, "", ""])
            figures.append({"processes": processes, "stream": stream, "device": device, **middle.as_json()})
            if stream == "unique":
                for share in SHARES:
                    feds = await asyncio.to_thread(
                        _at, chosen, processes, scenario, share * middle.median, extent, seed
                    )
                    latency = _worst(feds)
                    name = f"{_name(processes)}, {share:.0%} of it"
                    rows.append([name, stream, share * middle.median, "", "", latency["p50"], latency["p99"]])
                    figures[-1][f"at {share:.0%}"] = [asdict(fed) for fed in feds]
    report.data |= {"engine_per_s": engine, "turn_ms": {str(n): ms for n, ms in turns.items()}, "pipelines": figures}
    heads = ["", "stream", "posts/s", "x engine", "processor time a post (us)", "p50 (ms)", "p99 (ms)"]
    report.table(heads, rows)
    report.say(
        f"{extent.rounds} round(s), medians with the lowest and the highest. No Kafka: each process pushes records "
        "from its memory into the pipeline of a worker and drops the verdicts. Latency is from when a record was due, "
        "of the slowest process."
    )
    report.write(folder)
    return report


def _name(processes: int) -> str:
    return f"pipeline, {processes} process{'es' if processes > 1 else ''}"


def _engine(chosen: dict[str, Any], seconds: float, seed: int) -> tuple[float, dict[int, float]]:
    settings = Settings.load(**chosen)
    model = load_model(settings)
    source = SCENARIOS[STREAMS["unique"]].payloads(10_000_000, seed)
    first = [next(source) for _ in range(ENOUGH // 4)]
    turns = turn_times_ms(model, first)
    rate = run_engine(model, first, settings.max_in_flight_records).rate
    payloads = [next(source) for _ in range(round(rate * seconds))]
    return run_engine(model, payloads, settings.max_in_flight_records).rate, turns


def _rates(
    chosen: dict[str, Any], processes: int, scenario: str, extent: Extent, seed: int
) -> tuple[list[float], float, str]:
    """Of all processes together, one figure a round; processor time a record; the device that they ran on."""
    first = feed_all(_feeds(chosen, processes, scenario, ENOUGH, seed))
    records = max(ENOUGH, round(min(fed.rate for fed in first) * extent.seconds))
    rounds = [
        feed_all(_feeds(chosen, processes, scenario, records, seed + 100 * number))
        for number in range(1, extent.rounds + 1)
    ]
    cpu_us = spread([fed.cpu_us for feds in rounds for fed in feds]).median
    return [sum(fed.rate for fed in feds) for feds in rounds], cpu_us, first[0].device


def _at(chosen: dict[str, Any], processes: int, scenario: str, rate: float, extent: Extent, seed: int) -> list[Fed]:
    own = rate / processes
    records = max(100, round(own * extent.point_seconds))
    return feed_all(_feeds(chosen, processes, scenario, records, seed + 7, own))


def _feeds(
    chosen: dict[str, Any], processes: int, scenario: str, records: int, seed: int, rate: float | None = None
) -> list[Feed]:
    """Each process has texts of its own."""
    return [Feed(chosen, scenario, records, seed + 10_000 * number, rate) for number in range(processes)]


def _worst(feds: Sequence[Fed]) -> dict[str, float]:
    return {name: max(fed.latency_ms[name] for fed in feds) for name in ("p50", "p99")}
