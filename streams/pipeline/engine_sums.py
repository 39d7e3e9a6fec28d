"""What the engines of a pipeline have done, one after the other and beside each other."""

from __future__ import annotations

from collections.abc import Collection

from models.serving.reading import TEXT
from models.serving.stats import Stats
from streams.pipeline.activation import Activation, Modality


class EngineSums:
    """Sums over those that read text: none goes back when an engine ends. Written on one loop, read from any thread."""

    def __init__(self) -> None:
        self._now: tuple[frozenset[Modality], Stats] = frozenset(), Stats()
        """Those that run, and the sums of those that have ended; replaced as a whole, so that a reader finds each
        engine once."""

    def begin(self, activation: Activation) -> None:
        """One that runs already stays one."""
        running, ended = self._now
        self._now = running | {activation.modalities[TEXT]}, ended

    def end(self, activation: Activation, spare: Collection[Modality]) -> None:
        """Call it when the engine has nothing to do any more. `spare`: those that run on."""
        running, ended = self._now
        modality = activation.modalities[TEXT]
        if modality in running and modality not in spare:
            self._now = running - {modality}, ended + modality.scheduler.stats()

    def total(self) -> Stats:
        running, total = self._now
        for modality in running:
            total += modality.scheduler.stats()
        return total
