"""`intake`: everything but the model."""

from pathlib import Path
from typing import Annotated

import typer

from load.capacity import summarise_drain
from load.environment import describe_environment
from load.options import ArtifactPath, Bed, Brokers, Extra, Json, Partitions, Reports, Seed, command_line, finish
from load.report import Report, new_folder
from load.session import Setup, sessions
from load.stepping import drain
from models.folders import RELEASE

INTAKE_PER_S = 6_000


def intake(
    records: Annotated[int, typer.Option(min=5_000)] = 100_000,
    partitions: Partitions = 4,
    brokers: Brokers = None,
    artifact: ArtifactPath = RELEASE,
    seed: Seed = 1,
    reports: Reports = Path("reports"),
    as_json: Json = False,
    extra: Extra = None,
) -> None:
    """Records a second through one whole worker whose engine answers at once, from a preloaded topic."""
    setup = Bed(brokers, artifact).setup(1, partitions, extra)
    finish(measure(setup, records, seed, reports, command_line()), as_json)


async def measure(setup: Setup, records: int, seed: int, reports: Path, command: str) -> Report:
    report = Report("Intake: one worker with an engine that answers at once", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        drained = summarise_drain(await drain(session, "short", records, seed, engine="null"))
    rate = drained.rate
    report.data |= {
        "records": records,
        "intake_per_s": round(rate, 1),
        "cpu_us_per_record": round(drained.cpu_us, 1),
        "target_per_s": INTAKE_PER_S,
        "target_met": rate >= INTAKE_PER_S,
    }
    report.say(
        f"{rate:,.0f} records a second, from a preloaded topic to acknowledged verdicts. "
        f"Target: {INTAKE_PER_S:,}, {'met' if rate >= INTAKE_PER_S else 'missed'}. "
        f"The worker used {drained.cpu_us:,.0f} us of processor time a record."
    )
    report.write(new_folder(reports, "intake"))
    return report
