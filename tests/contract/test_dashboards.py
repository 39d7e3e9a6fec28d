"""The dashboards: every expression is PromQL about metrics that exist, and its reader can choose the source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.exposed import samples
from tests.contract.test_alerts import RECORDED
from tests.support.promql import asked, fixed_windows

GRAFANA = Path(__file__).parents[2] / "deploy/grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def _dashboard(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def _targets() -> Iterator[Any]:
    for file in FILES:
        for panel in _dashboard(file)["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target["expr"], id=f"{file.stem}: {panel['title']} {target['refId']}")


TARGETS = list(_targets())


def test_there_is_one_for_each_side_of_the_service() -> None:
    assert {file.stem for file in FILES} == {"traffic", "latency", "decisions", "quality", "kafka", "workers"}
    assert len({_dashboard(file)["uid"] for file in FILES}) == len(FILES)


@pytest.mark.parametrize("expression", TARGETS)
def test_an_expression_asks_for_metrics_and_labels_that_exist(expression: str) -> None:
    known = dict(samples()) | {name: frozenset({"label", "lang"}) for name in RECORDED}
    question = asked(expression)
    assert question.selectors
    for selector in question.selectors:
        assert selector.name in known, selector.name
        assert selector.labels <= known[selector.name], selector
    assert question.grouped_by <= frozenset().union(*(known[selector.name] for selector in question.selectors))


@pytest.mark.parametrize("expression", TARGETS)
def test_a_rate_follows_the_time_that_is_shown(expression: str) -> None:
    assert fixed_windows(expression) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dashboard_can_be_read_by_somebody_else(file: Path) -> None:
    dashboard = _dashboard(file)
    (variable,) = dashboard["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    for panel in dashboard["panels"]:
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"] == SOURCE
        assert [target["datasource"] for target in panel["targets"]] == [SOURCE] * len(panel["targets"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_panels_lie_beside_each_other_and_not_upon(file: Path) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _dashboard(file)["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_grafana_is_told_where_they_are_and_where_prometheus_is() -> None:
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text("utf-8"))["services"]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/tidegate.yml").read_text("utf-8"))["providers"]
    mounted = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"])
    assert mounted["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text("utf-8"))["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in compose
