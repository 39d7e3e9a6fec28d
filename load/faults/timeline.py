"""The picture of a run: sent, settled, lag, and what was broken when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

from load.faults.diary import Event
from load.faults.observing import Sample
from load.faults.running import Result

matplotlib.use("Agg")
from matplotlib import pyplot

_MOST_EVENTS = 60
_MOST_LETTERS = 40


def draw_timeline(result: Result, path: Path) -> None:
    """Sent and settled count up from the left; the lag between them has an axis of its own.

    There is none where nothing was sent or nothing settled, nor is that of an earlier run left there.
    """
    path.unlink(missing_ok=True)
    history = result.history
    sent = _in_the_run([each.sent_at for each in history.inputs], result.diary.samples)
    settled = _in_the_run([each.written_at for each in history.first.values()], result.diary.samples)
    if not len(sent) or not len(settled):
        return
    began = min(sent[0], settled[0])
    seconds = np.arange(0, max(sent[-1], settled[-1]) - began + 1, 0.5)
    counts = [np.searchsorted(moments, began + seconds, "right") for moments in (sent, settled)]
    figure, axes = pyplot.subplots(figsize=(11, 4), layout="constrained")
    axes.plot(seconds, counts[0], label="sent", color="tab:gray")
    axes.plot(seconds, counts[1], label="settled", color="tab:blue")
    axes.set(
        xlabel="seconds", ylabel="records", ylim=(0, None), title=f"{result.scenario.name}: {result.scenario.does}"
    )
    lag = axes.twinx()
    lag.fill_between(seconds, counts[0] - counts[1], label="lag", color="tab:orange", alpha=0.4)
    lag.set(ylabel="lag (records)", ylim=(0, None))
    axes.set_zorder(lag.get_zorder() + 1)  # the lines before the area
    axes.patch.set_visible(False)
    _mark(axes, result.diary.events, began)
    axes.legend(loc="center left")
    lag.legend(loc="center right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _mark(axes: Any, events: Sequence[Event], began: float) -> None:
    """A line for each event, and what it was where there are few."""
    for number, event in enumerate(events[:_MOST_EVENTS]):
        axes.axvline(event.at - began, color="tab:red", linewidth=0.6, alpha=0.6)
        if len(events) <= _MOST_EVENTS // 2:
            what, height = event.what[:_MOST_LETTERS], 0.98 - 0.06 * (number % 5)
            axes.text(event.at - began, height, what, fontsize=6, transform=axes.get_xaxis_transform(), va="top")


def _in_the_run(moments: Sequence[float], samples: Sequence[Sample]) -> NDArray[np.float64]:
    """In order, without those of another time: a clock may be wrong, and a producer may stamp what it likes."""
    ordered = np.sort(np.array(moments, dtype=float))
    if not samples:
        return ordered
    return ordered[(ordered >= samples[0].at) & (ordered <= samples[-1].at)]
