"""`memory`: how much the workers hold, and whether it grows."""

from pathlib import Path

import numpy as np

from load.environment import describe_environment
from load.memory import MemoryCourse, watch_memory
from load.options import Partitions, ReportedBed, Seconds, Workers, command_line, finish
from load.plots import plot_memory
from load.report import Report, new_folder
from load.session import Setup, sessions
from streams.cli.options import expanded

MEMORY_MB = 400
SLOPE_MB_PER_MINUTE = 0.5


@expanded
def memory(
    seconds: Seconds = 600.0,
    workers: Workers = 1,
    partitions: Partitions = 4,
    *,
    bed: ReportedBed,
) -> None:
    """Resident memory of each worker, sampled every second at full load: most, slope, plot."""
    setup = bed.setup(workers, partitions, bed.extra)
    finish(measure(setup, seconds, bed.seed, bed.reports, command_line()), bed.as_json)


async def measure(setup: Setup, seconds: float, seed: int, reports: Path, command: str) -> Report:
    report = Report("Memory of workers at full load", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        courses, rate = await watch_memory(session, seconds, seed)
    folder = new_folder(reports, "memory")
    report.data |= {
        "seconds": seconds,
        "answers_per_s": round(rate, 1),
        "workers": [_account(course) for course in courses],
        "target_mb": MEMORY_MB,
        "target_slope_mb_per_minute": SLOPE_MB_PER_MINUTE,
        "target_met": all(_is_flat(course) for course in courses),
    }
    report.table(
        ["worker", "most (MB)", "slope over the last two thirds (MB/min)", "growth after settling (MB)"],
        [(i + 1, c.most_mb, c.slope_mb_per_minute, c.growth_mb) for i, c in enumerate(courses)],
    )
    met = "met" if report.data["target_met"] else "missed"
    report.say(
        f"{rate:,.1f} answers a second over {seconds:g} s. Target: under {MEMORY_MB} MB, and a slope under "
        f"{SLOPE_MB_PER_MINUTE:g} MB a minute over the last two thirds of the run: {met}."
    )
    named = {f"worker {i + 1}": np.array(course.megabytes) for i, course in enumerate(courses)}
    plot_memory(folder / "memory.png", report.title, np.array(courses[0].seconds), named)
    report.image("memory.png")
    report.write(folder)
    return report


def _is_flat(course: MemoryCourse) -> bool:
    return course.most_mb < MEMORY_MB and course.slope_mb_per_minute < SLOPE_MB_PER_MINUTE


def _account(course: MemoryCourse) -> dict[str, object]:
    return {
        "most_mb": round(course.most_mb, 1),
        "slope_mb_per_minute": round(course.slope_mb_per_minute, 3),
        "growth_mb": round(course.growth_mb, 1),
        "samples_mb": [round(value, 1) for value in course.megabytes],
    }
