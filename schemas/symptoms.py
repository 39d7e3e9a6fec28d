"""Symptom records, in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from schemas.base import Record
from schemas.measures import is_renamed, is_slipped, named, read_age, read_vitals, readings
from schemas.picture import Pictures, choose_pictures
from schemas.reasons import InvalidRecord, Reason
from schemas.text import MAX_TEXT, Identifier, Language, Line, Reference, Time, is_blank
from schemas.words import is_unknown, read_consciousness, read_injury, read_reference, read_sex, read_time

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
MAX_SYMPTOMS: Final = 64


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _without_blanks(lines: list[str]) -> list[str]:
    return [line for line in lines if not is_blank(line)]


Symptoms = Annotated[
    list[Line],
    Field(max_length=MAX_SYMPTOMS),
    AfterValidator(_without_blanks),
    BeforeValidator(_as_list, json_schema_input_type=Annotated[list[Line], Field(max_length=MAX_SYMPTOMS)] | Line),
]


class _InputPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Vitals(_InputPart):
    """Vital signs, each optional. What no living patient has is left out, and named in the verdict's `warnings`.

    This is what a good producer sends. More is understood: text such as `118 bpm`, `101.3 F` or `120/80`, usual names
    such as `hr` or `spo2`, a list or a line of readings; a temperature in Fahrenheit, a saturation as a fraction and
    a blood pressure in kilopascal are told by their size, converted, and named in `warnings`.
    """

    heart_rate: Number | None = Field(default=None, ge=0, le=400, description="beats a minute")
    respiratory_rate: Number | None = Field(default=None, ge=0, le=150, description="breaths a minute")
    systolic: Number | None = Field(default=None, ge=0, le=400, description="mmHg")
    diastolic: Number | None = Field(default=None, ge=0, le=300, description="mmHg")
    temperature: Number | None = Field(default=None, ge=20, le=46, description="degrees Celsius")
    saturation: Number | None = Field(default=None, ge=0, le=100, description="oxygen saturation, per cent")
    pain: Number | None = Field(default=None, ge=0, le=10, description="0 none to 10 worst")


class Context(_InputPart):
    """How the patient came. Letters of the AVPU scale, other words and the Glasgow Coma Scale are understood too."""

    injury: Annotated[bool, Field(strict=True)] | None = None
    arrival: Annotated[str, Field(max_length=64)] | None = Field(default=None, description="walking, ambulance, ...")
    consciousness: Literal["alert", "verbal", "pain", "unresponsive"] | None = Field(
        default=None, description="the AVPU scale"
    )


_SAYS_SOMETHING: JsonDict = {  # for the JSON Schema; the validator below is what counts
    "anyOf": [
        {"required": ["text"], "properties": {"text": {"type": "string"}}},
        {"required": ["symptoms"], "properties": {"symptoms": {"type": ["array", "string"]}}},
        {"required": ["images"], "properties": {"images": {"type": "array", "minItems": 1}}},
    ]
}


class SymptomRecord(Record):
    """`id` and one of `text`, `symptoms` and `images` are needed. The Kafka key should be the patient's reference.

    This is what a good producer sends. More is understood: other words, units, names and places of the optional fields.
    One that is not understood is left out, and named in the verdict's `warnings`: it never costs a patient the triage.
    """

    model_config = ConfigDict(json_schema_extra=_SAYS_SOMETHING)

    id: Identifier
    text: Line | None = Field(default=None, description="The complaint in free text.")
    symptoms: Symptoms | None = Field(default=None, description="The complaint as a list, or a single string.")
    patient: Reference | None = Field(default=None, description="Any stable reference; no name, please.")
    age: Number | None = Field(default=None, ge=0, le=130, description="years; 0.5 is six months, and so is `6 months`")
    sex: Literal["female", "male", "other"] | None = Field(default=None, description="F, 女, 2 are understood too.")
    body_part: Annotated[str, Field(max_length=128)] | None = None
    lang: Language | None = None
    time: Time | None = None
    vitals: Vitals | None = None
    context: Context | None = None
    images: Pictures | None = Field(default=None, description="Photographs of what the complaint is about.")

    READERS: ClassVar = {
        **Record.READERS,
        "id": read_reference,
        "patient": read_reference,
        "age": read_age,
        "sex": read_sex,
        "time": read_time,
    }

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.symptoms is None and not self.images:
            raise PydanticCustomError("missing", "one of text, symptoms and images is required")
        if not self.symptoms and is_blank(self.text or "") and not self.images:
            raise PydanticCustomError("empty_text", "nothing to read: no visible character in text or symptoms")
        if len(self.text or "") + sum(map(len, self.symptoms or ())) > MAX_TEXT:
            limit = {"limit": MAX_TEXT}
            raise PydanticCustomError("string_too_long", "text and symptoms have more than {limit} characters", limit)
        return self

    @property
    def said(self) -> str:
        return " ".join([self.text or "", *(self.symptoms or ())])

    @classmethod
    def is_canonical(cls, document: Mapping[str, Any]) -> bool:
        vitals, context = document.get("vitals"), document.get("context")
        if is_renamed(document, _FIELDS) or (context and is_renamed(context, _CONTEXT)):
            return False
        return not vitals or not (is_renamed(vitals, _VITALS) or is_slipped(vitals))

    @classmethod
    def canonical(cls, document: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
        elsewhere = named({name: value for name, value in document.items() if len(name) > 1})
        fields = super().canonical({**elsewhere, **_without_nulls(document)}, warnings)
        vitals = read_vitals({**elsewhere, **readings(document.get("vitals"), warnings)}, warnings)
        context = _read_context(document.get("context"), elsewhere, warnings)
        for name, part in (("vitals", vitals), ("context", context)):
            fields.pop(name, None)
            if part or isinstance(document.get(name), Mapping):
                fields[name] = part
        _choose_text(fields, warnings)
        choose_pictures(fields, warnings)
        return fields


_FIELDS: Final = frozenset(SymptomRecord.model_fields)
_VITALS: Final = frozenset(Vitals.model_fields)
_CONTEXT: Final = frozenset(Context.model_fields)


def _without_nulls(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}


def _read_context(context: object, elsewhere: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    if not isinstance(context, Mapping):
        if not is_unknown(context):
            warnings.append("context: not an object; left out")
        context = {}
    found = {**elsewhere, **named(context)}
    readers = {"injury": read_injury, "consciousness": read_consciousness}
    read = {name: readers.get(name, _as_it_is)(found.get(name)) for name in Context.model_fields}
    return _without_nulls(read)


def _as_it_is(value: object) -> object:
    return value


def _choose_text(fields: dict[str, Any], warnings: list[str]) -> None:
    """Keeps of the list what can be read beside the text, and leaves out a text that is none if there is a list."""
    text = fields.get("text")
    symptoms = fields.get("symptoms")
    if isinstance(symptoms, str):
        symptoms = [symptoms]
    if not isinstance(symptoms, list):
        return
    said = [item for item in symptoms if isinstance(item, str) and not is_blank(item)]
    if any(item is not None and not isinstance(item, str) for item in symptoms):
        warnings.append("symptoms: items that are no text; left out")
    room = MAX_TEXT - (len(text) if isinstance(text, str) else 0)
    ends = accumulate(map(len, said))
    kept = [item for item, end in zip(said[:MAX_SYMPTOMS], ends, strict=False) if end <= room]
    if len(kept) < len(said):
        if not kept and (not isinstance(text, str) or is_blank(text)):
            raise InvalidRecord(Reason.TEXT_TOO_LONG, f"symptoms: more than {MAX_TEXT} characters")
        warnings.append("symptoms: more than is read; only the first were kept")
    fields["symptoms"] = kept
    if text is not None and not isinstance(text, str) and kept:
        del fields["text"]
        warnings.append("text: no text; left out, because there are symptoms")
