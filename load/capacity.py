"""The highest rate with no growing lag: a first estimate by draining a backlog, then open-loop steps."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

GROWTH = 0.01
"""A lag that grows by more than this share of the rate is growing; less is noise of the sampling."""
QUEUE_S = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """How far the service was at one moment of a run."""

    elapsed_s: float
    due: int
    answered: int
    cpu_s: float = 0.0
    """Processor time that the workers have used, all threads together."""
    broker_s: float = 0.0
    sender_s: float = 0.0
    """The same of the broker, and of what sends and counts."""

    @property
    def lag(self) -> int:
        return self.due - self.answered


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rate was sustained, and why it is thought so."""

    rate: float
    sustained: bool
    lag_growth: float
    """Records a second, fitted over the later two thirds of the run."""
    last_lag: int


def judge(rate: float, samples: Sequence[Sample]) -> Verdict:
    """Sustained: the lag does not grow, and what is left at the end is less than two seconds of work.

    Growth is fitted after the first third, in which the queue of a busy service fills to its steady height. A lag of
    less than a quarter of a second of work is a queue, however it moves.

    Raises:
        ValueError: too few samples for a fit.
    """
    later = [sample for sample in samples if sample.elapsed_s >= samples[-1].elapsed_s / 3]
    if len(later) < 5:
        raise ValueError(f"{len(later)} samples are too few to tell whether a lag grows")
    growth = float(np.polyfit([s.elapsed_s for s in later], [s.lag for s in later], 1)[0])
    sustained = later[-1].lag <= (2.0 if growth <= GROWTH * rate else QUEUE_S) * rate
    return Verdict(rate, sustained, growth, later[-1].lag)


async def search(estimate: float, attempt: Callable[[float], Awaitable[Verdict]], steps: int = 5) -> list[Verdict]:
    """Halves the range from 0.5 to 1.15 of the estimate so many times: five find the capacity to 2 % of it.

    A drain is a good estimate from above: a full backlog gives larger batches than an open loop. Returns all that
    was tried; `highest_sustained` reads the answer from it.
    """
    low, high = 0.5 * estimate, 1.15 * estimate
    tried: list[Verdict] = []
    for _ in range(steps):
        verdict = await attempt((low + high) / 2)
        tried.append(verdict)
        low, high = (verdict.rate, high) if verdict.sustained else (low, verdict.rate)
    return tried


def highest_sustained(tried: Sequence[Verdict]) -> float:
    """The highest sustained rate below every one that was not; 0 if none held."""
    ceiling = min((each.rate for each in tried if not each.sustained), default=float("inf"))
    return max((each.rate for each in tried if each.sustained and each.rate < ceiling), default=0.0)


def engine_shares(engine: Sequence[float], drained: Sequence[float]) -> list[float]:
    """Each drain's rate as a share of the bare engine's, taken as the mean of before and after it.

    Raises:
        ValueError: a drain was not measured between two runs of the engine.
    """
    if len(engine) != len(drained) + 1:
        raise ValueError(f"{len(drained)} drains do not lie between two each of {len(engine)} engine runs")
    around = [(before + after) / 2 for before, after in pairwise(engine)]
    return [rate / bare for rate, bare in zip(drained, around, strict=True)]


@dataclass(frozen=True, slots=True)
class Drained:
    """How a backlog was worked off, its first and last tenth left out.

    `cpu_us`: processor time a record, which other work on the machine changes far less than the rate; `broker_us` and
    `sender_us`: what the broker and the sender needed for it.
    """

    rate: float
    cpu_us: float
    broker_us: float = 0.0
    sender_us: float = 0.0

    def share_of_others(self, cores: int) -> float:
        """Of all cores: what broker and sender took of them."""
        return self.rate * (self.broker_us + self.sender_us) / 1e6 / cores


def summarise_drain(samples: Sequence[Sample]) -> Drained:
    """Raises ValueError if there are too few samples in the middle, or all of it was answered at once."""
    total = samples[-1].answered
    middle = [sample for sample in samples if 0.1 * total <= sample.answered < 0.9 * total]
    if len(middle) < 3:
        raise ValueError(f"{len(middle)} samples are too few for a rate")
    answered = [sample.answered for sample in middle]
    rate = float(np.polyfit([sample.elapsed_s for sample in middle], answered, 1)[0])
    first, last, count = middle[0], middle[-1], answered[-1] - answered[0]
    if count == 0:
        raise ValueError("too few steps for a rate: the middle was answered at once")
    used = (last.cpu_s - first.cpu_s, last.broker_s - first.broker_s, last.sender_s - first.sender_s)
    return Drained(rate, *(1e6 * seconds / count for seconds in used))
