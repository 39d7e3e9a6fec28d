"""An optional field never costs a record its verdict: it is understood, or left out and named in the warnings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas import InvalidRecord, Post, Reason, SymptomRecord
from schemas.base import MAX_WARNINGS, Record
from schemas.examples import POST, SYMPTOM_RECORD
from schemas.spellings import CONSCIOUSNESS, FIELDS, INJURED, SEXES, UNKNOWN
from schemas.text import MAX_TEXT

MAX_BYTES = 1 << 20
SECRET = "xyzzy"


def record(**fields: Any) -> SymptomRecord:
    return SymptomRecord.decode(json.dumps({"id": "1", "text": "pressure on the chest", **fields}).encode(), MAX_BYTES)


def post(**fields: Any) -> Post:
    return Post.decode(json.dumps({"id": "1", "text": "see you on the pier", **fields}).encode(), MAX_BYTES)


def vitals(given: Any) -> dict[str, Any]:
    read = record(vitals=given)
    assert read.warnings == ()
    return read.vitals.model_dump(exclude_none=True) if read.vitals else {}


@pytest.mark.parametrize(
    ("said", "sex"),
    [
        ("FEMALE", "female"),
        (" w. f. ", None),
        ("F.", "female"),
        ("女性", "female"),
        ("女 (F)", "female"),
        (2, "female"),
        ("Ｍ", "male"),
        ("M - male", "male"),
        (1.0, "male"),
        ("Non-Binary", "other"),
        ("Not known", None),
        ("不详", None),
        (9, None),
        ("", None),
        ("?", None),
    ],
)
def test_sex(said: object, sex: str | None) -> None:
    read = record(sex=said)
    assert read.sex == sex
    assert bool(read.warnings) == (said == " w. f. ")


@pytest.mark.parametrize("said", [3, "1.5", True, [], {"code": "F"}, "F/M", SECRET, "f" * 99])
def test_a_sex_that_says_nothing_known_is_left_out(said: object) -> None:
    read = record(sex=said)
    assert (read.sex, read.warnings) == (None, ("sex: should be 'female', 'male' or 'other'; left out",))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("A", "alert"),
        ("v", "verbal"),
        ("P (pain)", "pain"),
        ("U", "unresponsive"),
        ("Responds to voice", "verbal"),
        ("NEW CONFUSION", "verbal"),
        ("神志清楚", "alert"),
        ("嗜睡", "verbal"),
        ("深昏迷", "unresponsive"),
        (15, "alert"),
        (14.0, "verbal"),
        ("GCS 13/15", "verbal"),
        ("E2V2M4", "pain"),
        ("E1 V1 M3", "unresponsive"),
        (3, "unresponsive"),
        ("unknown", None),
    ],
)
def test_consciousness(said: object, state: str | None) -> None:
    read = record(context={"consciousness": said})
    assert read.context is not None
    assert (read.context.consciousness, read.warnings) == (state, ())


@pytest.mark.parametrize("said", ["not alert", "alert to pain", 2, 16, "E5V5M6", True, ["A"], SECRET])
def test_a_state_that_is_not_sure_is_left_out(said: object) -> None:
    read = record(context={"consciousness": said})
    assert read.context is not None
    assert read.context.consciousness is None
    assert [warning.split(":")[0] for warning in read.warnings] == ["context.consciousness"]


@pytest.mark.parametrize(
    ("said", "injury"),
    [("Yes", True), (1, True), ("是", True), ("n", False), (0, False), ("没有", False), ("n/a", None)],
)
def test_injury(said: object, injury: bool | None) -> None:
    read = record(context={"injury": said})
    assert read.context is not None
    assert (read.context.injury, read.warnings) == (injury, ())


@pytest.mark.parametrize(
    ("said", "years"),
    [
        ("58", 58),
        ("58 years", 58),
        ("58yo", 58),
        ("90+", 90),
        ("５８岁", 58),
        ("6 months", 0.5),
        ("18个月", 1.5),
        ("3 wks", 0.0575),
        ("10天", 0.0274),
        ("2 years, 3 months", 2.25),
        ("1岁6个月", 1.5),
        ("2/12", 0.1667),
        ("3/52", 0.0575),
        ("10/7", 0.0274),
        ("36 hours", 0.0041),
        ("Newborn", 0),
        ("新生儿", 0),
        ({"value": 9, "unit": "mo"}, 0.75),
        ({"value": 9}, 9),
        ("未知", None),
    ],
)
def test_age(said: object, years: float | None) -> None:
    read = record(age=said)
    assert (read.age, read.warnings) == (years, ())


@pytest.mark.parametrize(
    "said", ["45M", "6 m", "old", "3-4", 212, -1, "200 years", True, [58], float("nan"), "1966-02-01", "5/12/1980"]
)
def test_an_age_that_is_none_is_left_out(said: object) -> None:
    read = record(age=said)
    assert read.age is None
    assert [warning.split(":")[0] for warning in read.warnings] == ["age"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"heart_rate": "118 bpm", "respiratory_rate": "22/min"}, {"heart_rate": 118, "respiratory_rate": 22}),
        ({"heart_rate": "约 118 次/分", "saturation": "97 % on air"}, {"heart_rate": 118, "saturation": 97}),
        ({"temperature": "38,5 ℃"}, {"temperature": 38.5}),
        ({"temperature": "38.5 forehead"}, {"temperature": 38.5}),
        ({"temperature": "101.3°F"}, {"temperature": 38.5}),
        ({"temperature": {"value": 101.3, "unit": "[degF]"}}, {"temperature": 38.5}),
        ({"systolic": "118/76 mmHg"}, {"systolic": 118, "diastolic": 76}),
        ({"bp": "118 / 76", "systolic": 121}, {"systolic": 121, "diastolic": 76}),
        ({"blood_pressure": [118, 76]}, {"systolic": 118, "diastolic": 76}),
        ({"Blood Pressure": {"sys": "118", "dia": 76}}, {"systolic": 118, "diastolic": 76}),
        ({"nibp": "16/10 kPa"}, {"systolic": 120, "diastolic": 75}),
        ({"systolic": "21 mmHg"}, {"systolic": 21}),
        ({"pain": "7/10"}, {"pain": 7}),
        ({"HR": 118, "SpO2": "97", "RR": 22, "temp": 38.5}, None),
        ({"pulse": 99, "heart_rate": 118}, {"heart_rate": 118}),
        ({"pulse": 99, "heart_rate": None}, {"heart_rate": 99}),
        ({"heart_rate": "n/a", "temperature": "", "saturation": "未测"}, {}),
        ("HR 118, SpO2: 97%; RR=22 T 38.5C", None),
        ("脉搏118次/分 血氧饱和度97% 呼吸22 体温38.5℃", None),
        ('{"heart_rate": 118, "saturation": 97, "rr": 22, "temperature": 38.5}', None),
        ([{"name": "HR", "value": 118}, {"spo2": 97, "rr": 22}, "temp 38.5", None], None),
        ([{"type": "vital", "code": "BP", "value": "118/76"}], {"systolic": 118, "diastolic": 76}),
        ("unknown", {}),
        ([], {}),
    ],
)
def test_vital_signs_in_many_forms(given: Any, read: dict[str, float] | None) -> None:
    usual = {"heart_rate": 118, "saturation": 97, "respiratory_rate": 22, "temperature": 38.5}
    assert vitals(given) == (usual if read is None else read)


def test_names_of_other_systems_are_known_beside_the_record_too() -> None:
    read = record(gender="M", hr=118, BP="118/76", avpu="V", trauma="yes", Age="58", arrival="on foot", p=5)
    assert (read.sex, read.age, read.warnings) == ("male", 58, ())
    assert read.vitals is not None
    assert read.vitals.model_dump(exclude_none=True) == {"heart_rate": 118, "systolic": 118, "diastolic": 76}
    assert read.context is not None
    assert read.context.model_dump() == {"injury": True, "arrival": "on foot", "consciousness": "verbal"}


@pytest.mark.parametrize(
    ("given", "read", "said"),
    [
        ({"temperature": 98.6}, {"temperature": 37.0}, ["vitals.temperature: read as degrees Fahrenheit"]),
        ({"temperature": "104"}, {"temperature": 40.0}, ["vitals.temperature: read as degrees Fahrenheit"]),
        ({"saturation": 0.97}, {"saturation": 97}, ["vitals.saturation: read as a fraction of 1"]),
        (
            {"systolic": 16, "diastolic": 10},
            {"systolic": 120, "diastolic": 75},
            ["vitals.systolic: read as kilopascal", "vitals.diastolic: read as kilopascal"],
        ),
        (
            {"systolic": 24.5, "diastolic": 95},
            {"systolic": 184, "diastolic": 95},
            ["vitals.systolic: read as kilopascal"],
        ),
        (
            {"systolic": 80, "diastolic": 120},
            {"systolic": 120, "diastolic": 80},
            ["vitals.systolic: below diastolic; the two were swapped"],
        ),
        ({"systolic": 90, "diastolic": 15}, {"systolic": 90, "diastolic": 15}, []),
        ({"systolic": 0, "diastolic": 60}, {"systolic": 0, "diastolic": 60}, []),
        ({"systolic": 0, "saturation": 0, "heart_rate": 0}, {"systolic": 0, "saturation": 0, "heart_rate": 0}, []),
    ],
)
def test_a_unit_that_the_size_betrays_is_converted_and_said(
    given: dict[str, Any], read: dict[str, float], said: list[str]
) -> None:
    found = record(vitals=given)
    assert found.vitals is not None
    assert found.vitals.model_dump(exclude_none=True) == read
    assert list(found.warnings) == said


@pytest.mark.parametrize(
    "given",
    [
        {"heart_rate": 900},
        {"temperature": 60},
        {"temperature": 385},
        {"saturation": 101},
        {"pain": "3/5"},
        {"heart_rate": "110-120"},
        {"heart_rate": "fast"},
        {"heart_rate": True},
        {"heart_rate": [118]},
        {"heart_rate": float("inf")},
        {"temperature": "38.5 F"},
    ],
)
def test_a_vital_sign_that_nobody_has_is_left_out_and_the_others_stay(given: dict[str, Any]) -> None:
    read = record(vitals={"respiratory_rate": 22, **given})
    assert read.vitals is not None
    assert read.vitals.model_dump(exclude_none=True) == {"respiratory_rate": 22}
    (name,) = given
    assert [warning.split(":")[0] for warning in read.warnings] == [f"vitals.{name}"]


@pytest.mark.parametrize("field", ["vitals", "context"])
@pytest.mark.parametrize("given", [5, SECRET, [SECRET], True])
def test_a_part_that_is_none_is_left_out(field: str, given: object) -> None:
    read = record(**{field: given})
    assert getattr(read, field) is None
    assert [warning.split(":")[0] for warning in read.warnings] == [field]


@pytest.mark.parametrize(
    ("fields", "text", "symptoms", "warned"),
    [
        ({"symptoms": ["cough", None, 5, {"name": "fever"}]}, True, ["cough"], ["symptoms"]),
        ({"symptoms": ["cough", None, ""]}, True, ["cough"], []),
        ({"symptoms": {"cough": True}}, True, None, ["symptoms"]),
        ({"symptoms": ["cough"] * 70}, True, ["cough"] * 64, ["symptoms"]),
        ({"symptoms": ["a" * 15_000, "b" * 15_000]}, True, ["a" * 15_000], ["symptoms"]),
        ({"symptoms": ["a" * (MAX_TEXT + 1)]}, True, [], ["symptoms"]),
        ({"text": ["cough"], "symptoms": "cough"}, False, ["cough"], ["text"]),
        ({"text": None, "symptoms": [5, "cough"]}, False, ["cough"], ["symptoms"]),
    ],
)
def test_what_is_said_is_kept(
    fields: dict[str, Any], text: bool, symptoms: list[str] | None, warned: list[str]
) -> None:
    read = record(**fields)
    assert ((read.text is not None), read.symptoms) == (text, symptoms)
    assert [warning.split(":")[0] for warning in read.warnings] == warned


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": None}, Reason.MISSING_FIELD),
        ({"text": None, "symptoms": [5, None]}, Reason.EMPTY_TEXT),
        ({"text": None, "symptoms": {"cough": True}}, Reason.MISSING_FIELD),
        ({"text": ["cough"], "symptoms": [5]}, Reason.WRONG_TYPE),
        ({"text": "a" * (MAX_TEXT + 1), "symptoms": ["cough"]}, Reason.TEXT_TOO_LONG),
        ({"text": "", "symptoms": ["a" * (MAX_TEXT + 1)]}, Reason.TEXT_TOO_LONG),
    ],
)
def test_only_a_record_that_says_nothing_is_refused(fields: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(InvalidRecord) as caught:
        record(**fields)
    assert caught.value.reason is reason


EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("said", "time"),
    [
        (1_795_511_700, datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        (1_795_511_700.5, datetime(2026, 11, 24, 9, 15, 0, 500_000, UTC)),
        (1_795_511_700_250, datetime(2026, 11, 24, 9, 15, 0, 250_000, UTC)),
        (1_795_511_700_000_000, datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        (1_795_511_700_000_000_000, datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        ("1795511700", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        ("20261124T171500+0800", datetime(2026, 11, 24, 17, 15, tzinfo=EAST)),
        (" 2026-11-24T17:15+08 ", datetime(2026, 11, 24, 17, 15, tzinfo=EAST)),
        ("20261124091500", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        ("20261124", datetime(2026, 11, 24)),  # noqa: DTZ001 - a day says no zone
        ("2026-11-24T09:15:00.123456789Z", datetime(2026, 11, 24, 9, 15, 0, 123_456, UTC)),
        ("", None),
    ],
)
def test_times(said: object, time: datetime | None) -> None:
    for read in (post(time=said), record(time=said)):
        assert (read.time, read.warnings) == (time, ())


@pytest.mark.parametrize("said", [SECRET, "24.11.2026", 10**21, 1e300, float("nan"), True, [], {}])
def test_a_time_that_is_none_is_left_out(said: object) -> None:
    read = post(time=said)
    assert read.time is None
    assert [warning.split(":")[0] for warning in read.warnings] == ["time"]


@pytest.mark.parametrize(
    "fields",
    [
        {"author": {"name": SECRET}},
        {"author": SECRET * 60},
        {"author": True},
        {"thread": [SECRET]},
        {"lang": 5},
        {"lang": SECRET * 8},
        {"kind": SECRET * 8},
        {"kind": {}},
        {"schema_version": 0},
        {"schema_version": SECRET},
        {"schema_version": 1.5},
    ],
)
def test_an_optional_field_of_a_post_is_left_out_and_named(fields: dict[str, Any]) -> None:
    (name,) = fields
    read = post(**fields)
    assert getattr(read, name) == (1 if name == "schema_version" else None)
    (warning,) = read.warnings
    assert warning.startswith(f"{name}: ")
    assert warning.endswith("; left out")


@pytest.mark.parametrize(("said", "version"), [("1", 1), (1.0, 1), (7, 7), ("2", 2)])
def test_a_newer_or_written_version_is_read(said: object, version: int) -> None:
    read = post(schema_version=said)
    assert (read.schema_version, read.warnings) == (version, ())


def test_nulls_are_absent() -> None:
    for model in (Post, SymptomRecord):
        nulls = dict.fromkeys(model.model_fields.keys() - {"id", "text"})
        read = model.decode(orjson.dumps({"id": "1", "text": "hi", **nulls}), MAX_BYTES)
        assert (read, read.warnings) == (model.decode(b'{"id":"1","text":"hi"}', MAX_BYTES), ())


def test_no_producer_can_send_warnings() -> None:
    assert post(warnings=[SECRET]).warnings == ()


def test_warnings_are_bounded() -> None:
    wrong = dict.fromkeys((*FIELDS, "lang", "time", "patient", "schema_version"), 2000000000.0)
    read = record(**wrong, vitals=wrong, context=wrong)
    assert 10 < len(read.warnings) <= MAX_WARNINGS
    lots = SymptomRecord.read({"id": "1", "text": "hi"}, [f"record: {number}" for number in range(MAX_WARNINGS + 1)])
    assert len(lots.warnings) == MAX_WARNINGS
    assert lots.warnings[-1] == "record: more was wrong than is listed here"


@pytest.mark.parametrize(("model", "document"), [(Post, POST), (SymptomRecord, SYMPTOM_RECORD)])
def test_a_canonical_record_is_the_same_on_either_way(model: type[Record], document: dict[str, Any]) -> None:
    read = model.read(document)
    assert (read, read.warnings) == (model.decode(orjson.dumps(document), MAX_BYTES), ())


@pytest.mark.parametrize("table", [SEXES, CONSCIOUSNESS, INJURED, FIELDS], ids=["sex", "state", "injury", "fields"])
def test_no_spelling_has_two_meanings(table: dict[Any, tuple[str, ...]]) -> None:
    words = [word for spellings in table.values() for word in spellings]
    assert len(set(words)) == len(words)
    if table is not INJURED:
        assert not set(words) & set(UNKNOWN)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
_WORDS = st.sampled_from([word for words in (*SEXES.values(), *CONSCIOUSNESS.values(), UNKNOWN) for word in words])
_NUMBERS = st.floats(-10, 500) | st.integers(-10, 500)
_MEASURES = st.builds("{}{}{}".format, _NUMBERS, st.sampled_from(["", " ", "/", "-"]), _NUMBERS | _WORDS)
_VALUES = _JSON | _WORDS | _NUMBERS | _MEASURES
_NAMES = st.sampled_from(
    sorted({*Post.model_fields, *SymptomRecord.model_fields} - {"id", "text"})
    + [word for words in FIELDS.values() for word in words]
)
_FIELDS = st.dictionaries(
    _NAMES | st.text(max_size=9), _VALUES | st.dictionaries(_NAMES, _VALUES, max_size=6), max_size=8
)


@settings(max_examples=400, deadline=None)
@given(fields=_FIELDS, text=st.text(max_size=40).map("hi {}".format))
@example(fields={"vitals": {"blood_pressure": {"value": "120/80"}}, "symptoms": [["a"]]}, text="hi")
def test_whatever_the_other_fields_hold_there_is_a_record(fields: dict[str, Any], text: str) -> None:
    value = json.dumps({**fields, "id": "1", "text": text}).encode()
    for model in (Post, SymptomRecord):
        read = model.decode(value, MAX_BYTES)
        assert read.said.startswith(text)
        assert read.model_dump_json()
        assert len(read.warnings) <= MAX_WARNINGS


@settings(max_examples=200, deadline=None)
@given(fields=_FIELDS)
@example(fields={"vitals": {"systolic": "0/6", "saturation": 0.01}})
@example(fields={"systolic": -1, "diastolic": "0.0/8.4"})
@example(fields={"images": [], "symptoms": [], "vitals": {}, "context": {}})
def test_what_was_understood_stays_as_it_is(fields: dict[str, Any]) -> None:
    """A record in the schema's own words is read as it stands, on the quick way and without a warning."""
    for schema in (Post, SymptomRecord):
        read = schema.decode(json.dumps({**fields, "id": "1", "text": "hi"}).encode(), MAX_BYTES)
        plain = read.model_dump(mode="json", exclude_none=True)
        again = schema.read(plain)
        assert again.model_dump(exclude_none=True) == schema.model_validate(plain).model_dump(exclude_none=True)


@settings(max_examples=300, deadline=None)
@given(
    fields=st.dictionaries(_NAMES, _JSON | st.just(SECRET) | st.just([SECRET]) | st.just({"name": SECRET}), max_size=8)
)
def test_warnings_never_quote_the_record(fields: dict[str, Any]) -> None:
    told = [*record(**{**fields, "symptoms": [SECRET, 5]}).warnings, *post(**fields).warnings]
    assert not [warning for warning in told if SECRET in warning or "\n" in warning or ": " not in warning]
