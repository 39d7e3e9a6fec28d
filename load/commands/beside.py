"""`beside`: what pictures cost the texts beside them, when there are more pictures than can be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from load.environment import describe_environment
from load.measure import LatencyHistogram
from load.openloop import Run, send_open_loop
from load.options import Partitions, ReportedBed, Seconds, command_line, finish
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Sessions, Setup, sessions
from streams.cli.options import expanded

ALONE, BESIDE = "pictures-left-out", "pictures-apart"
GOAL = 1.2
"""Times the p99 of texts alone."""
SATURATED_MS = 1_000.0
"""Where half of the pictures take longer than that, they wait for one another: a look takes less."""
SETTLE_S = 5.0
"""No text takes longer; the pictures that still wait then are left."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The same posts without pictures and with them, one behind the other."""

    alone: Run
    beside: Run

    @property
    def texts_unanswered(self) -> int:
        texts = self.beside.sent.records - self.beside.sent.with_pictures
        measured = self.beside.measurement
        return self.alone.measurement.lost + texts - (measured.answered - measured.pictures_answered)

    @property
    def pictures_unanswered(self) -> int:
        return self.beside.sent.with_pictures - self.beside.measurement.pictures_answered


@expanded
def beside(
    rate: Annotated[float, typer.Option(min=1, help="posts a second, one in five with a picture or without it")] = 50.0,
    seconds: Seconds = 15.0,
    warm_up: Annotated[float, typer.Option(min=0, help="seconds before, not measured")] = 3.0,
    rounds: Annotated[int, typer.Option(min=1, help="turns without pictures and with them")] = 2,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """Latency of texts alone, and of texts beside more pictures than can be looked at, in turns."""
    setup = bed.setup(1, partitions, bed.extra)
    finish(measure(setup, rate, seconds, warm_up, rounds, bed.seed, bed.reports, command_line()), bed.as_json)


async def measure(
    setup: Setup, rate: float, seconds: float, warm_up_s: float, rounds: int, seed: int, reports: Path, command: str
) -> Report:
    setup = replace(setup, extra={**SCENARIOS[BESIDE].settings, **setup.extra})
    report = Report(f"Texts beside pictures, {rate:g} posts a second", command, describe_environment(setup))
    turns = []
    async with sessions(setup) as opened:
        for number in range(rounds):  # other texts each time
            alone = await _turn(opened, ALONE, rate, seconds, warm_up_s, seed + 2 * number)
            turns.append(Turn(alone, await _turn(opened, BESIDE, rate, seconds, warm_up_s, seed + 2 * number + 1)))
    account(report, turns)
    report.write(new_folder(reports, "beside"))
    return report


async def _turn(opened: Sessions, scenario: str, rate: float, seconds: float, warm_up_s: float, seed: int) -> Run:
    async with opened.open() as session:
        session.start_workers()
        return await send_open_loop(session, scenario, rate, seconds, warm_up_s=warm_up_s, seed=seed, settle_s=SETTLE_S)


def account(report: Report, turns: Sequence[Turn]) -> None:
    """Enters what the turns say together, and each by itself."""
    alone = LatencyHistogram.of_all(turn.alone.measurement.latency for turn in turns)
    beside_them = LatencyHistogram.of_all(turn.beside.measurement.beside_pictures for turn in turns)
    pictures = LatencyHistogram.of_all(turn.beside.measurement.with_pictures for turn in turns)
    ratio = beside_them.at(99.0) / alone.at(99.0)
    each = [
        turn.beside.measurement.beside_pictures.at(99.0) / turn.alone.measurement.latency.at(99.0) for turn in turns
    ]
    report.data |= {
        "alone_ms": alone.summary(),
        "beside_ms": beside_them.summary(),
        "pictures_ms": pictures.summary(),
        "texts": [len(alone), len(beside_them)],
        "pictures": len(pictures),
        "texts_unanswered": sum(turn.texts_unanswered for turn in turns),
        "pictures_unanswered": sum(turn.pictures_unanswered for turn in turns),
        "p99_ratio": round(ratio, 3),
        "p99_ratios": [round(one, 3) for one in each],
        "goal": GOAL,
        "saturated": len(pictures) == 0 or pictures.at(50.0) > SATURATED_MS,
    }
    told = report.data
    rows = (("texts alone", alone), ("texts beside pictures", beside_them), ("pictures", pictures))
    report.table(["ms", *alone.summary()], [(name, *latency.summary().values()) for name, latency in rows])
    kept = "kept" if told["saturated"] else "did not keep"
    report.say(
        f"p99 of texts beside pictures: {ratio:.2f} times that of texts alone (by turns "
        f"{', '.join(f'{one:.2f}' for one in each)}); goal: at most {GOAL:g}. The pictures {kept} one another waiting. "
        f"Without an answer {SETTLE_S:g} s after the last post: {told['texts_unanswered']} texts and "
        f"{told['pictures_unanswered']} posts with pictures."
    )
