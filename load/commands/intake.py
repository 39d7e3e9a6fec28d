"""`intake`: everything but the model."""

from pathlib import Path

from load.capacity import summarise_drain
from load.environment import describe_environment
from load.report import Report, new_folder
from load.session import Setup, sessions
from load.stepping import drain

INTAKE_PER_S = 6_000


async def intake(setup: Setup, records: int, seed: int, reports: Path, command: str) -> Report:
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
