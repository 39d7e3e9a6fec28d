"""`intake`: everything but the model."""

from pathlib import Path

from load.capacity import drain_rate
from load.environment import describe_environment
from load.report import Report, new_folder
from load.session import Setup, sessions
from load.stepping import drain

INTAKE_PER_S = 6_000


async def intake(setup: Setup, records: int, seed: int, reports: Path, command: str) -> Report:
    report = Report("Intake: one worker with an engine that answers at once", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        rate = drain_rate(await drain(session, "short", records, seed, engine="null"))
    report.data |= {
        "records": records,
        "intake_per_s": round(rate, 1),
        "target_per_s": INTAKE_PER_S,
        "target_met": rate >= INTAKE_PER_S,
    }
    report.say(
        f"{rate:,.0f} records a second, from a preloaded topic to acknowledged verdicts. "
        f"Target: {INTAKE_PER_S:,}, {'met' if rate >= INTAKE_PER_S else 'missed'}."
    )
    report.write(new_folder(reports, "intake"))
    return report
