"""The life of `tidegate reviews follow`: it reads on and publishes until told to stop."""

from __future__ import annotations

from streams.health.life import Life, live
from streams.health.vitals import Phase
from streams.quality.following import Assessor
from streams.quality.metrics import QualityMetrics
from streams.settings import Settings


def run_assessor(settings: Settings, length_s: float, every_s: float) -> int:
    """Runs until SIGTERM or SIGINT, and returns the exit code: 0, or 1 after a crash.

    Args:
        length_s: of the window, in seconds.
        every_s: from one message to the next.

    Raises:
        ClientError: it could not start.
    """
    return live(settings, lambda _: _Process(settings, length_s, every_s).run())


class _Process:
    def __init__(self, settings: Settings, length_s: float, every_s: float) -> None:
        self._life = Life(settings)
        self._metrics = QualityMetrics()
        self._assessor = Assessor(settings, length_s, every_s, self._life.report_ready, self._metrics.show)

    async def run(self) -> int:
        return await self._life.run(self._work)

    async def _work(self) -> None:
        self._life.monitor.watch(self._metrics)
        self._life.monitor.reach(Phase.OPENING)
        await self._life.unless_ended(self._assessor.run())
