"""The triage protocol: protocol.toml, checked, and what it makes of the facts. Pure."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, ValidationInfo, model_validator

from models.complaint import load_catalogue
from streams.errors import TidegateError
from streams.tasks.symptoms import PROTOCOL
from streams.tasks.symptoms.clauses import Clause, Facts, Limit, can_hold, subject, terms_of

RED_FLAG: Final = 2  # rules of this level and more urgent ones
MAX_POINTS: Final = 3

VitalSign = Literal["heart_rate", "respiratory_rate", "systolic", "temperature", "saturation"]
Range = tuple[float, float]


class ProtocolError(TidegateError):
    """The protocol cannot be used. The message is one sentence that names the key."""

    exit_code = 2


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Usual(_Table):
    """What is usual below an age, in years; both ends included."""

    below: Annotated[float, Field(gt=0)]
    heart_rate: Range
    respiratory_rate: Range
    systolic: Range
    temperature: Range
    saturation: Range


class Bands(_Table):
    """Points by value: one more of them than edges."""

    edges: tuple[float, ...]
    points: tuple[Annotated[int, Field(ge=0, le=MAX_POINTS)], ...]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if list(self.edges) != sorted(set(self.edges)) or len(self.points) != len(self.edges) + 1:
            raise ValueError("needs rising edges, and one more of the points")
        return self


class WarningScore(_Table):
    """An early-warning score of grown-ups; of younger ones only some readings are graded, and no sum is made."""

    from_age: float
    consciousness: Annotated[int, Field(ge=0, le=MAX_POINTS)]
    younger: frozenset[VitalSign]
    bands: dict[VitalSign, Bands]


class Rule(_Table):
    """One line of the protocol. Examples are complaints, or records without an id."""

    level: Annotated[int, Field(ge=1, le=5)]
    source: str
    when: Annotated[tuple[str, ...], Field(min_length=1)]
    unless: tuple[str, ...] = ()
    fires: Annotated[tuple[str | dict[str, Any], ...], Field(min_length=1)]
    spares: Annotated[tuple[str | dict[str, Any], ...], Field(min_length=1)]


class Fired(NamedTuple):
    """A rule that holds."""

    name: str
    rule: Rule
    terms: frozenset[str]
    """All that make it hold."""

    @property
    def behind(self) -> frozenset[str]:
        """The findings, measures and states that it rests on."""
        return frozenset(map(subject, self.terms))

    @property
    def is_red_flag(self) -> bool:
        return self.rule.level <= RED_FLAG


class Missing(NamedTuple):
    """A rule that one clause keeps from holding, or one exception."""

    name: str
    rule: Rule
    clause: str
    is_exception: bool


class Protocol(_Table):
    """A checked protocol.toml."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
    sources: dict[str, str]
    usual: Annotated[tuple[Usual, ...], Field(min_length=1)]
    warning_score: WarningScore
    rules: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{3,64}$")], Rule]

    _when: dict[str, tuple[Clause, ...]] = PrivateAttr(default_factory=dict)
    _unless: dict[str, tuple[Clause, ...]] = PrivateAttr(default_factory=dict)
    _limits: frozenset[Limit] = PrivateAttr(default=frozenset())
    _asking: dict[str, set[str]] = PrivateAttr(default_factory=dict)
    """Of each term the rules whose first clause has it: of 138 a patient's terms begin some five."""

    @classmethod
    def load(cls, path: Path = PROTOCOL, findings: Collection[str] | None = None) -> Protocol:
        """Args:
        findings: the keys that rules may name; None: those of the package.

        Raises:
            ProtocolError: the file cannot be used.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ProtocolError(f"The protocol {path} cannot be read: {error.strerror or error}.") from None
        return cls.parse(content, str(path), findings)

    @classmethod
    def parse(cls, content: bytes, name: str, findings: Collection[str] | None = None) -> Protocol:
        """Reads the bytes of a protocol file, which errors call by a name. For the rest see `load`."""
        known = load_catalogue().keys() if findings is None else findings
        try:
            return cls.model_validate(tomllib.loads(content.decode("utf-8")), context={"findings": known})
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            key = ".".join(map(str, fault["loc"])) or "the file"
            raise ProtocolError(f"The protocol {name} is wrong: {key}: {fault['msg']}.") from None
        except ValueError as error:  # not TOML or not UTF-8
            raise ProtocolError(f"The protocol {name} is not a TOML file: {error}.") from None

    @model_validator(mode="after")
    def _compile(self, info: ValidationInfo) -> Self:
        findings: Collection[str] = info.context["findings"] if info.context else load_catalogue().keys()
        for name, rule in self.rules.items():
            if rule.source not in self.sources:
                raise ValueError(f"rule {name}: {rule.source!r} is none of the sources")
            try:
                self._when[name] = tuple(Clause.parse(said, findings) for said in rule.when)
                self._unless[name] = tuple(Clause.parse(said, findings) for said in rule.unless)
            except ValueError as error:
                raise ValueError(f"rule {name}: {error}") from None
            for term in self._when[name][0].terms:
                self._asking.setdefault(term, set()).add(name)
        clauses = [clause for clauses in (*self._when.values(), *self._unless.values()) for clause in clauses]
        limits = (Limit.parse(term) for clause in clauses for term in clause.terms)
        self._limits = frozenset(limit for limit in limits if limit is not None)
        return self

    def can_fire(self, name: str) -> bool:
        """Whether what a rule asks for does not exclude itself."""
        return can_hold(self._when[name], self._unless[name])

    def fired(self, facts: Facts) -> list[Fired]:
        """The rules that hold, most urgent first."""
        terms = terms_of(facts, self._limits)
        asking = set[str]().union(*(self._asking.get(term, ()) for term in terms.holding))
        found = []
        for name in filter(asking.__contains__, self._when):
            holding = [clause.holding(terms.holding) for clause in self._when[name]]
            if all(holding) and not any(clause.holding(terms.sparing) for clause in self._unless[name]):
                found.append(Fired(name, self.rules[name], frozenset[str]().union(*holding)))
        return sorted(found, key=lambda one: one.rule.level)

    def missing(self, facts: Facts, above: int) -> list[Missing]:
        """The rules more urgent than a level that one thing keeps from holding, most urgent first.

        A rule of a single clause counts only where an exception keeps it: every other patient lacks it, too.
        """
        terms = terms_of(facts, self._limits)
        found = []
        for name, rule in self.rules.items():
            if rule.level >= above:
                continue
            lacking = [clause for clause in self._when[name] if not clause.holding(terms.holding)]
            kept = [clause for clause in self._unless[name] if clause.holding(terms.sparing)]
            if len(lacking) == 1 and not kept and len(self._when[name]) > 1:
                found.append(Missing(name, rule, lacking[0].said, is_exception=False))
            elif not lacking and kept:
                found.append(Missing(name, rule, kept[0].said, is_exception=True))
        return sorted(found, key=lambda one: one.rule.level)

    def for_age(self, measures: Mapping[str, float]) -> list[str]:
        """Vital signs that are not usual, as `heart_rate high`; without an age those of grown-ups count."""
        age = measures.get("age")
        usual = self.usual[-1] if age is None else next((one for one in self.usual if age < one.below), self.usual[-1])
        found = []
        for name in self.warning_score.bands:
            low, high = getattr(usual, name)
            if (value := measures.get(name)) is not None and not low <= value <= high:
                found.append(f"{name} {'low' if value < low else 'high'}")
        return found

    def points(self, measures: Mapping[str, float], consciousness: str | None) -> dict[str, int]:
        """Early-warning points of each reading that has any."""
        is_young = measures.get("age", self.warning_score.from_age) < self.warning_score.from_age
        points: dict[str, int] = {
            name: bands.points[bisect_right(bands.edges, measures[name])]
            for name, bands in self.warning_score.bands.items()
            if name in measures and not (is_young and name not in self.warning_score.younger)
        }
        if consciousness not in (None, "alert"):
            points["consciousness"] = self.warning_score.consciousness
        return {name: scored for name, scored in points.items() if scored}
