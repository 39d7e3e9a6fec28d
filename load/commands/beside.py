"""`beside`: what pictures cost the texts beside them, when there are more pictures than can be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from load.environment import describe_environment
from load.measure import LatencyHistogram, Measurement
from load.openloop import send_open_loop
from load.report import Report, new_folder
from load.scenarios import SCENARIOS
from load.session import Setup, sessions

ALONE, BESIDE = "pictures-left-out", "pictures-apart"
GOAL = 1.2
"""Times the p99 of texts alone."""
SATURATED_MS = 1_000.0
"""Where half of the pictures take longer than that, they wait for one another: a look takes less."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The same posts without pictures and with them, one behind the other."""

    alone: Measurement
    beside: Measurement


async def beside(
    setup: Setup, rate: float, seconds: float, warm_up_s: float, rounds: int, seed: int, reports: Path, command: str
) -> Report:
    setup = replace(setup, extra={**SCENARIOS[BESIDE].settings, **setup.extra})
    report = Report(f"Texts beside pictures, {rate:g} posts a second", command, describe_environment(setup))
    turns = []
    async with sessions(setup) as opened, opened.open() as session:
        session.start_workers()
        for number in range(rounds):
            alone, with_pictures = [
                await send_open_loop(session, name, rate, seconds, warm_up_s=warm_up_s, seed=seed + 2 * number + place)
                for place, name in enumerate((ALONE, BESIDE))  # other texts each time: the workers remember
            ]
            turns.append(Turn(alone.measurement, with_pictures.measurement))
    account(report, turns)
    report.write(new_folder(reports, "beside"))
    return report


def account(report: Report, turns: Sequence[Turn]) -> None:
    """Enters what the turns say together, and each by itself."""
    alone = LatencyHistogram.of_all(turn.alone.latency for turn in turns)
    beside_them = LatencyHistogram.of_all(turn.beside.beside_pictures for turn in turns)
    pictures = LatencyHistogram.of_all(turn.beside.with_pictures for turn in turns)
    ratio = beside_them.at(99.0) / alone.at(99.0)
    each = [turn.beside.beside_pictures.at(99.0) / turn.alone.latency.at(99.0) for turn in turns]
    report.data |= {
        "alone_ms": alone.summary(),
        "beside_ms": beside_them.summary(),
        "pictures_ms": pictures.summary(),
        "texts": [len(alone), len(beside_them)],
        "pictures": len(pictures),
        "lost": sum(turn.alone.lost + turn.beside.lost for turn in turns),
        "p99_ratio": round(ratio, 3),
        "p99_ratios": [round(one, 3) for one in each],
        "goal": GOAL,
        "saturated": pictures.at(50.0) > SATURATED_MS,
    }
    rows = (("texts alone", alone), ("texts beside pictures", beside_them), ("pictures", pictures))
    report.table(["ms", *alone.summary()], [(name, *latency.summary().values()) for name, latency in rows])
    kept = "kept" if report.data["saturated"] else "did not keep"
    report.say(
        f"p99 of texts beside pictures: {ratio:.2f} times that of texts alone (by turns "
        f"{', '.join(f'{one:.2f}' for one in each)}); goal: at most {GOAL:g}. The pictures {kept} one another waiting."
    )
