"""The policy: which scores become labels, actions and alerts. Read from TOML, checked before anything starts."""

from __future__ import annotations

import tomllib
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from models.artifact import DEFAULT_POINT
from models.labels import PhotoFinding
from streams.policy.bars import ActionScores, PhotoRule, PictureLabel, SevereScores
from streams.policy.base import DAY_S, Label, Language, Name, Point, PolicyError, Probability, Seconds, Table
from streams.policy.entries import with_entries
from streams.policy.tables import KeywordTable, ListTable, Rule

ClassName = Annotated[str, Field(min_length=1, max_length=64)]
"""Of a picture classifier: the name of a folder, as a rule."""
NEVER_ACTS: Final = frozenset({"weapon"})
"""Classes of pictures that are reported and shown to nobody for that alone: most weapons in pictures are ordinary."""

LONGEST_WAVE_S: Final = DAY_S
"""Whoever takes the counting over reads again what workers told each other, and that is kept for so long."""


def _is_kept(window_s: float) -> float:
    if window_s > LONGEST_WAVE_S:
        raise ValueError(f"is {window_s:g}, and what workers tell each other of waves is kept for {LONGEST_WAVE_S:g} s")
    return window_s


WaveSeconds = Annotated[Seconds, AfterValidator(_is_kept)]

POLICY: Final = Path(__file__).with_name("policy.toml")


class QuotaPolicy(Table):
    """At most `limits[action]` automatic actions in any `window_s`."""

    window_s: Seconds
    limits: dict[Literal["limit", "remove"], Annotated[int, Field(ge=0, le=1_000_000)]]


class RepeatOffenderPolicy(Table):
    posts: Annotated[int, Field(ge=1, le=128)]
    window_s: Seconds
    max_authors: Annotated[int, Field(ge=1, le=1_000_000)]


class SpamWavePolicy(Table):
    authors: Annotated[int, Field(ge=2, le=1_000)]
    window_s: WaveSeconds
    min_letters: Annotated[int, Field(ge=1, le=1_000)]
    max_groups: Annotated[int, Field(ge=1, le=1_000_000)]


class PictureWavePolicy(Table):
    authors: Annotated[int, Field(ge=2, le=1_000)] = 20
    window_s: WaveSeconds = 3600.0
    max_pictures: Annotated[int, Field(ge=1, le=50_000)] = 10_000


class JoinWavePolicy(Table):
    accounts: Annotated[int, Field(ge=2, le=1_000)]
    window_s: WaveSeconds
    account_younger_than_s: Seconds


class PostPolicy(Table):
    operating_point: Point = DEFAULT_POINT
    """Which of the model's sets of thresholds fills those that the policy does not name."""
    thresholds: dict[Label, dict[Language, Probability]]
    span_labels: frozenset[Label]
    support_labels: frozenset[Label]
    actions: dict[Label, ActionScores]
    severe: dict[Label, SevereScores]
    quota: QuotaPolicy
    repeat_offender: RepeatOffenderPolicy
    spam_wave: SpamWavePolicy
    picture_wave: PictureWavePolicy = PictureWavePolicy()
    join_wave: JoinWavePolicy | None = None
    """None: nobody counts new accounts."""
    unassessed: Literal["allow", "review"] = "allow"
    """What happens to a post in which the model knows too few of the words."""
    least_read: Probability = 0.9
    """A post of which a smaller share was read is treated as `unassessed` says, or as what was read says if that is
    more."""
    unlooked_pictures: Literal["allow", "review"] = "allow"
    """What happens to a post with a picture that could not be looked at."""
    picture_labels: dict[ClassName, PictureLabel] = Field(default_factory=dict)
    """What classes of picture classifiers do, by their names; what is not named is reported alone."""
    close_up_from: Probability = 0.35
    """Share of a picture in the colours of skin from which no class removes a post: a person looks instead."""

    @field_validator("picture_labels")
    @classmethod
    def _never_acts(cls, labels: dict[str, PictureLabel]) -> dict[str, PictureLabel]:
        for name in NEVER_ACTS & labels.keys():
            if labels[name].does_something:
                raise ValueError(f"has {name}, which may stand in a verdict and never acts")
        return labels


class SymptomPolicy(Table):
    conditions: Annotated[int, Field(ge=1, le=50)]
    alert_level: Annotated[int, Field(ge=0, le=5)]
    """0: no alerts."""
    unassessed_level: Annotated[int, Field(ge=1, le=5)] = 2
    """Of a record in whose complaint the model knows too few of the words; rules can only make it more urgent."""
    under_triage_cost: Annotated[float, Field(ge=0.1, le=100)] = 3.0
    """What a level too low costs, where one too high costs 1; more than 1 makes patients more urgent. A policy that
    does not say it must not miss more of them than the one that ships."""
    photographs: dict[PhotoFinding, PhotoRule] = Field(default_factory=dict)
    """What findings in photographs do; what is not named is reported alone."""


class Policy(Table):
    """A checked policy file."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
    posts: PostPolicy
    symptoms: SymptomPolicy
    rules: tuple[Rule, ...] = ()
    """By name: they stand in no order."""
    lists: dict[Name, ListTable] = Field(default_factory=dict)
    keywords: dict[Name, KeywordTable] = Field(default_factory=dict)

    @field_validator("rules")
    @classmethod
    def _by_name(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        names = [rule.name for rule in rules]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"has two rules with the name {twice}")
        return tuple(sorted(rules, key=lambda rule: rule.name))

    @model_validator(mode="after")
    def _fits_together(self) -> Policy:
        for rule in self.rules:
            if fault := self._fault_of(rule):
                raise ValueError(f"has a rule {rule.name} that {fault}")
        return self

    def _fault_of(self, rule: Rule) -> str | None:
        """What is wrong between a rule and the rest of the file."""
        for leaf, _ in rule.when.leaves():
            if leaf.list_ is not None and leaf.list_ not in self.lists:
                return f"asks for the list {leaf.list_}, which is not there"
            if leaf.keywords is not None and leaf.keywords not in self.keywords:
                return f"asks for the keywords {leaf.keywords}, which are not there"
            if leaf.joins is not None and self.posts.join_wave is None:
                return "asks for joins, and there is no posts.join_wave to say which accounts are new"
            window_s = leaf.window_s if leaf.strikes is not None else None
            if window_s is not None and window_s > self.posts.repeat_offender.window_s:
                return "looks further back than posts.repeat_offender.window_s, after which strikes are forgotten"
        allowing = [name for name, table in self.lists.items() if table.kind == "allow"]
        if rule.then.at_most is not None and not rule.when.demands(allowing):
            return "has at_most and may fire on what is on no allow-list"
        if rule.then.action is not None and any(self.lists[name].kind == "watch" for name in rule.lists()):
            return "acts on a watch-list; a block-list may do that"
        return None

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
            return cls.parse(path.read_bytes(), str(path), path.parent)
        except OSError as error:
            raise PolicyError(f"The policy {path} cannot be read: {error.strerror or error}.") from None

    @classmethod
    def parse(cls, content: bytes, name: str, folder: Path | None = None) -> Policy:
        """Reads the bytes of a policy file. Raises PolicyError.

        Args:
            name: by which errors call it.
            folder: where the files lie that it names; None: it has to stand alone, see `bundled`.
        """
        try:
            return cls.model_validate(with_entries(tomllib.loads(content.decode("utf-8")), folder))
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
