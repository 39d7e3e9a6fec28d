"""Symptom records, in."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from schemas.base import Input
from schemas.text import MAX_TEXT, Identifier, Language, Line, Reference, Time, is_blank

Number = Annotated[float, Field(strict=True)]
_SEXES = {"f": "female", "female": "female", "女": "female", "m": "male", "male": "male", "男": "male"}


def _sex(value: object) -> object:
    return _SEXES.get(value.strip().lower(), value.strip().lower()) if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _without_blanks(lines: list[str]) -> list[str]:
    return [line for line in lines if not is_blank(line)]


Sex = Annotated[
    Literal["female", "male", "other"],
    BeforeValidator(_sex, json_schema_input_type=Literal["female", "male", "other", "f", "m", "女", "男"]),
]
Symptoms = Annotated[
    list[Line],
    Field(max_length=64),
    AfterValidator(_without_blanks),
    BeforeValidator(_as_list, json_schema_input_type=Annotated[list[Line], Field(max_length=64)] | Line),
]


class _InputPart(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Vitals(_InputPart):
    """Vital signs, each optional; a value no living patient has is an error of the device or of a unit."""

    heart_rate: Number | None = Field(default=None, ge=0, le=400, description="beats a minute")
    respiratory_rate: Number | None = Field(default=None, ge=0, le=150, description="breaths a minute")
    systolic: Number | None = Field(default=None, ge=0, le=400, description="mmHg")
    diastolic: Number | None = Field(default=None, ge=0, le=300, description="mmHg")
    temperature: Number | None = Field(default=None, ge=20, le=46, description="degrees Celsius")
    saturation: Number | None = Field(default=None, ge=0, le=100, description="oxygen saturation, per cent")
    pain: Number | None = Field(default=None, ge=0, le=10, description="0 none to 10 worst")


class Context(_InputPart):
    """How the patient came."""

    injury: Annotated[bool, Field(strict=True)] | None = None
    arrival: Annotated[str, Field(max_length=64)] | None = Field(default=None, description="walking, ambulance, ...")
    consciousness: Literal["alert", "verbal", "pain", "unresponsive"] | None = Field(
        default=None, description="the AVPU scale"
    )


_SAYS_SOMETHING: JsonDict = {  # for the JSON Schema; the validator below is what counts
    "anyOf": [
        {"required": ["text"], "properties": {"text": {"type": "string"}}},
        {"required": ["symptoms"], "properties": {"symptoms": {"type": ["array", "string"]}}},
    ]
}


class SymptomRecord(Input):
    """`id` and one of `text` and `symptoms` are needed. The Kafka key should be the patient's reference."""

    model_config = ConfigDict(json_schema_extra=_SAYS_SOMETHING)

    id: Identifier
    text: Line | None = Field(default=None, description="The complaint in free text.")
    symptoms: Symptoms | None = Field(default=None, description="The complaint as a list, or a single string.")
    patient: Reference | None = Field(default=None, description="Any stable reference; no name, please.")
    age: Number | None = Field(default=None, ge=0, le=130, description="years; 0.5 is six months")
    sex: Sex | None = None
    body_part: Annotated[str, Field(max_length=128)] | None = None
    lang: Language | None = None
    time: Time | None = None
    vitals: Vitals | None = None
    context: Context | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.symptoms is None:
            raise PydanticCustomError("missing", "one of text and symptoms is required")
        if not self.symptoms and is_blank(self.text or ""):
            raise PydanticCustomError("empty_text", "nothing to read: no visible character in text or symptoms")
        if len(self.text or "") + sum(map(len, self.symptoms or ())) > MAX_TEXT:
            limit = {"limit": MAX_TEXT}
            raise PydanticCustomError("string_too_long", "text and symptoms have more than {limit} characters", limit)
        return self
