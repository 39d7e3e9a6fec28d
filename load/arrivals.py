"""When each record of an open-loop run is due. Nothing here knows whether the service keeps up."""

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
"""Rising offsets from the start of the run, one for each record."""


def constant(rate: float, seconds: float) -> Seconds:
    """`rate` records a second, evenly spaced."""
    return np.arange(round(rate * seconds), dtype=np.float64) / rate


def burst(rate: float, seconds: float, *, factor: float = 4.0, every_s: float = 10.0, for_s: float = 1.0) -> Seconds:
    """The same mean rate, but each `every_s` opens with `for_s` at `factor` times the rate.

    Raises:
        ValueError: the burst would bring more than the whole period's records.
    """
    calm_rate = rate * (every_s - factor * for_s) / (every_s - for_s)
    if calm_rate <= 0:
        raise ValueError(f"a burst of {for_s:g} s at {factor:g} times the rate leaves nothing for the other time")
    wanted = np.arange(round(rate * seconds), dtype=np.float64)
    in_burst, per_period = factor * rate * for_s, rate * every_s
    period, within = np.divmod(wanted, per_period)
    in_period = np.where(within < in_burst, within / (factor * rate), for_s + (within - in_burst) / calm_rate)
    due: Seconds = period * every_s + in_period
    return due


def due_by(schedule: Seconds, elapsed_s: float) -> int:
    """How many records are due `elapsed_s` after the start."""
    return int(np.searchsorted(schedule, elapsed_s, side="right"))
