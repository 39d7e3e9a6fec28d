"""How long a dry run takes: what it reads, and what is said of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import orjson
import pytest

from load.commands.dry_run import RULES, Took, _on_one_core, changed_policy, summarise
from load.verdicts import write_verdicts
from schemas import PostVerdict
from streams.policy import Policy
from streams.policy.backtest import Backtest, Known
from streams.policy.judge import Judge
from streams.policy.rulebook import compile_rules, failing_examples
from tests.support.rules import ARTIFACT


def test_ten_million_are_arithmetic_and_the_start_is_counted_once() -> None:
    (found,) = summarise({"a file": (Took(0, 0, 2.0, 1.0), Took(200_000, 7, 12.0, 5.0))}).values()
    assert found == {
        "seconds": 10.0,
        "processor_s": 4.0,
        "per_s": 20_000,
        "minutes_for_whole": pytest.approx((2 + 500) / 60, abs=0.01),
        "minutes_by_processor": pytest.approx((1 + 200) / 60, abs=0.01),
        "changed": 7,
    }


def test_verdicts_are_those_that_the_packaged_policy_makes_of_their_scores() -> None:
    written = list(write_verdicts(2_000, ARTIFACT, seed=1))
    test = Backtest(Judge.build(Policy.load(), ARTIFACT), today=1)
    for payload, second in written:
        assert 0 <= second < 86_400
        PostVerdict.model_validate_json(payload.value)
        test.add(orjson.loads(payload.value), Known())
    assert (test.verdicts, test.changed) == (2_000, 0)
    assert 0 < sum(count for (_, after), count in test.actions.items() if after != "allow") < 400
    assert written == list(write_verdicts(2_000, ARTIFACT, seed=1))


@pytest.mark.parametrize("rules", [0, RULES])
def test_the_other_policy_is_sound_and_its_rules_ask_for_scores_alone(tmp_path: Path, rules: int) -> None:
    policy = Policy.load(changed_policy(tmp_path, rules))
    compiled = compile_rules(policy, ARTIFACT)
    assert len(compiled) == rules
    assert not [fault for rule in compiled for fault in failing_examples(rule)]
    asked = {name for rule in policy.rules for leaf, _ in rule.when.leaves() for name in leaf.model_fields_set}
    assert asked <= {"label", "at_least", "lang"}
    assert policy.posts.thresholds["spam"] == {"en": 0.3, "other": 0.95}


def test_where_a_process_cannot_be_bound_to_a_core_it_runs_on_any(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sched_getaffinity", "sched_setaffinity"):
        monkeypatch.delattr(os, name, raising=False)
    assert _on_one_core([sys.executable, "-c", "print(1)"]).stdout.strip() == b"1"
