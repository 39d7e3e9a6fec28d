"""The policy: which scores become labels, actions and alerts. Read from TOML, checked before anything starts."""

from __future__ import annotations

import tomllib
from enum import IntEnum
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.artifact import DEFAULT_POINT
from models.labels import POST_LABELS
from streams.errors import TidegateError

POLICY: Final = Path(__file__).with_name("policy.toml")


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
Probability = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]
Language = Literal["en", "zh", "other"]
Seconds = Annotated[float, Field(gt=0.0, le=31 * 86400.0, strict=True)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ActionScores(_Table):
    """The lowest score for each action; None: never."""

    limit: Probability | None = None
    review: Probability | None = None
    remove: Probability | None = None

    @model_validator(mode="after")
    def _rises(self) -> ActionScores:
        scores = [score for score in (self.limit, self.review, self.remove) if score is not None]
        if scores != sorted(scores):
            raise ValueError("must not ask for a lower score for a stronger action")
        return self


class SevereScores(_Table):
    """The lowest score for an alert of each severity."""

    high: Probability
    critical: Probability | None = None

    @model_validator(mode="after")
    def _rises(self) -> SevereScores:
        if self.critical is not None and self.critical < self.high:
            raise ValueError("must not ask for a lower score for a stronger alert")
        return self


class QuotaPolicy(_Table):
    """At most `limits[action]` automatic actions in any `window_s`."""

    window_s: Seconds
    limits: dict[Literal["limit", "remove"], Annotated[int, Field(ge=0, le=1_000_000)]]


class RepeatOffenderPolicy(_Table):
    posts: Annotated[int, Field(ge=1, le=128)]
    window_s: Seconds
    max_authors: Annotated[int, Field(ge=1, le=1_000_000)]


class SpamWavePolicy(_Table):
    authors: Annotated[int, Field(ge=2, le=1_000)]
    window_s: Seconds
    min_letters: Annotated[int, Field(ge=1, le=1_000)]
    max_groups: Annotated[int, Field(ge=1, le=1_000_000)]


class PostPolicy(_Table):
    operating_point: Literal["strict", "balanced", "lenient"] = DEFAULT_POINT
    """Which of the model's sets of thresholds fills those that the policy does not name."""
    thresholds: dict[Label, dict[Language, Probability]]
    span_labels: frozenset[Label]
    support_labels: frozenset[Label]
    actions: dict[Label, ActionScores]
    severe: dict[Label, SevereScores]
    quota: QuotaPolicy
    repeat_offender: RepeatOffenderPolicy
    spam_wave: SpamWavePolicy
    unassessed: Literal["allow", "review"] = "allow"
    """What happens to a post in which the model knows too few of the words."""


class SymptomPolicy(_Table):
    conditions: Annotated[int, Field(ge=1, le=50)]
    alert_level: Annotated[int, Field(ge=0, le=5)]
    """0: no alerts."""
    unassessed_level: Annotated[int, Field(ge=1, le=5)] = 2
    """Of a record in whose complaint the model knows too few of the words; rules can only make it more urgent."""


class Policy(_Table):
    """A checked policy file."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
    posts: PostPolicy
    symptoms: SymptomPolicy

    def version_with(self, **others: Any) -> str:
        """The declared version and a hash of what the file says and of all else that decides beside the scores.

        Two workers that could rule differently on the same scores never share it.

        Args:
            others: by name, anything that JSON can hold.
        """
        content = orjson.dumps(_plain({"policy": self.model_dump(), **others}), option=orjson.OPT_SORT_KEYS)
        return f"{self.version}-{blake2b(content, digest_size=4).hexdigest()}"

    @classmethod
    def load(cls, path: Path = POLICY) -> Policy:
        """Raises PolicyError."""
        try:
            return cls.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise PolicyError(f"The policy {path} cannot be read: {error.strerror or error}.") from None

    @classmethod
    def parse(cls, content: bytes, name: str) -> Policy:
        """Reads the bytes of a policy file; errors call it by this name. Raises PolicyError."""
        try:
            return cls.model_validate(tomllib.loads(content.decode("utf-8")))
        except ValidationError as error:
            raise PolicyError(f"The policy {name} is wrong: {_first_fault(error)}.") from None
        except ValueError as error:  # not TOML or not UTF-8
            raise PolicyError(f"The policy {name} is not a TOML file: {error}.") from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]") or "the file"
    message = fault["msg"].removeprefix("Value error, ")
    match fault["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            return f"{key} is not a key of a policy"
        case "value_error":
            return f"{key} {message}"
        case _:
            return f"{key}: {message[0].lower()}{message[1:]}, got {fault['input']!r}"


def _plain(value: Any) -> Any:
    """Sets become sorted lists, so that the hash depends on the content alone."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value
