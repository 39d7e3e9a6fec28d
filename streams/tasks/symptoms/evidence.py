"""What the rules found in a record, as a verdict shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from streams.tasks.symptoms.assessment import COUNTING, DERIVED, Assessment
from streams.tasks.symptoms.line import Said
from streams.tasks.symptoms.photographs import FINDING_WEIGHT, InPhotograph, photo_evidence
from streams.tasks.symptoms.protocol import MAX_POINTS, Fired

MAX_EVIDENCE: Final = 20
MAX_RULES: Final = 8  # so that there is room for the places
_DAYS_BELOW: Final = 0.25  # years


def evidence(
    found: Assessment, said: Said, predicted: int, photographs: Sequence[InPhotograph] = ()
) -> list[dict[str, Any]]:
    """Checkable, and no attribution of the model's scores. Heaviest first, at most MAX_EVIDENCE.

    The weights are those of the rules: 1 for a rule and for the findings and numbers behind it, a third per
    early-warning point for a vital sign, 0.4 for any other finding. Only what stands in the record's `text` has a
    place.

    Args:
        predicted: the model's level.
    """
    items = [_item(_rule_text(one, predicted), 1.0) for one in found.fired[:MAX_RULES]]
    items += photo_evidence(photographs, predicted)
    items += _numbers(found, said)
    items += _findings(found, said)
    items.sort(key=lambda item: -item["weight"])
    return items[:MAX_EVIDENCE]


def _findings(found: Assessment, said: Said) -> list[dict[str, Any]]:
    """Each place once: those behind the most urgent rules first, and no finding a second time before all others."""
    rank = {finding: number for number, one in reversed(list(enumerate(found.fired))) for finding in one.behind}
    times: Counter[str] = Counter()
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for mention in found.mentions:
        if mention.assertion in COUNTING:
            place = (mention.start, mention.end)
            order = (times[mention.finding], rank.get(mention.finding, len(found.fired)))
            places[place] = min(order, places.get(place, order), key=lambda one: one[1])
            times[mention.finding] += 1
    return [
        _item(said.text[start:end], FINDING_WEIGHT if order[1] == len(found.fired) else 1.0, said.place(start, end))
        for (start, end), order in sorted(places.items(), key=lambda one: (one[1], one[0]))
    ]


def _numbers(found: Assessment, said: Said) -> list[dict[str, Any]]:
    """Readings with early-warning points or behind a rule, and consciousness."""
    behind = found.behind
    items = []
    for name, value in found.facts.measures.items():
        points = found.facts.points.get(name, 0)
        if name in DERIVED or not (points or name in behind):
            continue
        reading = found.readings.get(name)
        place = said.place(reading.start, reading.end) if reading else None
        weight = 1.0 if name in behind else round(points / MAX_POINTS, 2)
        items.append(_item(f"{name.replace('_', ' ')} {_amount(name, value)}", weight, place))
    if "consciousness" in found.facts.points:
        items.append(_item(f"consciousness {found.facts.states['consciousness']}", 1.0))
    return items


def _amount(name: str, value: float) -> str:
    if name == "age" and value < _DAYS_BELOW:
        return f"{value * 365.25:.0f} days"
    return f"{value:.3g} weeks" if name == "gestation" else f"{value:.3g}"


def _item(text: str, weight: float, place: tuple[int, int] | None = None) -> dict[str, Any]:
    start, end = place or (None, None)
    return {"text": text, "start": start, "end": end, "weight": weight}


def _rule_text(one: Fired, predicted: int) -> str:
    name = f"{'red flag' if one.is_red_flag else 'rule'}: {one.name.replace('_', ' ')}"
    return f"{name} (urgency {predicted} raised to {one.rule.level})" if one.rule.level < predicted else name
