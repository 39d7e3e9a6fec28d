"""What every table of a policy is made of."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.labels import POST_LABELS
from streams.errors import TidegateError

DAY_S: Final = 86400.0
LONGEST_WINDOW_S: Final = 31 * DAY_S
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


class PolicyError(TidegateError):
    """The policy file cannot be used. The message is one sentence that names the key."""

    exit_code = 2


class Action(IntEnum):
    """What happens to a post, by severity."""

    ALLOW = 0
    LIMIT = 1
    REVIEW = 2
    REMOVE = 3


def _known(label: str) -> str:
    if label not in POST_LABELS:
        raise ValueError(f"is not a label; the labels are {', '.join(POST_LABELS)}")
    return label


Label = Annotated[str, AfterValidator(_known)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""Of a rule, a list or a set of keywords."""
Probability = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]
Language = Literal["en", "zh", "other"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh", "other")
Point = Literal["strict", "balanced", "lenient"]
Seconds = Annotated[float, Field(gt=0.0, le=LONGEST_WINDOW_S, strict=True)]


class Table(BaseModel):
    """A key that nobody reads is an error: it was meant to decide something."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)
