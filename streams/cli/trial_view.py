"""A trial's report, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from streams.cli.control import print_json
from streams.cli.terminal import stdout

if TYPE_CHECKING:
    from streams.control.trial_report import Flips, TrialReport


def show_report(revision: int, found: TrialReport, as_json: bool) -> None:
    """Positions, never texts."""
    document = _document(revision, found)
    if as_json:
        print_json(document)
        return
    from streams.cli.tables import plain_table, shown

    console = stdout()
    low, high = (100 * bound for bound in found.interval)
    console.print(
        f"trial {revision}: {found.compared} records compared, {found.changed} decided otherwise "
        f"({low:.2f} to {high:.2f} %); {'enough' if found.is_enough else 'not enough yet'} to say so within 1 %"
    )
    table = plain_table("", ["what", "of", "first ones"], ["records"])
    for what, rows in (("decision", document["decisions"]), ("gained", document["gained"]), ("lost", document["lost"])):
        for row in rows:
            table.add_row(what, f"{row['from']} -> {row['to']}", ", ".join(row["positions"]), str(row["count"]))
    if table.row_count:
        console.print("", table)
    right = plain_table(
        f"{found.reviewed} reviewed: share that people agree to, with 95 % interval", ["model", "of"],
        ["share", "from", "to", "reviewed"],
    )  # fmt: skip
    for side, figures in document["precision"].items():
        for name, one in figures.items():
            right.add_row(side, name, *(f"{one[key]:.1%}" for key in ("value", "low", "high")), str(one["rows"]))
    if right.row_count:
        console.print("", right)
    times = plain_table("inference, ms", ["model"], ["p50", "p99"])
    for side in ("active", "candidate"):
        times.add_row(side, *(shown(document[f"{side}_ms"][name]) for name in ("p50", "p99")))
    console.print("", times)


def _document(revision: int, found: TrialReport) -> dict[str, Any]:
    from streams.control.trial_report import percentile

    low, high = found.interval
    return {
        "revision": revision,
        "compared": found.compared,
        "agreement": found.agreement,
        "changed": found.changed,
        "changed_interval": [low, high],
        "is_enough": found.is_enough,
        "languages": dict(found.languages),
        "decisions": _rows(found.decisions),
        "gained": _rows(found.gained),
        "lost": _rows(found.lost),
        "reviewed": found.reviewed,
        "precision": {
            side: {name: one.figure() for name, one in sorted(figures.items())} for side, figures in found.right.items()
        },
        "active_ms": {"p50": percentile(found.active_ms, 0.5), "p99": percentile(found.active_ms, 0.99)},
        "candidate_ms": {"p50": percentile(found.candidate_ms, 0.5), "p99": percentile(found.candidate_ms, 0.99)},
    }


def _rows(flips: Mapping[tuple[str, str], Flips]) -> list[dict[str, Any]]:
    ordered: Iterable[tuple[tuple[str, str], Flips]] = sorted(flips.items(), key=lambda item: -item[1].count)
    return [
        {"from": first, "to": second, "count": each.count, "positions": each.positions}
        for (first, second), each in ordered
    ]
