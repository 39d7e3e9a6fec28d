"""Vital signs and ages, however they are written: as text, in other units, under other names, as a list or one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

from schemas.spellings import FIELDS, KILOPASCAL, NEWBORN, SAME, SLIPS, SWAPPED_ABOVE, UNITS, Unit
from schemas.words import MAX_WORD, by_spelling, is_unknown, plain, squash

VITALS: Final = ("heart_rate", "respiratory_rate", "systolic", "diastolic", "temperature", "saturation", "pain")
_LONGEST_LINE: Final = 1_000  # characters of vital signs in one line of text
HIGHEST: Final = 400.0  # no vital sign has a higher number, in any unit
_DECIMALS: Final = {"age": 4, "systolic": 0, "diastolic": 0}  # of what was converted; 1 otherwise

_NUMBER: Final = r"-?\d{1,9}(?:[.,]\d{1,9})?"
_ABOUT: Final = r"[\s<>≤≥≈~=+约]*"
_PAIR: Final = re.compile(rf"{_ABOUT}({_NUMBER})\s*/\s*({_NUMBER})(?![\d/])(.*)", re.ASCII | re.DOTALL)
_NEXT_NUMBER: Final = re.compile(r"\s*[-–~/至到]\s*\d")


def _one_of(words: Mapping[str, Any] | list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_QUANTITIES: Final = {
    name: re.compile(rf"{_ABOUT}({_NUMBER})(?:[\s°.+]*({_one_of(UNITS.get(name, {'%': SAME}))})(?![a-z]))?", re.ASCII)
    for name in (*VITALS, "age")
}
_QUIET_SLIPS: Final = tuple((name, slip.above, slip.up_to) for name, slip in SLIPS.items() if name != "temperature")
"""Those that lie within what the schema allows: in Fahrenheit nobody's temperature does."""
_NAMES: Final = by_spelling(FIELDS)
_SPACED: Final = {word.replace(" ", "_"): name for name, words in FIELDS.items() for word in words}
_READING: Final = re.compile(
    rf"(?<![a-z])({_one_of(_SPACED).replace('_', '[ _-]?')})[\s:=：\"'_]{{0,4}}"
    rf"({_NUMBER}(?:\s?/\s?{_NUMBER})?)(?=(.{{0,16}}))",
    re.ASCII,
)


def is_renamed(fields: Mapping[str, Any], own: Set[str]) -> bool:
    """Whether there is a field that the schema has under another name, or in another place."""
    if fields.keys() <= own:
        return False
    return any(len(word) > 1 and word in _NAMES for word in map(squash, fields.keys() - own))


def is_slipped(vitals: Mapping[str, float | None]) -> bool:
    """Whether a reading must be in another unit, or the two pressures the wrong way round."""
    for name, above, up_to in _QUIET_SLIPS:
        if above < (vitals.get(name) or 0) <= up_to:
            return True
    return SWAPPED_ABOVE < (vitals.get("systolic") or 0) < (vitals.get("diastolic") or 0)


def named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of these fields, by the schema's names; one in the schema's own words counts first."""
    found: dict[str, Any] = {}
    for name, value in sorted(fields.items(), key=lambda field: field[0] not in FIELDS):
        own = _NAMES.get(squash(name))
        if own is not None and value is not None:
            found.setdefault(own, value)
    return found


def readings(vitals: object, warnings: list[str]) -> dict[str, Any]:
    """What an object, a list or a line of vital signs holds, by the schema's names; the values as they came."""
    found: dict[str, Any] = {}
    for item in vitals if isinstance(vitals, list) else [vitals]:
        pairs = _pairs(item)
        if not pairs and item and not is_unknown(item):
            warnings.append("vitals: no reading found in it, or in a part of it; left out")
        found = {**dict(pairs), **found}
    return found


def _pairs(item: object) -> Iterable[tuple[str, Any]]:
    if isinstance(item, Mapping):
        labels = {item[key]: item for key in ("name", "type", "code") if isinstance(item.get(key), str)}
        return named(labels if "value" in item else item).items()
    if isinstance(item, str) and len(item) <= _LONGEST_LINE:
        return [(_NAMES[squash(match[1])], match[2] + match[3]) for match in _READING.finditer(plain(item))]
    return ()


def read_vitals(found: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    """Readings in the schema's units. What is no number stays as it came: the schema refuses that."""
    raw = _split_pressures(found)
    vitals: dict[str, Any] = {}
    units: dict[str, Unit] = {}
    for name in VITALS:
        value = raw.get(name)
        if is_unknown(value):
            continue
        number, unit = _quantity(name, value)
        if number is None or not 0 <= number <= HIGHEST:  # nor does it say in which unit the others are
            vitals[name] = value
            continue
        units[name] = unit or _unit_by_size(name, number, units)
        if units[name] != (unit or SAME):
            warnings.append(f"vitals.{name}: read as {SLIPS[name].called}")
        vitals[name] = _in_own_unit(name, number, units[name])
    if units.keys() >= {"systolic", "diastolic"} and SWAPPED_ABOVE < vitals["systolic"] < vitals["diastolic"]:
        vitals["systolic"], vitals["diastolic"] = vitals["diastolic"], vitals["systolic"]
        warnings.append("vitals.systolic: below diastolic; the two were swapped")
    return vitals


def read_age(value: object) -> object:
    """Years; `2 years 3 months` counts both, and a newborn is 0."""
    value = _without_wrapping(value)
    if is_unknown(value):
        return None
    if not isinstance(value, str) or len(value) > MAX_WORD:
        return value
    text = plain(value)
    if text in NEWBORN:
        return 0.0
    terms: list[float] = []
    while (term := _QUANTITIES["age"].match(text)) is not None and (term[2] or not terms):
        if term[2] is None:  # a bare number is in years, unless something else stands behind it
            return value if text[term.end() :].strip(" .+") else _as_number(term[1])
        terms.append(_in_own_unit("age", _as_number(term[1]), UNITS["age"][term[2]]))
        text = text[term.end() :].lstrip(" ,")
    is_date = text.startswith("/")  # 5/12/1980 is no 5/12, as five months are written
    return sum(terms) if terms and not is_date else value


def _split_pressures(found: Mapping[str, Any]) -> dict[str, Any]:
    """`120/80` belongs to two fields, wherever it stands; a field of its own counts before it."""
    raw = {name: _without_wrapping(value) for name, value in found.items()}
    both = [raw.pop("blood_pressure", None)]
    both += [raw.pop(name) for name in ("systolic", "diastolic") if _pair(raw.get(name)) is not None]
    for value in both:
        for name, part in zip(("systolic", "diastolic"), _pair(value) or (value, None), strict=True):
            if raw.get(name) is None:
                raw[name] = part
    return raw


def _pair(value: object) -> tuple[Any, Any] | None:
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1]
    if isinstance(value, Mapping):
        parts = named(value)
        return (parts.get("systolic"), parts.get("diastolic")) if parts else None
    match = _PAIR.match(plain(value)) if isinstance(value, str) and len(value) <= MAX_WORD else None
    return (match[1] + match[3], match[2] + match[3]) if match else None


def _without_wrapping(value: object) -> object:
    """The text of a number and unit that are kept as `{"value": 38.5, "unit": "C"}`."""
    if not isinstance(value, Mapping) or "value" not in value:
        return value
    number, unit = value["value"], value.get("unit")
    return f"{number} {unit}" if isinstance(unit, str) and isinstance(number, (str, int, float)) else number


def _quantity(name: str, value: object) -> tuple[float | None, Unit | None]:
    """The number, and the unit where there is one with it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value, None
    if not isinstance(value, str) or len(value) > MAX_WORD:
        return None, None
    text = plain(value)
    match = _QUANTITIES[name].match(text)
    if match is None or (match[2] is None and _NEXT_NUMBER.match(text, match.end())):  # 110-120, 3/5
        return None, None
    return _as_number(match[1]), UNITS.get(name, {}).get(match[2])


def _as_number(digits: str) -> float:
    return float(digits.replace(",", "."))


def _unit_by_size(name: str, number: float, units: Mapping[str, Unit]) -> Unit:
    """A diastolic pressure is in the unit of its systolic one, where there is one."""
    slip = SLIPS.get(name)
    if slip is None or not slip.above < number <= slip.up_to:
        return SAME
    return SAME if name == "diastolic" and units.get("systolic", KILOPASCAL) != KILOPASCAL else slip.unit


def _in_own_unit(name: str, number: float, unit: Unit) -> float:
    factor, offset = unit
    return number if unit == SAME else round(number * factor + offset, _DECIMALS.get(name, 1))
