"""Pictures that come with a record: inside of it, or where they lie."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

MAX_PICTURES: Final = 4
MAX_INLINE_BYTES: Final = 262_144
"""Of a picture inside a record, decoded: four of them and their base64 stay near a message's megabyte."""
_LONGEST_BASE64: Final = 4 * -(-MAX_INLINE_BYTES // 3)


def _is_base64(data: str) -> str:
    """As text it stays; whoever looks at the picture decodes it once more, in a thread."""
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("base64", "not base64 of the standard alphabet") from None
    return data


def _lower(word: str) -> str:
    return word.lower()


class Picture(BaseModel):
    """One of `data` and `ref` is needed; the others are checked where they are given."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    data: Annotated[str, Field(strict=True, max_length=_LONGEST_BASE64), AfterValidator(_is_base64)] | None = Field(
        default=None, description="The file itself, base64, at most 256 KB decoded."
    )
    ref: Annotated[str, Field(strict=True, min_length=1, max_length=1024)] | None = Field(
        default=None, description="Its path inside the picture store that the service is set up with; never a URL."
    )
    sha256: Annotated[str, Field(strict=True, pattern="^[0-9a-fA-F]{64}$"), AfterValidator(_lower)] | None = Field(
        default=None, description="Of the file; a picture with another one is not looked at."
    )
    media_type: Annotated[str, Field(strict=True, max_length=64)] | None = Field(
        default=None, description="A hint; the file itself says what it is."
    )
    size: Annotated[int, Field(strict=True, ge=1)] | None = Field(default=None, description="Bytes of the file.")

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.data is None) == (self.ref is None):
            raise PydanticCustomError("one_place", "a picture has one of data and ref")
        return self


Pictures = Annotated[list[Picture], Field(max_length=MAX_PICTURES)]


def choose_pictures(fields: dict[str, Any], warnings: list[str]) -> None:
    """Keeps of a record's `images` those that can be looked at, and leaves out a text that is none beside them."""
    given = fields.pop("images", None)
    kept = _kept(given, warnings)
    if kept or given == []:  # an empty list is how the schema itself may say that there are none
        fields["images"] = kept
    if kept and "text" in fields and not isinstance(fields["text"], str) and fields.pop("text") is not None:
        warnings.append("text: no text; left out, because there are images")


def _kept(given: object, warnings: list[str]) -> list[object]:
    """Adds a warning for each that cannot be looked at, and for what is more than allowed."""
    if given is None:
        return []
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, list):
        warnings.append("images: not a list; left out")
        return []
    if len(given) > MAX_PICTURES:
        warnings.append(f"images: more than {MAX_PICTURES}; only the first were kept")
    return [one for number, one in enumerate(given[:MAX_PICTURES]) if _is_one(one, number, warnings)]


def _is_one(given: object, number: int, warnings: list[str]) -> bool:
    try:
        Picture.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(["images", str(number), *(str(part) for part in fault["loc"])])
        warnings.append(f"{where}: {fault['msg'].removeprefix('Input ').removeprefix('String ')}; left out")
        return False
    return True
