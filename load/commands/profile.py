"""`profile`: where a record's processor time goes, stage by stage, at full load."""

import asyncio
import time
from collections import Counter
from pathlib import Path

from load.environment import describe_environment
from load.memory import keep_backlog
from load.profiling import samples, start_sampling
from load.report import Report
from load.session import Session, Setup, sessions
from load.watching import Progress


async def profile(
    setup: Setup, scenario: str, seconds: float, warm_up_s: float, seed: int, folder: Path, command: str
) -> Report:
    report = Report("Where a record's time goes", command, describe_environment(setup))
    async with sessions(setup) as opened, opened.open() as session:
        session.start_workers()
        feeding = asyncio.create_task(keep_backlog(session, seed, scenario))
        try:
            await asyncio.sleep(warm_up_s)
            cpu_us, rate, stages, threads = await _sample(session, seconds)
            if feeding.done():
                feeding.result()
        finally:
            feeding.cancel()
            await asyncio.wait({feeding}, timeout=10)
        session.stop_workers()
    total = sum(stages.values())
    report.data |= {
        "scenario": scenario,
        "answers_per_s": round(rate, 1),
        "cpu_us": round(cpu_us, 1),
        "stages_us": {name: round(cpu_us * count / total, 1) for name, count in stages.most_common()},
        "threads_us": {name: round(cpu_us * count / total, 1) for name, count in threads.most_common()},
        "samples": total,
    }
    for what, counts in (("stage", stages), ("thread", threads)):
        rows = [(name, cpu_us * count / total, f"{count / total:.1%}") for name, count in counts.most_common()]
        report.table([what, "us a record", "share"], [*rows, ("all", cpu_us, "100%")])
    report.say(
        f"One worker at full load, {scenario} posts, {rate:,.0f} a second, {seconds:g} s, {total:,} samples of threads "
        "that ran. The processor time is the kernel's account; its parts are the shares of the samples. Sampling stops "
        "the process for a moment each time, so the rate is a little lower than without."
    )
    report.write(folder)
    return report


async def _sample(session: Session, seconds: float) -> tuple[float, float, Counter[str], Counter[str]]:
    """Processor time a record (us), answers a second, samples by stage and by thread."""
    (worker,) = session.running[:1]
    output = session.folder / "stacks.txt"
    async with Progress(session.bootstrap, session.prefix) as progress:
        began, cpu_began, before = time.monotonic(), session.cpu_s(), await progress.count()
        sampling = start_sampling(worker.process.pid, seconds, output)
        try:
            await asyncio.sleep(seconds)
            session.check()
            answered = await progress.count() - before
            cpu_s, took_s = session.cpu_s() - cpu_began, time.monotonic() - began
            stages, threads = await asyncio.to_thread(samples, sampling, output, seconds + 60)
        finally:
            if sampling.poll() is None:
                sampling.kill()
    return 1e6 * cpu_s / max(1, answered), answered / took_s, stages, threads
