"""How urgent a made-up case is, and vital signs that agree with it. General triage principles, not guidance."""

from __future__ import annotations

import random
from collections.abc import Sequence

Vitals = dict[str, float | str]

_NORMAL = {
    1.0: (130.0, 36.0, 88.0), 5.0: (110.0, 26.0, 96.0), 13.0: (92.0, 20.0, 106.0), 200.0: (78.0, 16.0, 124.0),
}  # fmt: skip
"""Heart rate, breaths and systolic pressure at rest, by the age (years) below which they hold."""
_FRAIL_AGE, _NEWBORN = 75.0, 0.25


def condition_level(level: int, best: int, worst: int, severity: str) -> int:
    """The level of a condition, one step by severity, never outside its own range."""
    step = {"mild": 1, "severe": -1}.get(severity, 0)
    return min(worst, max(best, level + step))


def symptom_level(levels: Sequence[int], severity: str) -> int:
    """What the symptoms say when they fit many conditions: the most urgent of them, one step by severity."""
    level = min(levels, default=4)
    if severity == "severe" and level >= 3:
        return level - 1
    return min(5, level + 1) if severity == "mild" and level >= 4 else level


def red_flags(level: int, flags: Sequence[int], severity: str) -> int:
    """A red flag only ever makes a case more urgent; a flag of level 3 counts as 2 when severe."""
    caps = [2 if flag == 3 and severity == "severe" else flag for flag in flags if flag <= 3]
    return min([level, *caps])


def age_level(level: int, age: float | None, fever: bool, weak: bool) -> int:
    """Fever below three months is an emergency; the frail old with fever, breathlessness or faintness come sooner."""
    if age is not None and age < _NEWBORN and fever:
        return min(level, 2)
    if age is not None and age >= _FRAIL_AGE and (fever or weak):
        return min(level, 3)
    return level


def danger_of_vitals(level: int, chance: random.Random) -> int:
    """The danger (1 to 3, or 5 for none) that the vital signs show: often that of the level, sometimes more."""
    if level == 1:
        return 1
    draw = chance.random()
    if draw < 0.04:
        return chance.choice((1, 2)) if level > 2 else 1
    return level if draw < 0.55 and level <= 3 else 5


def draw_vitals(
    danger: int, age: float, temperature: float | None, chance: random.Random, awake: bool = False
) -> tuple[Vitals, set[str]]:
    """All vital signs, and the names of those that show the danger. Who writes a story is `awake`."""
    heart, breaths, systolic = next(values for limit, values in _NORMAL.items() if age < limit)
    vitals: Vitals = {
        "heart_rate": heart * chance.uniform(0.85, 1.15), "respiratory_rate": breaths * chance.uniform(0.9, 1.15),
        "systolic": systolic * chance.uniform(0.92, 1.1), "saturation": chance.choice((97.0, 98.0, 98.0, 99.0, 100.0)),
        "temperature": temperature if temperature is not None else chance.uniform(36.2, 37.2), "consciousness": "alert",
    }  # fmt: skip
    options = _deranged(danger, heart, breaths, systolic, chance)
    worse = chance.choice([one for one in options if not (awake and "consciousness" in one)] or [{}])
    vitals |= worse
    upper = float(vitals["systolic"])
    vitals["diastolic"] = upper * chance.uniform(0.58, 0.68)
    rounded = {name: value if isinstance(value, str) else round(value, 1) for name, value in vitals.items()}
    for name in ("heart_rate", "respiratory_rate", "systolic", "diastolic", "saturation"):
        rounded[name] = float(round(float(rounded[name])))
    return rounded, set(worse)


def _deranged(danger: int, heart: float, breaths: float, systolic: float, chance: random.Random) -> list[Vitals]:
    ways: dict[int, list[Vitals]] = {
        1: [
            {
                "saturation": chance.uniform(68, 85),
                "respiratory_rate": breaths * chance.uniform(1.8, 2.4),
                "heart_rate": heart * chance.uniform(1.3, 1.7),
            },
            {"systolic": systolic * chance.uniform(0.45, 0.6), "heart_rate": heart * chance.uniform(1.7, 2.1)},
            {"consciousness": chance.choice(("pain", "unresponsive"))},
            {"respiratory_rate": chance.uniform(4, 8), "consciousness": "unresponsive"},
            {"heart_rate": heart * chance.uniform(0.35, 0.48), "systolic": systolic * chance.uniform(0.5, 0.62)},
        ],
        2: [
            {"saturation": chance.uniform(86, 91)},
            {"heart_rate": heart * chance.uniform(1.6, 1.9)},
            {"respiratory_rate": breaths * chance.uniform(1.65, 2.0)},
            {"systolic": systolic * chance.uniform(0.62, 0.72), "heart_rate": heart * chance.uniform(1.35, 1.6)},
            {"consciousness": "verbal"},
        ],
        3: [
            {"saturation": chance.uniform(92, 94)},
            {"heart_rate": heart * chance.uniform(1.32, 1.5)},
            {"respiratory_rate": breaths * chance.uniform(1.35, 1.55)},
        ],
    }
    return ways.get(danger, [])
