"""A scenario: what is broken, how often, and what must hold of the run afterwards."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from load.faults.checker import Findings
from load.texts import Writer

if TYPE_CHECKING:
    from load.faults.world import World

Facts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a scenario is played.

    `records`: sent at the least. `rate`: of them a second. `times`: how often the fault happens. `seconds`: how long
    it lasts, or lies apart, whichever the scenario is about.
    """

    records: int
    rate: float
    times: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Account:
    """What came of a run: what the checker found, and what was measured on the way."""

    findings: Findings
    facts: Facts


@dataclass(frozen=True, slots=True)
class Claim:
    """A part of the pass line."""

    says: str
    holds: Callable[[Account], bool]


def below(fact: str, bound: float, says: str) -> Claim:
    """A measured value under a bound. One that was never measured does not hold."""
    return Claim(says, lambda account: account.facts.get(fact, bound) < bound)


def equal(fact: str, value: float, says: str) -> Claim:
    return Claim(says, lambda account: account.facts.get(fact) == value)


SOUND = Claim("lost 0, order kept, dead letters exact", lambda account: not account.findings.wrong)
CAUGHT_UP = equal("left", 0, "catches up")
SURVIVES = equal("ended_unasked", 0, "no worker ends")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table.

    Args:
        does: a sentence for people.
        play: breaks things in a world whose workers run; the load is its own to ask for.
        claims: the pass line, besides that the history is sound and the backlog is gone at the end.
        settings: of the workers, without the prefix.
        bad_share: of the records; only dead letters are due for them.
        writer: of the records.
        proxied: workers come to the brokers by way of `World.network`.
    """

    name: str
    does: str
    play: Callable[[World], Coroutine[Any, Any, None]]
    short: Size
    full: Size
    claims: tuple[Claim, ...] = ()
    brokers: int = 1
    partitions: int = 12
    workers: int = 3
    settings: Mapping[str, object] = field(default_factory=dict)
    bad_share: float = 0.0
    symptoms_share: float = 0.2
    writer: type[Writer] = Writer
    proxied: bool = False

    @property
    def pass_line(self) -> tuple[Claim, ...]:
        return (SOUND, CAUGHT_UP, *self.claims)

    @property
    def passes(self) -> str:
        return "; ".join(claim.says for claim in self.pass_line)
