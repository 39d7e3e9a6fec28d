"""`tidegate triage findings`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.score import open_lines
from streams.cli.terminal import AsJson, printable, reporting, settings_from

if TYPE_CHECKING:
    from models.complaint import Finder
    from models.evaluation.findings import Comparison, MarkedRecord, Pairs


def findings(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Symptom records with `findings`, a list of [key, assertion], one a line; - is standard input. "
            "Without it: the records of this project that no training saw.",
            show_default=False,
        ),
    ] = None,
    found: Annotated[
        list[Path] | None,
        typer.Option(
            help="What another program found in them: lines with `id` and `findings`; may be given again.",
            show_default=False,
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="Of the intervals.")] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Show on records whose findings somebody marked how many are found, and read as they were meant."""
    with reporting():
        from models.complaint import JoinedFinder, PhraseFinder
        from models.evaluation.findings import JOINED, PHRASES, compare
        from models.evaluation.resampling import Bootstrap

        max_bytes = settings_from().max_record_bytes
        read = [_read(one, max_bytes, f"line {number}") for number, one in enumerate(_documents(file), start=1)]
        records = [record for record, _ in read]
        if len({one.id for one in records}) < len(records):
            raise typer.BadParameter("two records have one id", param_hint="FILE")
        finders = {
            name: {record.id: _found_by(finder, said) for record, said in read}
            for name, finder in ((PHRASES, PhraseFinder.load()), (JOINED, JoinedFinder.load()))
        }
        finders |= {path.stem: _read_found(path, records) for path in found or []}
        comparisons = list(compare(records, finders, Bootstrap(confidence)))
        if as_json:
            import orjson

            document = {"records": len(records), "comparisons": [one.as_dict() for one in comparisons]}
            typer.echo(orjson.dumps(document).decode())
        else:
            _show(comparisons, confidence)


def _documents(file: Path | None) -> list[Any]:
    if file is None:
        from models.augmentation.written_records import graded_records

        return graded_records()
    return _json_lines(file)


def _json_lines(file: Path) -> list[Any]:
    import orjson

    with open_lines(file) as lines:
        try:
            return [orjson.loads(line) for line in lines if line.strip()]
        except orjson.JSONDecodeError:
            raise typer.BadParameter(f"{file} is no JSON lines") from None


def _read(document: Any, max_bytes: int, where: str) -> tuple[MarkedRecord, str]:
    """A record, and its complaint as the service reads it."""
    import orjson

    from models.evaluation.findings import SECOND_READER, WRITER, MarkedRecord
    from schemas import InvalidRecord, SymptomRecord
    from streams.tasks.symptoms.line import rendered, said_in

    marked = {WRITER: _pairs(document, "findings", where)}
    if "second_findings" in document:
        marked[SECOND_READER] = _pairs(document, "second_findings", where)
    try:
        record = SymptomRecord.decode(orjson.dumps(document), max_bytes)
    except InvalidRecord as error:
        raise typer.BadParameter(f"{where}: {error}", param_hint="FILE") from None
    way = rendered(record)
    family = str(document.get("family", record.id))
    return MarkedRecord(record.id, family, way.lang, marked), said_in(way).in_lines(record.text or "")


def _pairs(document: Any, name: str, where: str) -> Pairs:
    """Of `[[key, assertion], ...]`; words that stand behind them say nothing here."""
    from models.complaint import Assertion, load_catalogue

    try:
        pairs = frozenset((str(key), Assertion(assertion).value) for key, assertion, *_ in document[name])
    except (ValueError, TypeError, KeyError):
        raise typer.BadParameter(f"{where} has no `{name}` that is a list of [key, assertion]") from None
    if unknown := sorted({key for key, _ in pairs} - set(load_catalogue())):
        raise typer.BadParameter(f"{where}: {unknown[0]} is no finding of findings.toml")
    return pairs


def _found_by(finder: Finder, said: str) -> Pairs:
    from models.complaint import read_numbers

    found = finder.find(said, read_numbers(said).readings.values())
    return frozenset((one.finding, one.assertion.value) for one in found)


def _read_found(path: Path, records: Sequence[MarkedRecord]) -> dict[str, Pairs]:
    """Raises BadParameter where it says nothing of a record."""
    found = {}
    for number, one in enumerate(_json_lines(path), start=1):
        pairs = _pairs(one, "findings", f"{path}, line {number}")
        found[str(one.get("id"))] = pairs
    if missing := sum(one.id not in found for one in records):
        raise typer.BadParameter(f"{path} lacks {missing} of {len(records)} records", param_hint="--found")
    return found


def _show(comparisons: Sequence[Comparison], confidence: float) -> None:
    from streams.cli.tables import interval, plain_table, short, wide_console

    console = wide_console()
    for one in comparisons:
        title = f"{printable(one.finder)} against the {one.reader}, {one.records} records"
        has_gain = any(row.gain is not None for row in one.agreements)
        numbers = ["wanted", "found", "precision", "recall", "f1", *["beyond the phrases"] * has_gain]
        table = plain_table(title, ["language", "meant"], numbers)
        for row in one.agreements:
            cells = [f"{short(figure.value)} {interval(figure)}" for figure in row.figures.values()]
            if row.gain is not None:
                cells.append(f"{row.gain.value:+.3f} ({row.gain.low:+.2f} to {row.gain.high:+.2f})")
            table.add_row(row.lang, row.meant, f"{row.wanted:,}", f"{row.found:,}", *cells)
        console.print(table)
        console.print()
    console.print(f"{confidence:.0%} intervals; records of one family are drawn together")
