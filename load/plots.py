"""The plots of the reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

from load.measure import LatencyHistogram

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.figure import Figure

Series = NDArray[np.float64]
_PLACES = (50.0, 90.0, 99.0, 99.9, 99.99)


def plot_latency(path: Path, title: str, over_time: Mapping[str, Series], latency: LatencyHistogram) -> None:
    """Left: p50 and p99 over the run, with the throughput. Right: the percentile curve."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    left.plot(over_time["seconds"], over_time["p99_ms"], label="p99", color="tab:red")
    left.plot(over_time["seconds"], over_time["p50_ms"], label="p50", color="tab:blue")
    left.set(xlabel="seconds (when the record was due)", ylabel="latency (ms)", yscale="log", title=title)
    rate = left.twinx()
    rate.plot(over_time["seconds"], over_time["per_s"], label="answers", color="tab:gray", alpha=0.5)
    rate.set(ylabel="answers a second", ylim=(0, None))
    left.legend(loc="best")

    tails = np.logspace(0, -4, 200)  # share of records that are slower
    right.plot(1 / tails, [latency.at(100 * (1 - tail)) for tail in tails], color="tab:blue")
    right.set(xscale="log", yscale="log", xlabel="percentile", ylabel="latency (ms)", title="percentiles")
    right.set_xticks([1 / (1 - place / 100) for place in _PLACES], [f"{place:g}" for place in _PLACES])
    right.minorticks_off()
    right.grid(alpha=0.3)
    _save(figure, path)


def plot_memory(path: Path, title: str, seconds: Series, megabytes: Mapping[str, Series]) -> None:
    figure, axes = pyplot.subplots(figsize=(9, 4), layout="constrained")
    for name, values in megabytes.items():
        axes.plot(seconds[: len(values)], values, label=name)
    axes.set(xlabel="seconds", ylabel="resident memory (MB)", ylim=(0, None), title=title)
    axes.legend()
    _save(figure, path)


def plot_models(path: Path, rows_per_s: Mapping[str, Mapping[int, float]]) -> None:
    """A colour for each graph; its early exit is dashed, its cascade dotted."""
    figure, axes = pyplot.subplots(figsize=(10, 4.5), layout="constrained")
    colours: dict[str, str] = {}
    for name, rates in rows_per_s.items():
        graph = name.removesuffix(", early exit").removesuffix(", cascade")
        colour = colours.setdefault(graph, f"C{len(colours)}")
        style = ":" if name.endswith(", cascade") else "--" if name.endswith(", early exit") else "-"
        axes.plot(list(rates), list(rates.values()), style, marker="o", label=name, color=colour)
    axes.set(xscale="log", yscale="log", xlabel="tokens a row", ylabel="rows a second, one thread")
    lengths = sorted({tokens for rates in rows_per_s.values() for tokens in rates})
    axes.set_xticks(lengths, [str(tokens) for tokens in lengths])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right center", fontsize="small")
    _save(figure, path)


def plot_curves(path: Path, curves: Mapping[str, Sequence[tuple[float, Mapping[str, float]]]]) -> None:
    """Latency against load: for each name its posts a second with percentiles in ms. Solid p50, dashed p99."""
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for number, (name, points) in enumerate(curves.items()):
        for percentile, style in (("p50", "-"), ("p99", "--")):
            rates = [rate for rate, latency in points if percentile in latency]
            values = [latency[percentile] for _, latency in points if percentile in latency]
            axes.plot(rates, values, style, marker="o", color=f"C{number}", label=f"{name}, {percentile}")
    axes.set(xlabel="posts a second, open loop", ylabel="latency from when a post was due (ms)", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
