"""One number of a complaint."""

from __future__ import annotations

from typing import NamedTuple


class Reading(NamedTuple):
    """A measure and its place: a vital sign in the units of the input schema, `age` in years, `gestation` in weeks,
    `glucose` in millimoles a litre."""

    name: str
    value: float
    start: int
    end: int
