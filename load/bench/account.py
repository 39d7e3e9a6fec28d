"""The report of a bench: every figure in it comes from the run."""

from typing import Any

from load.bench.compare import spread
from load.bench.contestants import ENGINE, ONE, STREAMS
from load.bench.curve import HOP_RATE, LONE_RATE
from load.bench.results import Entry, Results
from load.report import Report
from load.stream import CLEAN_SHARE, COPIES_SHARE

NONE = "-"


def account(report: Report, results: Results) -> None:
    """Writes tables and data; the picture is the caller's."""
    report.data |= {
        "rounds": results.rounds,
        "contestants": [_entry_json(results, entry) for entry in results.entries.values()],
        "comparisons": {stream: _comparisons_json(results, stream) for stream in STREAMS},
        "turn_ms": {str(rows): round(ms, 3) for rows, ms in results.turn_ms.items()},
        "answered_early": results.answered_early,
        "latency": {name: [point.as_json() for point in points] for name, points in results.curves.items()},
        "hop": results.hop.as_json() if results.hop else None,
        "lone": results.lone.as_json() if results.lone else None,
        "notes": results.notes,
    }
    _say_what_was_sent(report, results)
    _rates(report, results)
    _absent(report, results)
    _compared(report, results)
    _processor(report, results)
    _latency(report, results)


def _say_what_was_sent(report: Report, results: Results) -> None:
    early = NONE if results.answered_early is None else f"{results.answered_early:.0%}"
    report.say(
        f"{results.rounds} round(s), in each of which everybody had a turn on the same artifact, texts and threads: "
        "start, warm-up, then a backlog of each stream. Posts a second are over the middle four fifths of a backlog; "
        "medians, with the lowest and highest round. `unique`: no two posts alike. `realistic`: sentences, "
        f"{CLEAN_SHARE:.0%} clean, {COPIES_SHARE:.0%} copies of popular posts by Zipf's law; the early exit of the "
        f"cascade answers {early} of them. Both: log-normal lengths, four in ten Chinese. Alternatives read a text as "
        "it is and answer with labels: no cleaning, spans, sentiment, policy, alerts or order. Networks on torch have "
        "random weights, which do not change their speed."
    )
    for note in results.notes:
        report.say(note)


def _rates(report: Report, results: Results) -> None:
    rows = []
    for entry in results.entries.values():
        if entry.drained:
            cells = [cell for stream in STREAMS for cell in _rate_cells(results, entry, stream)]
            rows.append([entry.name, *cells])
    heads = [head for stream in STREAMS for head in (f"{stream}, posts/s", "x engine")]
    report.table(["", *heads], rows)


def _rate_cells(results: Results, entry: Entry, stream: str) -> tuple[object, object]:
    rates = list(entry.rates(stream).values())
    if not rates:
        return NONE, NONE
    ratio = f"{results.engine_ratio(entry, stream).median:.3f}" if entry.name != ENGINE else "1"
    return str(spread(rates)), ratio


def _absent(report: Report, results: Results) -> None:
    rows = [(entry.name, entry.absent) for entry in results.entries.values() if entry.absent]
    if rows:
        report.table(["not measured, or not in every round", "why"], rows)


def _compared(report: Report, results: Results) -> None:
    rows = [
        (stream, ours, theirs, str(ratio), holds)
        for stream in STREAMS
        for ours, theirs, ratio, holds in results.comparisons(stream)
    ]
    if rows:
        report.table(["stream", "", "beside", "times as fast", ""], rows)
    for stream in STREAMS:
        if (best := results.best_peer(stream)) is not None:
            report.say(f"Best alternative, {stream} posts: {best.name}.")


def _processor(report: Report, results: Results) -> None:
    rows = []
    for entry in results.entries.values():
        for stream in entry.drained:
            if entry.median(stream, lambda one: one.cpu_us) > 0:
                share = results.others_share(entry, stream)
                figures = [entry.median(stream, lambda one, name=name: getattr(one, name)) for name in _CPU]  # type: ignore[misc]
                without = results.ratio_without_others(entry, stream)
                rows.append([entry.name, stream, *(round(us) for us in figures), f"{share:.1%}", f"{without:.3f}"])
    if rows:
        heads = ["processor time a post (us)", "", "program", "broker", "sender", "share", "x engine, without"]
        report.table(heads, rows)
        report.say(
            f"Share: of all {results.cores} cores, what broker and sender took of them while the program drained. The "
            "last column is the ratio to the bare engine (once a worker) divided by what was left of the cores: an "
            "upper bound, for it takes the program to use what is given back."
        )


_CPU = ("cpu_us", "broker_us", "sender_us")


def _latency(report: Report, results: Results) -> None:
    for name, points in results.curves.items():
        rows = [
            [f"{point.share:.0%}", point.rate, *(point.latency_ms.get(p, NONE) for p in _SHOWN), point.lost]
            for point in points
        ]
        report.table([f"{name}: load", "posts/s", *(f"{p} (ms)" for p in _SHOWN), "lost"], rows)
    _beside_bare(report, results)
    if results.turn_ms:
        rows_ms = [(rows, ms, 1000 * rows / ms) for rows, ms in results.turn_ms.items()]
        report.table(["posts in a turn of the bare engine", "ms", "posts/s"], rows_ms)


def _beside_bare(report: Report, results: Results) -> None:
    """How far p50 is above one post in the bare engine and the bare hop, at half load and alone."""
    if results.hop is None or not results.hop.latency_ms or not results.turn_ms:
        return
    engine, hop = results.turn_ms[1], results.hop.latency_ms["p50"]
    half = next((point for point in results.curves.get(ONE, []) if point.share == 0.5), None)
    for name, point in (("At half load", half), (f"Alone ({LONE_RATE:g} a second)", results.lone)):
        if point is not None and point.latency_ms:
            p50, p99 = point.latency_ms["p50"], point.latency_ms["p99"]
            report.say(
                f"{name} p50 is {p50:.1f} ms: {p50 - engine - hop:+.1f} ms beside one post in the bare engine "
                f"({engine:.1f} ms) and the bare hop ({hop:.1f} ms at {HOP_RATE:g} a second). p99 is {p99 / p50:.1f} "
                "times p50."
            )


_SHOWN = ("p50", "p95", "p99", "p99.9")


def _entry_json(results: Results, entry: Entry) -> dict[str, Any]:
    streams: dict[str, Any] = {}
    for stream, drained in entry.drained.items():
        figures = {name: round(entry.median(stream, lambda one, name=name: getattr(one, name)), 2) for name in _CPU}  # type: ignore[misc]
        streams[stream] = {
            "rates": {str(number): round(one.rate, 1) for number, one in drained.items()},
            **spread([one.rate for one in drained.values()]).as_json(),
            **figures,
            "engine_ratio": results.engine_ratio(entry, stream).as_json() if entry.name != ENGINE else None,
            "others_share": round(results.others_share(entry, stream), 4),
        }
    return {
        "name": entry.name,
        "group": str(entry.group),
        "workers": entry.workers,
        "absent": entry.absent,
        "streams": streams,
    }


def _comparisons_json(results: Results, stream: str) -> list[dict[str, Any]]:
    return [
        {"ours": ours, "theirs": theirs, "ratio": ratio.as_json(), "order": holds}
        for ours, theirs, ratio, holds in results.comparisons(stream)
    ]
