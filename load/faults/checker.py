"""The one checker: whether a run kept the promises, read from its whole history.

Every input has exactly one settled outcome after repeats are taken away. What is wrong is kept by its kind, so that a
report can say what happened, where.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from load.faults.history import Input, Outcome, RunHistory
from streams.history import Place

_CLOCK_MS = -1.0  # time stamps are whole milliseconds


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a history, by kind; all of them empty in a sound one."""

    vanished: Sequence[Place] = ()
    """Acknowledged by the broker, and no longer there."""
    lost: Sequence[Place] = ()
    """No outcome."""
    invented: Sequence[Place] = ()
    """An outcome of a record that nobody sent."""
    contradictory: Sequence[Place] = ()
    """Answered again, and otherwise."""
    misjudged: Sequence[Place] = ()
    """A dead letter where a verdict is due, or a verdict where a dead letter is."""
    altered: Sequence[Place] = ()
    """A dead letter whose key, value or headers are not the original's."""
    swapped: Sequence[Place] = ()
    """Written before one of its key that came earlier."""
    scattered: Sequence[Place] = ()
    """On another partition than the others of its key, so that they have no order."""
    backwards: Sequence[Place] = ()
    """A timing of it is negative."""

    @property
    def wrong(self) -> dict[str, int]:
        """How many of each kind, kinds without any left out."""
        counts = {each.name: len(getattr(self, each.name)) for each in fields(self)}
        return {name: count for name, count in counts.items() if count}

    def __str__(self) -> str:
        return ", ".join(f"{count} {name} (e.g. {getattr(self, name)[0]})" for name, count in self.wrong.items())


def check(history: RunHistory) -> Findings:
    """Looks at everything; finds nothing in a sound history."""
    answers, sent = history.answers, history.answers.sent
    found = [(sent[place], outcomes) for place, outcomes in answers.answers.items() if place in sent]
    return Findings(
        vanished=sorted(history.acknowledged - sent.keys()),
        lost=sorted(answers.lost),
        invented=sorted(answers.invented),
        contradictory=[one.place for one, outcomes in found if len({each.decision for each in outcomes}) > 1],
        misjudged=[one.place for one, outcomes in found if any(_misjudges(each, one) for each in outcomes)],
        altered=[one.place for one, outcomes in found if any(_alters(each, one) for each in outcomes)],
        swapped=sorted(_swapped(history)),
        scattered=sorted(_scattered(history)),
        backwards=[one.place for one, outcomes in found if any(each.shortest_ms < _CLOCK_MS for each in outcomes)],
    )


def _misjudges(outcome: Outcome, one: Input) -> bool:
    return (outcome.letter is not None) != one.is_bad


def _alters(outcome: Outcome, one: Input) -> bool:
    letter = outcome.letter
    return letter is not None and (letter.key, letter.value, letter.headers) != (one.key, one.value, one.headers)


def _of_each_key(history: RunHistory) -> Iterator[list[Outcome]]:
    """First outcomes in the order in which they were read: of one kind, one key and one input partition.

    Different kinds stand on different topics, between which there is no order; nor is there one of records without key.
    """
    groups: dict[tuple[str, str, int, bytes], list[Outcome]] = defaultdict(list)
    seen: set[Place] = set()
    sent = history.answers.sent
    for each in history.outcomes:
        if each.source in sent and each.source not in seen:
            seen.add(each.source)
            if (key := sent[each.source].key) is not None:
                groups[each.kind, *each.source[:2], key].append(each)
    yield from groups.values()


def _swapped(history: RunHistory) -> Iterator[Place]:
    for outcomes in _of_each_key(history):
        latest = -1
        for each in outcomes:
            if each.source[2] < latest:
                yield each.source
            latest = max(latest, each.source[2])


def _scattered(history: RunHistory) -> Iterator[Place]:
    for outcomes in _of_each_key(history):
        yield from (each.source for each in outcomes if each.partition != outcomes[0].partition)
