"""The part of a model card that tells what its operating points find and cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.factory.markdown import markdown_table

OPERATING = "## Operating points"

_INTRO = """Chosen on labelled sets of other origins and on ordinary text, none of it trained on as such: the thresholds
with the best mean F1 over the sets (each counting alike) under which at most the named share of ordinary posts gets a
label that is known to be wrong, in every domain large enough to tell (smaller ones together). A policy names a point
by `operating_point`; `balanced` holds where it names none. Dev figures further below are at the thresholds and on the
scale that dev chose before.
"""
_ORDINARY = """### Ordinary posts, of 1,000

Posts with a label known to be wrong, and those that a policy which acts wherever it may would act on. `at most` is the
upper end of the 95 % interval. `unseen domains`: bars chosen anew by the other half of the domains.
"""
_SETS = """### What each point finds, on the half of each set that nothing was chosen by

Precision / recall / F1.
"""
_CALIBRATION = """### Calibration error, on the same half

Before and after the scale of the heads was fitted to the other half; then, after it, by set.
"""


def operating_section(figures: Mapping[str, Any]) -> str:
    """Markdown, from `metrics.operating` of the manifest."""
    parts = [_INTRO, _ORDINARY, markdown_table(["point", "domains"], _ordinary_rows(figures)), _SETS]
    sets: dict[tuple[str, ...], dict[str, Any]] = {
        (name,): {point: " / ".join(f"{found[part]:.2f}" for part in ("precision", "recall", "f1"))
                  for point, found in points.items()}
        for name, points in figures["sets"].items()
    }  # fmt: skip
    parts += [markdown_table(["set"], sets), _CALIBRATION]
    errors: dict[tuple[str, ...], dict[str, Any]] = {
        (label,): {name: found[name] for name in ("rows", "positives", "before", "after")}
        | {"by set": ", ".join(f"{name} {error:.3f}" for name, error in found["by_set"].items())}
        for label, found in figures["calibration"].items()
    }
    parts.append(markdown_table(["label"], errors))
    if cascade := figures.get("cascade"):
        lost = ", ".join(f"{name} {points:.1f}" for name, points in cascade["recall_lost"].items())
        parts.append(
            f"### The cascade at the balanced point\n\nIt answers {cascade['answered_early']:.1%} of the ordinary "
            f"posts early. Points of recall (any label) that this costs on the same half: {lost}.\n"
        )
    return "\n".join(parts)


def _ordinary_rows(figures: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, found in figures["ordinary"].items():
        allowed = figures["per_thousand"][name]
        for kind, counts in (("all", found), ("unseen", found.get("unseen"))):
            if counts is not None:
                rows[name, kind] = {
                    "posts": counts["rows"],
                    **{part: _rate(counts, part, allowed[part]) for part in ("labelled", "acted")},
                    **{f"worst {part}": _worst(counts, part) for part in ("labelled", "acted")},
                }
    return rows


def _rate(counts: Mapping[str, Any], part: str, allowed: float) -> str:
    return f"{counts[part]:.2f}, at most {counts[f'{part}_at_most']:.2f} (allowed {allowed:g})"


def _worst(counts: Mapping[str, Any], part: str) -> str:
    return f"{counts[f'{part}_worst']:.1f}, at most {counts[f'{part}_worst_at_most']:.1f}: {counts[f'{part}_worst_in']}"
