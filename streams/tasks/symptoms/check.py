"""Whether the rules of a protocol do what their examples say, before anybody relies on them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from schemas import SymptomRecord
from streams.policy.check import Finding
from streams.tasks.symptoms.assessment import Assessment, Assessor
from streams.tasks.symptoms.line import rendered, said_in
from streams.tasks.symptoms.protocol import ProtocolError


def findings(assessor: Assessor) -> list[Finding]:
    """In the order of the rules."""
    return [one for name in assessor.protocol.rules for one in _of_rule(assessor, name)]


def refuse_failing(assessor: Assessor) -> None:
    """Raises ProtocolError: an example does not do what it should."""
    for name in assessor.protocol.rules:
        if faults := failing_examples(assessor, name):
            raise ProtocolError(f"The protocol's rule {name}: {faults[0]}; `tidegate triage check` names all.")


def failing_examples(assessor: Assessor, name: str) -> list[str]:
    """A sentence for each example of a rule that is not met as it should be; it names its number and quotes nothing."""
    rule = assessor.protocol.rules[name]
    faults = []
    for kind, examples in (("fires", rule.fires), ("spares", rule.spares)):
        for number, example in enumerate(examples, start=1):
            try:
                does_fire = name in [one.name for one in assessed(assessor, example).fired]
            except ValidationError:
                faults.append(f"example {number} of {kind} is no record")
                continue
            if does_fire is not (kind == "fires"):
                faults.append(f"example {number} of {kind} {'fires' if does_fire else 'does not fire'}")
    return faults


def assessed(assessor: Assessor, example: str | dict[str, Any]) -> Assessment:
    """What the rules make of a complaint, or of a record without an id, as they would of one that came in.

    Raises:
        ValidationError: it is no record.
    """
    fields = {"text": example} if isinstance(example, str) else example
    record = SymptomRecord.model_validate({"id": "example", **fields})
    return assessor.assess(record, said_in(rendered(record)).in_lines(record.text or ""))


def _of_rule(assessor: Assessor, name: str) -> Iterator[Finding]:
    if not assessor.protocol.can_fire(name):
        yield Finding("error", "dead", name, "can never fire: what it asks for excludes itself")
    for fault in failing_examples(assessor, name):
        yield Finding("error", "example", name, fault)
