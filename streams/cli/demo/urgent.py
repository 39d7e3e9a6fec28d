"""Why the urgent patients of the demo have their level: what was found, how it is meant, and the rules behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from schemas import SymptomVerdict
from streams.cli.triage import open_explainer
from streams.settings import Settings

URGENT: Final = 2
"""The least urgent level that is explained."""


class Why(NamedTuple):
    """Behind an urgent level, in words for people."""

    findings: tuple[str, ...]
    """Each with its assertion, those that the rules rest on first."""
    rule: str | None
    """One that asks for the level, with what it rests on and its source. None: the model alone asks for it."""
    others: tuple[str, ...] = ()
    """Names of the other rules that ask for it, too."""

    @property
    def found(self) -> str:
        return ", ".join(self.findings) or "nothing that the rules know"

    @property
    def behind(self) -> str:
        if self.rule is None:
            return "no rule: the model's own level"
        return f"{self.rule}; also {', '.join(self.others)}" if self.others else self.rule


Explain = Callable[[SymptomVerdict], Why | None]
"""None of a patient who is not urgent, and of a record that nobody sent."""


def open_explaining(settings: Settings, lines: Mapping[str, bytes]) -> Explain:
    """What explains the urgent ones among the verdicts on these records. Any thread may ask it.

    Args:
        lines: the records as they were sent, by id.
    """
    explainer = open_explainer(settings)

    def explain(verdict: SymptomVerdict) -> Why | None:
        line = lines.get(verdict.record_id)
        if line is None or verdict.urgency.level > URGENT:
            return None
        return why(explainer.explain(line, verdict.model_dump()))

    return explain


def why(explanation: Mapping[str, Any]) -> Why:
    """Of what an `Explainer` says about a record."""
    rules = [one for one in explanation["rules"] if one["level"] == explanation["level"]]
    behind = {term for one in rules for term in one["because"]}
    findings = sorted(explanation["findings"], key=lambda one: one["finding"] not in behind)
    said = dict.fromkeys(f"{one['name']} ({one['assertion']})" for one in findings)
    names = [one["rule"].replace("_", " ") for one in rules]
    first = f"{names[0]} ({', '.join(rules[0]['because'])}) [{rules[0]['source']}]" if rules else None
    return Why(tuple(said), first, tuple(names[1:]))
