"""A model that judges a share of the authors, on one worker: what became of its records beside those of the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from schemas import Control
from schemas.channels import ALERTS
from schemas.control import Guards
from schemas.event import Breach
from streams.control.candidate import Candidate
from streams.control.guards import Seen, Window, sentence
from streams.control.share import is_in_share
from streams.pipeline.activation import Activation
from streams.pipeline.work import Work

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0


class Canary:
    """Looks at the guards, and ends the canary on this worker at once where one is broken. Lives on the event loop.

    Args:
        trial: the change that began this degree.
        activation: what the candidate's records are judged under.
        end: called once, in the moment in which a guard is broken.
    """

    def __init__(
        self,
        candidate: Candidate,
        trial: Control,
        activation: Activation,
        end: Callable[[Breach], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.candidate = candidate
        self.trial = trial
        self.breach: Breach | None = None
        self._activation = activation
        self._end = end
        self._clock = clock
        self._looked_at = self._began_at = clock()
        self._window = Window(trial.guards or Guards(), self._looked_at)

    def offer(self, work: Work) -> None:
        """Counts a record whose answer is safe. What has no key is on one side alone, and counts for none."""
        key = work.raw.key
        if self.breach is not None or key is None or not work.outputs:
            return
        if work.moments.admitted_at < self._began_at:
            return  # what came in under the degree before says nothing about this one
        now = self._clock()
        self._window.add(work.task.declaration.name, key, work.activation is self._activation, _seen(work), now)
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self.breach = self._window.breach()
            if self.breach is not None:
                logger.error("revision %d of %s: %s", self.trial.revision, self.trial.key, sentence(self.breach))
                self._end(self.breach)

    @property
    def share(self) -> float:
        """Of the authors, at this moment."""
        return 0.0 if self.breach is not None else self.trial.share or 0.0


def takes(trial: Control) -> Callable[[bytes | None], bool]:
    """Whose records the candidate judges, by their keys."""
    return partial(is_in_share, share=trial.share or 0.0)


def _seen(work: Work) -> Seen:
    if work.failure is not None:
        return Seen(is_acted_on=False, is_dead=True, took_ms=None)
    took_s = work.moments.decided_at - work.moments.intake_at
    return Seen(_is_acted_on(work), is_dead=False, took_ms=1000 * took_s if work.is_live else None)


def _is_acted_on(work: Work) -> bool:
    """A post that is not allowed, a patient of whom staff is told."""
    kinds = {each.kind for each in work.outputs}
    return "flags" in kinds or ("triage" in kinds and ALERTS.kind in kinds)
