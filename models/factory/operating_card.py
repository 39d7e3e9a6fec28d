"""The part of a model card that tells what its operating points find and cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.factory.markdown import markdown_table

OPERATING = "## Operating points"

_INTRO = """Chosen on half of each of these sets: {sets}; and on ordinary text: {ordinary}. What of it the model was
trained on flatters it. Thresholds have the best mean F1 over the sets, each counting alike, under which at most the
named share of ordinary posts gets a wrong label ({wrong}), in every domain large enough to tell and in the others
together. Scores of {kept} stay on the scale that dev chose; the others were fitted where there were enough positives. A
policy names a point by `operating_point`; `balanced` holds where it names none. Dev figures further below are at the
thresholds and on the scale that dev chose before.
"""
_ORDINARY = """### Ordinary posts, of 1,000

Posts with a wrong label, and those that a policy which acts wherever it may would act on. `at most` is the
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
    parts = [_intro(figures["chosen"]), _ORDINARY, markdown_table(["point", "domains"], _ordinary_rows(figures)), _SETS]
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


def _intro(chosen: Mapping[str, Any]) -> str:
    return _INTRO.format(
        sets=", ".join(chosen["sets"]),
        ordinary=", ".join(chosen["ordinary"]),
        wrong="any" if chosen["any_label"] else "one that its table knows to be wrong",
        kept=", ".join(chosen["keep_scale"]) or "no label",
    )


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
