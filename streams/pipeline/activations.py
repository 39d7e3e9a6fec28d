"""Which activations are in use: the one that judges, one beside it, and those under which records are still inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from models.serving.stats import Stats
from streams.pipeline.activation import Activation
from streams.pipeline.engine_sums import EngineSums
from streams.pipeline.work import Work


class Activations:
    """One ends when no record may come under it and none is inside, and takes with it what no other works with.

    Args:
        spawn: runs what ends an activation, beside everything else.
    """

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._spawn = spawn
        self._active: Activation | None = None
        self._beside: Activation | None = None
        self._inside: Counter[Activation] = Counter()
        self._engines = EngineSums()

    @property
    def active(self) -> Activation:
        """What a record that comes now is judged with."""
        assert self._active is not None
        return self._active

    def switch(self, activation: Activation) -> None:
        """From the next record on this one judges; the first one begins so, too."""
        former, self._active = self._active, activation
        self._begin_in_place_of(former, activation)

    def place_beside(self, activation: Activation | None) -> None:
        """Keeps a second one ready, in place of the one before. None: none."""
        former, self._beside = self._beside, activation
        self._begin_in_place_of(former, activation)

    def _begin_in_place_of(self, former: Activation | None, activation: Activation | None) -> None:
        if activation is not None:
            self._engines.begin(activation)
        if former is not None:
            self._retire_if_over(former)

    def enter(self, works: Sequence[Work]) -> None:
        """Records come in, each under its own."""
        self._inside.update(work.activation for work in works)

    def leave(self, works: Sequence[Work]) -> None:
        """These are done with."""
        for work in works:
            self._inside[work.activation] -= 1
            self._retire_if_over(work.activation)

    def _retire_if_over(self, activation: Activation) -> None:
        """Then ends what nobody else works with: under another policy the engine goes on."""
        if self._inside[activation] or activation in (self._active, self._beside):
            return
        del self._inside[activation]
        others = (*self._ready(), *self._inside)
        spare = [modality for each in others for modality in each.modalities.values()]
        self._engines.end(activation, spare)
        self._spawn(activation.stop(spare))

    def _ready(self) -> list[Activation]:
        """Under which records may come."""
        return [each for each in (self._active, self._beside) if each is not None]

    def engine_stats(self) -> Stats:
        """Of all engines that have read text since the start; from any thread. Under another model it goes on."""
        return self._engines.total()

    async def stop(self) -> None:
        """Ends all of them, whatever is inside."""
        for activation in {*self._inside, *self._ready()}:
            await activation.stop()
