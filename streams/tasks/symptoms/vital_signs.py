"""Vital signs outside of what is usual, graded by the National Early Warning Score.

Bands and their 0 to 3 points: Royal College of Physicians, "National Early Warning Score (NEWS) 2", London
2017 (oxygen scale 1; supplementary oxygen is not recorded here). The score is made for patients of 16 and
older; in younger ones only saturation, temperature and consciousness are graded.
"""

from __future__ import annotations

from bisect import bisect_right
from math import inf
from typing import Final, NamedTuple, Protocol

from streams.tasks.symptoms.red_flags import RedFlag

ADULT_AGE: Final = 16.0
EMERGENCY_POINTS: Final = 7  # NEWS2: emergency response
MAX_POINTS: Final = 3
INFANT_AGE: Final = 0.25  # years; fever before three months of age is an emergency
FEVER: Final = 38.0

# Lower edges of the bands after the first, and the points of all bands from the lowest values up.
_BANDS: Final = {
    "respiratory_rate": ((9, 12, 21, 25), (3, 1, 0, 2, 3)),
    "saturation": ((92, 94, 96), (3, 2, 1, 0)),
    "systolic": ((91, 101, 111, 220), (3, 2, 1, 0, 3)),
    "heart_rate": ((41, 51, 91, 111, 131), (3, 1, 0, 1, 2, 3)),
    "temperature": ((35.1, 36.1, 38.1, 39.1), (3, 1, 0, 1, 2)),
}
_CHILD_BANDS: Final = frozenset({"saturation", "temperature"})

# Beyond these a single reading is a red flag: name: (below, from). The edges are this project's, on the safe side.
_LIMITS: Final = {
    "saturation": (90.0, inf),
    "systolic": (80.0, inf),
    "heart_rate": (40.0, 150.0),
    "respiratory_rate": (9.0, 30.0),
    "temperature": (32.0, 41.0),
}


class Readings(Protocol):
    """What is read of a record's vital signs; None: not recorded. Units as in the input schema."""

    @property
    def respiratory_rate(self) -> float | None: ...
    @property
    def saturation(self) -> float | None: ...
    @property
    def systolic(self) -> float | None: ...
    @property
    def heart_rate(self) -> float | None: ...
    @property
    def temperature(self) -> float | None: ...


class Unusual(NamedTuple):
    """One reading outside of the usual band."""

    text: str
    points: int


def grade(
    readings: Readings | None, consciousness: str | None, age: float | None
) -> tuple[list[Unusual], list[RedFlag]]:
    """The unusual readings, and the red flags that they raise."""
    is_child = age is not None and age < ADULT_AGE
    unusual: list[Unusual] = []
    flags: list[RedFlag] = []
    for name, (edges, points) in _BANDS.items() if readings is not None else ():
        value = getattr(readings, name)
        if value is None or (is_child and name not in _CHILD_BANDS):
            continue
        scored = points[bisect_right(edges, value)]
        if scored:
            unusual.append(Unusual(f"{name.replace('_', ' ')} {value:g}", scored))
        flags += _beyond(name, value)
    if consciousness not in (None, "alert"):
        unusual.append(Unusual(f"consciousness {consciousness}", MAX_POINTS))
        flags.append(RedFlag(f"consciousness_{consciousness}", 1 if consciousness == "unresponsive" else 2))
    if not is_child and sum(reading.points for reading in unusual) >= EMERGENCY_POINTS:
        flags.append(RedFlag(f"early_warning_score_from_{EMERGENCY_POINTS}", 2))
    return unusual, flags


def _beyond(name: str, value: float) -> list[RedFlag]:
    low, high = _LIMITS[name]
    if value < low:
        return [RedFlag(f"{name}_below_{low:g}", 2)]
    if value >= high:
        return [RedFlag(f"{name}_from_{high:g}", 2)]
    return []
