"""A suite as one picture: how well each set is ranked, and how often ordinary text is labelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.evaluation.rows import EvaluationError
from models.evaluation.suite.ordinary import FalseAlarms
from models.evaluation.suite.report import SuiteReport
from models.false_alarms import PER_THOUSAND

MOST_DOMAINS: Final = 30
_Domain = tuple[str, str, str]
"""Set, domain, language."""
_COLOURS: Final = ("tab:blue", "tab:red", "tab:green", "tab:purple")


def draw_suite(reports: Sequence[SuiteReport], path: Path) -> None:
    """Models side by side. Raises EvaluationError where matplotlib is missing or the file cannot be written."""
    try:
        import matplotlib
    except ImportError:
        raise EvaluationError("A picture needs matplotlib; install it with: pip install 'tidegate[train]'.") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(_name(one) for report in reports for one in report.entries if _is_ranked(one)))
    domains = _worst_domains(reports[0].false_alarms)
    height = 1.5 + 0.24 * max(len(names), len(domains), 4)
    wide = bool(domains)  # without ordinary text there is nothing for the other half
    figure, axes = pyplot.subplots(1, 1 + wide, figsize=(7 + 7 * wide, height), layout="constrained", squeeze=False)
    _ranking(axes[0][0], reports, names)
    if wide:
        _alarms(axes[0][1], reports, domains)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:  # no such folder; a suffix that is no picture
        raise EvaluationError(f"The picture cannot be written to {path}: {error}.") from None
    finally:
        pyplot.close(figure)


def _ranking(axis: Any, reports: Sequence[SuiteReport], names: Sequence[str]) -> None:
    for report, shift, colour in _beside(reports):
        known = {_name(one): one.entry.figures["auroc"] for one in report.entries if _is_ranked(one)}
        places = np.array([place for place, name in enumerate(names) if name in known])
        figures = [known[names[place]] for place in places]
        values = np.array([figure.value for figure in figures])
        reach = np.array([[f.value - f.low for f in figures], [f.high - f.value for f in figures]])
        axis.errorbar(
            values, places + shift, xerr=reach, fmt="o", markersize=4, linewidth=1, color=colour,
            label=report.artifact.version,
        )  # fmt: skip
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.invert_yaxis()
    axis.set(title="AUROC by set, language and label, with intervals", xlim=(0.4, 1.01))
    axis.legend(fontsize=7, loc="lower left")


def _alarms(axis: Any, reports: Sequence[SuiteReport], domains: Sequence[_Domain]) -> None:
    for report, shift, colour in _beside(reports):
        known = {(one.set, one.domain, one.lang): one.labelled for one in report.false_alarms}
        figures = [known[domain] for domain in domains]
        places = np.arange(len(domains)) + shift
        axis.scatter([figure.value for figure in figures], places, s=16, color=colour)
        axis.hlines(places, [f.low for f in figures], [f.high for f in figures], color=colour, linewidth=1)
    axis.set_yticks(range(len(domains)), [" ".join(domain) for domain in domains], fontsize=7)
    axis.invert_yaxis()
    axis.axvline(PER_THOUSAND, color="grey", linewidth=1)
    axis.set_xscale("symlog", linthresh=1)
    axis.set(title="ordinary posts labelled, of 1,000, by domain (the worst)", xlim=(0, 1000))


def _beside(reports: Sequence[SuiteReport]) -> Iterator[tuple[SuiteReport, float, str]]:
    """Each report with how far its points stand from their line, and their colour."""
    for number, report in enumerate(reports):
        yield report, (number - (len(reports) - 1) / 2) * 0.25, _COLOURS[number % len(_COLOURS)]


def _worst_domains(alarms: Sequence[FalseAlarms]) -> list[_Domain]:
    found = [one for one in alarms if one.domain != "all"]
    return [
        (one.set, one.domain, one.lang) for one in sorted(found, key=lambda one: -one.labelled.value)[:MOST_DOMAINS]
    ]


def _name(one: Any) -> str:
    return f"{one.set} {one.lang} {one.entry.label}"


def _is_ranked(one: Any) -> bool:
    return "auroc" in one.entry.figures
