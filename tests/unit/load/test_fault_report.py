"""The report of a fault run: its rows, its pictures, and what it takes from former ones. Without a broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from typer.testing import CliRunner

from load import __main__ as command_line
from load.faults import command
from load.faults.checker import check
from load.faults.diary import Diary
from load.faults.history import Input, Outcome, RunHistory
from load.faults.measuring import measure
from load.faults.report import environment, write_report
from load.faults.rows import form_of, read_rows, row_of
from load.faults.running import Result
from load.faults.scenario import Account, Scenario, Size
from load.faults.scenarios import SCENARIOS
from load.faults.timeline import draw_timeline
from load.kafka.jars import KafkaUnavailable
from models.folders import RELEASE


def played(name: str, *, lost: bool = False, seed: int = 1) -> Result:
    """Two records; the second has an answer unless it was lost."""
    inputs = [Input(("m.posts", 0, offset), b"k", b"v", sent_at=float(offset)) for offset in range(2)]
    outcomes = [
        Outcome("labels", each.place, b"k", 0, at, b"d", each.sent_at + 1)
        for at, each in enumerate(inputs[: 1 if lost else 2])
    ]
    run = RunHistory(frozenset(each.place for each in inputs), inputs, outcomes)
    scenario, diary = SCENARIOS[name], Diary()
    diary.note("something broke")
    account = Account(check(run), measure(run, diary))
    return Result(scenario, scenario.short, seed, 12.0, account, ("lost 0",) if lost else (), run, diary)


Faults = Callable[..., dict[str, Any]]


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Runs the command, without a broker: scenarios whose names it is given lose a record. Returns its report.json."""

    def run(*arguments: object, losing: tuple[str, ...] = ()) -> dict[str, Any]:
        async def play(scenario: Scenario, size: Size, seed: int, **_: object) -> Result:
            return replace(played(scenario.name, lost=scenario.name in losing, seed=seed), size=size)

        monkeypatch.setattr(command, "play", play)
        done = CliRunner().invoke(command_line.app, ["faults", "--json", *map(str, arguments)])
        assert done.exit_code in (0, 1), done.output
        report: dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == (not all(row["passed"] for row in report["scenarios"]))
        return report

    return run


def named(report: dict[str, Any], *facts: str) -> list[tuple[object, ...]]:
    return [(row["scenario"], *(row[fact] for fact in facts)) for row in report["scenarios"]]


def test_the_report_has_a_row_a_picture_and_the_reason_of_what_was_missed(tmp_path: Path) -> None:
    result = played("kill-9", lost=True, seed=7)
    draw_timeline(result, tmp_path / "kill-9.png")
    report = write_report(tmp_path, [row_of(result, environment(RELEASE))], "python -m load faults")
    text = (tmp_path / "report.md").read_text()
    assert "0 of 1 scenarios passed; 2 records, 1 lost." in text
    assert "kill-9 missed: lost 0; 1 lost (e.g. ('m.posts', 0, 1))." in text
    assert "![kill-9.png](kill-9.png)" in text
    assert (tmp_path / "kill-9.png").stat().st_size > 1_000
    (row,) = json.loads((tmp_path / "report.json").read_text())["scenarios"]
    assert (row["seed"], row["passed"], row["wrong"]) == (7, False, {"lost": 1})
    assert row["environment"]["cores"]
    assert row["environment"]["tidegate"]
    assert row["date"]
    assert report.data["environment"]["cores"]


def test_what_rows_were_run_on_stands_once_where_it_is_the_same_and_beside_each_where_not(tmp_path: Path) -> None:
    measured = [{"cores": 2, "tidegate": "0.1.0"}, {"cores": 2, "tidegate": "0.2.0"}]
    rows = [row_of(played(name), on) for name, on in zip(("soak", "sigterm"), measured, strict=True)]
    report = write_report(tmp_path, rows, "python -m load faults")
    assert report.data["environment"] == {"cores": 2}
    text = (tmp_path / "report.md").read_text()
    assert "| scenario | date (UTC) | tidegate | pass line |" in text
    first, second = (f"| {row.scenario} | {row.date} | {row.environment['tidegate']} |" for row in reversed(rows))
    assert text.index(first) < text.index(second), "in the order of the scenarios, whenever they were played"


def test_scenarios_are_played_in_several_goes(tmp_path: Path, faults: Faults) -> None:
    faults("--scenario", "soak", "--seed", 3, "--report", tmp_path)
    former = read_rows(tmp_path)
    report = faults("--scenario", "sigterm", "--full", "--report", tmp_path, "--add", tmp_path, losing=("sigterm",))
    assert named(report, "passed", "seed", "form") == [("sigterm", False, 1, "full"), ("soak", True, 3, "short")]
    assert [row for row in read_rows(tmp_path) if row.scenario == "soak"] == former
    text = (tmp_path / "report.md").read_text()
    assert "1 of 2 scenarios passed; 4 records, 1 lost." in text
    for name in ("sigterm", "soak"):
        assert f"![{name}.png]({name}.png)" in text
        assert (tmp_path / f"{name}.png").stat().st_size > 1_000


def test_a_scenario_that_is_played_again_has_the_row_of_the_last_time(tmp_path: Path, faults: Faults) -> None:
    faults("--scenario", "soak", "--report", tmp_path)
    report = faults("--scenario", "soak", "--report", tmp_path, "--add", tmp_path, losing=("soak",))
    assert named(report, "passed") == [("soak", False)]


def test_reports_that_were_made_at_the_same_time_are_united(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, united = (tmp_path / name for name in ("one", "other", "united"))
    for minute, (folder, names) in enumerate(((one, ("soak", "kill-9")), (other, ("sigterm", "soak")))):
        monkeypatch.setattr("load.faults.rows.time.strftime", lambda *_, at=minute: f"2026-11-27 05:0{at}:00")
        chosen = [word for name in names for word in ("--scenario", name)]
        faults(*chosen, "--seed", minute, "--report", folder)
    (one / "kill-9.png").unlink()  # nothing was sent
    report = faults("--report", united, "--add", other, "--add", one)
    assert named(report, "seed") == [("kill-9", 0), ("sigterm", 1), ("soak", 1)], "the last of each; none is played"
    assert sorted(each.name for each in united.iterdir()) == ["report.json", "report.md", "sigterm.png", "soak.png"]
    assert (united / "soak.png").read_bytes() == (other / "soak.png").read_bytes()


@pytest.mark.parametrize("text", [None, "{", '{"scenarios": [{"scenario": "soak"}]}'])
def test_a_former_report_that_cannot_be_read_is_refused_and_left_alone(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    done = CliRunner().invoke(command_line.app, ["faults", "--report", str(tmp_path), "--add", str(tmp_path)])
    assert done.exit_code == 2
    assert [each.read_text() for each in tmp_path.iterdir()] == ([] if text is None else [text])


def test_the_form_of_a_size_is_told() -> None:
    soak = SCENARIOS["soak"]
    forms = [form_of(soak, size) for size in (soak.full, soak.short, replace(soak.full, seconds=5))]
    assert forms == ["full", "short", "bounded"]


def test_where_nothing_was_sent_no_picture_of_an_earlier_run_is_left(tmp_path: Path) -> None:
    picture = tmp_path / "soak.png"
    draw_timeline(played("soak"), picture)
    assert picture.exists()
    draw_timeline(replace(played("soak"), history=RunHistory(frozenset(), [], [])), picture)
    assert not picture.exists()


def test_an_unknown_scenario_is_refused() -> None:
    done = CliRunner().invoke(command_line.app, ["faults", "--scenario", "nonsense"])
    assert done.exit_code == 2


@pytest.mark.parametrize("error", [KafkaUnavailable("it did not start"), KafkaTimeoutError(), AssertionError("ours")])
def test_a_scenario_that_cannot_be_played_is_missed_and_the_others_are_played(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []

    async def play(scenario: Scenario, size: Size, seed: int, **_: object) -> Result:
        kept.append((tmp_path / "report.json").exists())
        if scenario.name == "sigterm":
            raise error
        return played(scenario.name)

    monkeypatch.setattr(command, "play", play)
    arguments = ["faults", "--scenario", "sigterm", "--scenario", "soak", "--json", "--report", str(tmp_path)]
    done = CliRunner().invoke(command_line.app, arguments)
    assert done.exit_code == 1
    first, second = json.loads((tmp_path / "report.json").read_text())["scenarios"]
    assert (first["passed"], second["passed"]) == (False, True)
    assert first["missed"] == [f"could not be played: {type(error).__name__}: {error}"]
    assert kept == [False, True], "what was played is written down before the next one is"


def test_a_row_names_no_folder_of_the_machine() -> None:
    result = played("sigterm")
    result.diary.note("worker-1 had ended (5): stopped: /home/somebody/code/streams/model.py:55 at 10/20 MB, 1/2")
    assert row_of(result, {}).events[-1].what == "worker-1 had ended (5): stopped: model.py:55 at 10/20 MB, 1/2"
