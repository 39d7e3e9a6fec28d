"""A protocol of one's own: examples that do not do what they should, rules that can never fire, and the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.tasks.base import RuleFile
from streams.tasks.symptoms import PROTOCOL
from streams.tasks.symptoms.assessment import Assessor
from streams.tasks.symptoms.check import assessed, findings
from streams.tasks.symptoms.protocol import Protocol, ProtocolError
from streams.tasks.symptoms.task import SymptomsTask
from tests.unit.streams.tasks.building import parts

SHIPPED = Assessor.load()
RULE: dict[str, Any] = {"level": 2, "source": "ats", "when": ["poison"], "fires": ["he drank bleach"], "spares": ["ok"]}


def found(**changes: Any) -> list[tuple[str, str, str]]:
    """Of a protocol with one rule."""
    protocol = Protocol.model_validate(SHIPPED.protocol.model_dump() | {"rules": {"mine": RULE | changes}})
    return [(one.kind, one.subject, one.detail) for one in findings(Assessor(SHIPPED.finder, protocol))]


def test_a_rule_whose_examples_do_what_they_should_is_sound() -> None:
    assert found() == []


def test_examples_that_do_not_are_named_by_their_numbers_and_not_quoted() -> None:
    fires = ["he drank bleach", "no bleach was drunk", {"text": "drank bleach", "vitals": {"pain": 11}}]
    spares = ["all well", {"symptoms": ["drank bleach"]}]

    assert found(fires=fires, spares=spares) == [
        ("example", "mine", "example 2 of fires does not fire"),
        ("example", "mine", "example 3 of fires is no record"),
        ("example", "mine", "example 2 of spares fires"),
    ]


@pytest.mark.parametrize(
    ("when", "unless", "is_dead"),
    [
        (["age < 5", "age >= 65"], [], True),
        (["age < 5", "age >= 5"], [], True),
        (["age <= 5", "age >= 5"], [], False),
        (["age < 5", "age >= 65 | poison"], [], False),
        (["age < 5 & age > 6 | age < 1"], [], False),
        (["heart_rate low", "heart_rate high"], [], True),
        (["heart_rate high", "heart_rate >= 140"], [], False),
        (["consciousness = pain", "consciousness = verbal"], [], True),
        (["poison"], ["poison"], True),
        (["poison", "fever"], ["fever & cough"], False),
        (["poison & cough", "fever"], ["fever & cough"], True),
        (["poison | cough", "fever"], ["poison"], False),
    ],
)
def test_a_rule_that_excludes_itself_can_never_fire(when: list[str], unless: list[str], is_dead: bool) -> None:
    assert ("dead" in [kind for kind, *_ in found(when=when, unless=unless)]) is is_dead


def test_an_example_is_read_as_a_record_that_comes_in() -> None:
    """Cleaned, in its lines, with its listed symptoms."""
    assert assessed(SHIPPED, {"symptoms": ["drank bleach"]}).level == 2
    assert [one.name for one in assessed(SHIPPED, "Allergies: no\nｄｒａｎｋ bleach").fired] == ["poisoning"]


def test_a_protocol_of_ones_own_with_a_failing_example_does_not_start(tmp_path: Path) -> None:
    own = tmp_path / "protocol.toml"
    text = PROTOCOL.read_text("utf-8")
    own.write_text(text, "utf-8")
    SymptomsTask.build(replace(parts(), rules={"protocol": RuleFile.read(own)}))

    own.write_text(text.replace('when = ["overdose"]', 'when = ["overdose", "age < 5"]'), "utf-8")
    with pytest.raises(ProtocolError, match="rule overdose: example 1 of fires does not fire"):
        SymptomsTask.build(replace(parts(), rules={"protocol": RuleFile.read(own)}))
