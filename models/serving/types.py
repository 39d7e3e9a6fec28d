"""What passes between the parts of the serving path. Times are `time.monotonic()` seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

from models.errors import TidegateError

Probabilities = NDArray[np.float64]
"""Rounded to four decimals. float64, because 0.7 in float32 is below a threshold of 0.7."""

Offsets = NDArray[np.int32]

HALF_SUFFIX = "+fp16"
"""Of the model version where a GPU serves the half-precision graph, whose scores differ a little."""
EARLY_SUFFIX = "+early"
"""Of the model version of what the early exit answers: equal content gets other scores from it."""


class ServingError(TidegateError):
    """Base of everything that models.serving raises on purpose."""


class DeviceError(ServingError):
    """The device that was asked for is not there or does not run."""

    exit_code = 2


class InferenceError(ServingError):
    """The engine failed on this record, alone in its batch."""


class EngineLostError(ServingError):
    """The engine is gone, so nothing that waits for it will be answered."""


class Lane(IntEnum):
    """Who goes first: live traffic, or a bulk scan that may wait."""

    LIVE = 0
    BACKFILL = 1


class Depth(Enum):
    """How much of the model answers."""

    FULL = "full"
    EARLY = "early"


class Encoding:
    """Unpadded token ids of one text, and where each token lies in it.

    Only a record that reports spans needs `offsets` (few do, and they cost half as much again as the ids), so
    a function may be given for them: it is called once, when somebody asks.
    """

    __slots__ = ("_offsets", "ids", "is_cut", "unknown")

    def __init__(
        self,
        ids: NDArray[np.int32],
        offsets: Offsets | Callable[[], Offsets],
        is_cut: bool = False,
        unknown: int = 0,
    ) -> None:
        """`is_cut`: the text goes on behind the last token. `unknown`: tokens for what the vocabulary lacks."""
        self.ids = ids
        self._offsets = offsets
        self.is_cut = is_cut
        self.unknown = unknown

    @property
    def tokens(self) -> int:
        return len(self.ids)

    @property
    def unknown_share(self) -> float:
        """Of the tokens."""
        return self.unknown / max(1, len(self.ids))

    @property
    def cost(self) -> int:
        """What it costs to run, before padding, in the unit of the engine's grid."""
        return len(self.ids)

    @property
    def offsets(self) -> Offsets:
        """Shape [tokens, 2]: character range in the text that was encoded; (0, 0) for special tokens."""
        if callable(self._offsets):
            self._offsets = self._offsets()
        return self._offsets


@dataclass(slots=True, eq=False)
class Scores:
    """Probabilities of one record, by head. What was not wanted, or was dropped to degrade, is not there."""

    engine_version: str
    degraded: bool = False
    heads: dict[str, Probabilities] = field(default_factory=dict)
    """Each [labels], in the order of the artifact's labels; `spans` [tokens], special tokens included."""
    is_early: bool = False
    """The early exit answered: in a cascade, or under overload."""

    @property
    def model_version(self) -> str:
        """What verdicts name: the early exit has a version of its own."""
        return f"{self.engine_version}{EARLY_SUFFIX}" if self.is_early else self.engine_version


@dataclass(slots=True, eq=False)
class Item:
    """One record that waits for its scores."""

    encoding: Encoding
    payload: object
    """Whatever the caller needs to go on; never looked at here."""
    heads: frozenset[str]
    intake_at: float
    """The oldest goes first."""
    queued_at: float
    may_degrade: bool = False
    """Whether the early exit alone may answer."""
    is_skimmed: bool = False
    """Whether it does in any case where it finds nothing, if the engine can tell."""
    lane: Lane = Lane.LIVE
    bucket: int = field(default=0, repr=False)
    """What it costs padded, set by the batcher."""

    @property
    def cost(self) -> int:
        """See `Encoding.cost`."""
        return self.encoding.cost


@dataclass(slots=True, eq=False)
class Batch:
    """Items that run together, padded to `length` tokens."""

    items: list[Item]
    length: int
    formed_at: float = 0.0
    input_ids: NDArray[np.int64] | None = field(default=None, repr=False)
    """[rows, length], with `attention_mask`: what the engine prepared ahead."""
    attention_mask: NDArray[np.int64] | None = field(default=None, repr=False)
    hidden: NDArray[np.float32] | None = field(default=None, repr=False)
    """[rows, length, width], the states at the early exit, where the batch was there."""

    @property
    def padded_tokens(self) -> int:
        return len(self.items) * self.length

    def halves(self) -> list[Batch]:
        """Two batches, to run apart from each other."""
        middle = len(self.items) // 2
        return [Batch(half, self.length, self.formed_at) for half in (self.items[middle:], self.items[:middle])]


@dataclass(slots=True, frozen=True, eq=False)
class Outcome:
    """The end of one item: exactly one of `scores` and `error` is set."""

    item: Item
    scores: Scores | None
    error: Exception | None
    batched_at: float
    """When its batch was formed."""
    scored_at: float
    """When the engine finished with it."""
