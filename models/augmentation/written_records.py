"""Symptom records written by hand: JSON lines with the complaint, what is known of the patient, and what a nurse says.

A line is `{"family", "lang", "text", "findings", "level", "why", "condition"}` and any of `age` (years), `sex` (m, f),
`sbp`, `dbp` (mmHg), `hr`, `rr` (per minute), `bt` (degrees Celsius), `saturation` (percent), `nrs_pain` (0 to 10).
`findings` are `[key, assertion, words]`, the words as they stand in the text; `level` is 1 (most urgent) to 5; a
`condition` is null where none of the known ones would be named first.

Some of them a second reader marked, too, blind: `second_reader.jsonl` has lines `{"text", "level", "findings"}`, the
findings as `[key, assertion]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from models.augmentation.written import read_file, split_families
from models.complaint import Assertion, record_line
from models.examples import Example
from models.labels import CONDITION_CLASSES, LANGUAGES, NO_CONDITION, URGENCY_LEVELS

RECORDS: Final = Path(__file__).parent / "written_records"
SECOND_READER: Final = Path(__file__).parent / "second_reader.jsonl"
SOURCE: Final = "written_records"
_VITALS: Final = {
    "sbp": "systolic", "dbp": "diastolic", "hr": "heart_rate", "rr": "respiratory_rate", "bt": "temperature",
    "saturation": "saturation", "nrs_pain": "pain",
}  # fmt: skip
_SEXES: Final = {"m": "male", "f": "female"}
T = TypeVar("T")


def read_written_records(folder: Path = RECORDS) -> list[Example]:
    """All records, in the order of their files and lines. Raises SentenceError for a line that is not as said above."""
    return _read_all(folder, _examples)


def graded_records(folder: Path = RECORDS, second_reader: Path = SECOND_READER) -> list[dict[str, Any]]:
    """Those kept out of training, as a clinic would send them.

    Besides they have `level`, `condition`, `family`, `findings`, and `second_findings` where a second one marked them.
    """
    pairs = _read_all(folder, _pairs)
    kept = {id(example) for example in split_families(example for example, _ in pairs)[1]}
    second = dict(read_file(second_reader, _second))
    return [
        {"id": f"{example.family}-{number}", **document, **second.get(document["text"], {})}
        for number, (example, document) in enumerate(pairs) if id(example) in kept
    ]  # fmt: skip


def marked_records(folder: Path = RECORDS) -> list[dict[str, Any]]:
    """Those that training sees, as they are written: each finding with its words."""
    pairs = _read_all(folder, _lines)
    seen = {id(example) for example in split_families(example for example, _ in pairs)[0]}
    return [line for example, line in pairs if id(example) in seen]


def _read_all(folder: Path, read_line: Callable[[dict[str, Any]], Iterator[T]]) -> list[T]:
    return [row for path in sorted(folder.glob("*.jsonl")) for row in read_file(path, read_line)]


def _lines(line: dict[str, Any]) -> Iterator[tuple[Example, dict[str, Any]]]:
    """A line as a row, and as it is."""
    yield from ((example, line) for example in _examples(line))


def _pairs(line: dict[str, Any]) -> Iterator[tuple[Example, dict[str, Any]]]:
    """A line as a row, and as a record."""
    vitals = {name: line[column] for column, name in _VITALS.items() if line.get(column) is not None}
    known = {
        "text": line["text"], "lang": line["lang"], "age": line.get("age"), "sex": _SEXES.get(line.get("sex", "")),
        "vitals": vitals or None, "level": line["level"], "family": line["family"],
        "findings": [[key, assertion] for key, assertion, _ in line["findings"]],
        "condition": NO_CONDITION if line["condition"] is None else line["condition"],
    }  # fmt: skip
    document = {name: value for name, value in known.items() if value is not None}
    yield from ((example, document) for example in _examples(line))


def _second(line: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, assertion in line["findings"]:
        Assertion(assertion)
    yield line["text"], {"second_findings": line["findings"]}


def _examples(line: dict[str, Any]) -> Iterator[Example]:
    text, lang, condition = line["text"], line["lang"], line["condition"]
    if lang not in LANGUAGES:
        raise ValueError(f"unknown language {lang!r}")
    for _, assertion, words in line["findings"]:
        Assertion(assertion)
        if words not in text:
            raise ValueError("a finding is not in the text")
    known = line | {"pain": None if line.get("nrs_pain") is None else 1, "sex": _SEXES.get(line.get("sex", ""))}
    yield Example(
        record_line(known), lang, SOURCE, "A", "urgency", raw=text, family=line["family"],
        urgency=URGENCY_LEVELS.index(line["level"]),
        condition=CONDITION_CLASSES.index(NO_CONDITION if condition is None else condition),
    )  # fmt: skip
