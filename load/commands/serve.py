"""`serve`: scoring over HTTP beside the bare engine."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from load.capacity import engine_shares
from load.environment import describe_environment
from load.http import measuring
from load.http.asking import Steady
from load.http.measuring import CORAL_RATE, Extent, Measured
from load.options import ReportedBed, command_line, finish
from load.report import Report, Row, new_folder
from load.session import Setup
from streams.cli.options import expanded

ENGINE_SHARE = 0.85
OVER_ENGINE_MS = 5.0
IDLE_MB = 300
CORAL_P99_MS = 300.0
NOT_ASSESSED = 400
"""Perspective's answer to a text in which the model knows too few of the words: one, if not a score."""


@expanded
def serve(
    seconds: Annotated[float, typer.Option(min=1, help="of each open loop and of each turn at full load")] = 15.0,
    rounds: Annotated[int, typer.Option(min=1, help="turns at full load, each between two runs of the engine")] = 3,
    connections: Annotated[int, typer.Option(min=1, max=1_000, help="that ask at once at full load")] = 64,
    idle: Annotated[int, typer.Option(min=1, max=20_000, help="connections that are kept and ask nothing")] = 10_000,
    no_kafka: Annotated[bool, typer.Option("--no-kafka", help="of Coral's two bodies the one without a topic")] = False,
    *,
    bed: ReportedBed,
) -> None:
    """`tidegate serve` beside the bare engine: throughput, latency, what idle connections cost, Coral's requests."""
    setup = bed.setup(1, 1, bed.extra)
    extent = Extent(seconds, rounds, connections, idle, has_kafka=not no_kafka)
    finish(measure(setup, extent, bed.seed, bed.reports, command_line()), bed.as_json)


async def measure(setup: Setup, extent: Extent, seed: int, reports: Path, command: str) -> Report:
    facts = describe_environment(setup) | ({} if extent.has_kafka else {"broker": "none"})
    report = Report("Scoring over HTTP", command, facts)
    account(report, extent, await measuring.measure(setup, extent, seed))
    report.write(new_folder(reports, "serve"))
    return report


def account(report: Report, extent: Extent, found: Measured) -> None:
    """Each figure beside its target."""
    rows = [*_full_load(report, extent, found), *_half_load(report, found), *_idle(report, found)]
    rows += _coral(report, found)
    report.table(["", "measured", "target", ""], rows)
    _say(report, extent, found)


def _full_load(report: Report, extent: Extent, found: Measured) -> list[Row]:
    rates = [each.rate for each in found.full]
    shares = engine_shares([each.rate for each in found.engine], rates)
    share = float(np.median(shares))
    others: dict[int, int] = {}
    for each in found.full:
        others |= {status: others.get(status, 0) + count for status, count in each.others.items()}
    report.data |= {
        "connections": extent.connections,
        "engine_per_s": [round(each.rate, 1) for each in found.engine],
        "answers_per_s": [round(rate, 1) for rate in rates],
        "server_cpu_us": [round(each.server_us, 1) for each in found.full],
        "sender_cpu_us": [round(each.sender_us, 1) for each in found.full],
        "other_answers": others,
        "shares_of_engine": [round(each, 3) for each in shares],
        "share_of_engine": round(share, 3),
        "target_share": ENGINE_SHARE,
        "share_met": share >= ENGINE_SHARE,
    }
    return [
        ("bare engine, posts a second", float(np.median([each.rate for each in found.engine])), "", ""),
        (f"{extent.connections} connections, answers a second", float(np.median(rates)), "", ""),
        ("share of the bare engine", f"{share:.1%}", f"{ENGINE_SHARE:.0%}", _met(share >= ENGINE_SHARE)),
    ]


def _half_load(report: Report, found: Measured) -> list[Row]:
    (latency,) = found.half.latency.values()
    over_ms = latency.at(50) - found.alone_ms
    report.data |= {
        "engine_alone_ms": round(found.alone_ms, 3),
        "half_rate_per_s": round(found.half_rate, 1),
        "half_latency_ms": latency.summary(),
        "half_other_answers": dict(found.half.others),
        "half_sender_late_ms": found.half.late_ms.summary(),
        "over_engine_ms": round(over_ms, 3),
        "target_over_engine_ms": OVER_ENGINE_MS,
        "over_engine_met": over_ms <= OVER_ENGINE_MS,
    }
    return [
        ("bare engine, one post (ms)", found.alone_ms, "", ""),
        (f"p50 at {found.half_rate:,.0f} a second (ms)", latency.at(50), "", ""),
        ("over the engine (ms)", over_ms, OVER_ENGINE_MS, _met(over_ms <= OVER_ENGINE_MS)),
    ]


def _idle(report: Report, found: Measured) -> list[Row]:
    """Fewer connections than were asked for meet no target, and nor do some that the server closed."""
    idle = found.idle
    more_mb = idle.with_mb - idle.before_mb
    met = more_mb < IDLE_MB and idle.left == idle.asked
    report.data |= {
        "idle_asked": idle.asked,
        "idle_opened": idle.opened,
        "idle_left": idle.left,
        "idle_before_mb": round(idle.before_mb, 1),
        "idle_with_mb": round(idle.with_mb, 1),
        "idle_mb": round(more_mb, 1),
        "target_idle_mb": IDLE_MB,
        "idle_met": met,
    }
    return [(f"{idle.left:,} idle connections (MB)", round(more_mb, 1), IDLE_MB, _met(met))]


def _coral(report: Report, found: Measured) -> list[Row]:
    p99_ms = _worst_p99(found.coral)
    met = p99_ms < CORAL_P99_MS and found.coral.others.keys() <= {NOT_ASSESSED}
    report.data |= {
        "coral_per_s": CORAL_RATE,
        "coral_latency_ms": {path: one.summary() for path, one in found.coral.latency.items()},
        "coral_other_answers": dict(found.coral.others),
        "target_coral_p99_ms": CORAL_P99_MS,
        "coral_met": met,
    }
    rows: list[Row] = [(f"Coral, {path}, p99 (ms)", one.at(99), "", "") for path, one in found.coral.latency.items()]
    return [*rows, ("Coral, the slower of them", p99_ms, CORAL_P99_MS, _met(met))]


def _worst_p99(steady: Steady) -> float:
    return max((one.at(99) for one in steady.latency.values()), default=float("inf"))


def _say(report: Report, extent: Extent, found: Measured) -> None:
    turns = zip(found.full, report.data["shares_of_engine"], strict=True)
    report.say(
        f"{extent.connections} connections of `POST /v1/moderations` with one text each, as fast as they were "
        "answered, between two runs of the bare engine each: "
        + ", ".join(f"{one.rate:,.1f} a second ({share:.1%})" for one, share in turns)
        + ". An answer took "
        + ", ".join(f"{one.server_us:,.0f} + {one.sender_us:,.0f}" for one in found.full)
        + " us of processor time, of the server and of who asked, on the same cores. Latency is from the moment at "
        "which a request was due to the end of its answer."
    )
    if extent.idle > found.idle.opened:
        report.say(
            f"The system lets a process have {found.idle.opened:,} connections and not the {extent.idle:,} that were "
            "asked for: raise the hard limit of open files (`ulimit -Hn`)."
        )
    if not extent.has_kafka:
        report.say("Without Kafka Coral tells nothing of decisions: its analyses alone were asked.")
    failed = report.data["other_answers"], dict(found.half.others), dict(found.coral.others)
    if any(failed):
        report.say(
            "Answers other than 200, by status (0: none came), which no rate and no latency counts: at full load "
            f"{failed[0]}, at half {failed[1]}, of Coral {failed[2]}."
        )


def _met(met: bool) -> str:
    return "met" if met else "missed"
