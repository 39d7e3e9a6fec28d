"""The alert rules: valid, about metrics that exist, tried by promtool in both directions, and each with a runbook."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.exposed import samples
from tests.support.promql import asked

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/prometheus"
RULES = FOLDER / "rules.yml"
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
RUNBOOK = ROOT / "docs/runbook.md"

DOCUMENT: dict[str, Any] = yaml.safe_load(RULES.read_text("utf-8"))
ALL = [rule for group in DOCUMENT["groups"] for rule in group["rules"]]
ALERTS = [rule for rule in ALL if "alert" in rule]
RECORDED = {rule["record"] for rule in ALL if "record" in rule}


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Fails where it is missing: rules that nobody tried are no rules."""
    found = shutil.which("promtool")
    assert found is not None, "promtool is missing: install Debian's package `prometheus`, or Prometheus itself"
    return subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, timeout=100)


def test_promtool_finds_nothing_wrong() -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stderr
    assert f"{len(ALL)} rules found" in done.stdout


def test_prometheus_takes_the_configuration_of_compose() -> None:
    done = promtool("check", "config", FOLDER / "prometheus.yml")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_the_tests_of_the_rules_pass(file: Path) -> None:
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("old", "new"), [("> 60", "> 600"), ("sum(tidegate_partitions) == 0", "vector(1) == 1")])
def test_they_fail_where_an_alert_does_not_fire_or_does_not_clear(old: str, new: str, tmp_path: Path) -> None:
    text = RULES.read_text("utf-8")
    assert text.count(old) == 1
    (tmp_path / "rules.yml").write_text(text.replace(old, new), "utf-8")
    (tmp_path / "tests").mkdir()
    shutil.copy(FOLDER / "tests/kafka.yml", tmp_path / "tests")
    assert promtool("test", "rules", tmp_path / "tests/kafka.yml").returncode != 0


def test_each_alert_is_seen_to_fire_and_to_clear() -> None:
    fires, clears = set(), set()
    for file in TESTS:
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]:
            course: dict[str, list[bool]] = {}
            for look in sorted(test["alert_rule_test"], key=lambda look: _minutes(look["eval_time"])):
                course.setdefault(look["alertname"], []).append(bool(look.get("exp_alerts")))
            fires |= {name for name, fired in course.items() if any(fired)}
            clears |= {name for name, fired in course.items() if (True, False) in pairwise(fired)}
    names = {rule["alert"] for rule in ALERTS}
    assert fires == names
    assert clears == names


def _minutes(time: str) -> int:
    units = {"h": 60, "m": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hm])", time))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    known = dict(samples()) | {name: frozenset({"label", "lang"}) for name in RECORDED}
    question = asked(rule["expr"])
    assert question.selectors
    for selector in question.selectors:
        assert selector.name in known, selector.name
        assert selector.labels <= known[selector.name], selector
    assert question.grouped_by <= frozenset().union(*known.values())


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert ROOT / page == RUNBOOK
    assert anchor == rule["alert"].lower()


def test_the_runbook_has_a_section_for_each_alert_and_for_nothing_else() -> None:
    headings = re.findall(r"^### (.+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in ALERTS]
