"""Commands that change what is active, with a control topic that is a variable."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from schemas import Comparison, Control
from schemas.control import Guards
from schemas.examples import COMPARISON
from streams.cli import control as module
from streams.cli.app import build_app
from streams.cli.trial_view import show_report
from streams.control import change as changing
from streams.control import reports as reporting
from streams.control import tending
from streams.control.reports import Following, Reports
from streams.control.state import State
from streams.control.trial_report import TrialReport
from streams.policy.file import POLICY
from tests.support.policies import write_policy
from tests.support.rules import as_toml, rule

NOBODY = "127.0.0.1:1"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(), list(arguments))


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    """What the topic says; a change is written into it."""
    monkeypatch.setenv("TIDEGATE_BROKERS", NOBODY)
    topic = State()

    async def read_state(settings: object) -> State:
        return topic

    async def change(settings: object, propose: Callable[[State], Sequence[Control]], event: str) -> Control:
        entries = propose(topic)
        for entry in entries:
            topic.put(entry.key, entry)
        return entries[0]

    async def read_reports(settings: Any) -> Reports:
        return Reports(settings)

    joined(monkeypatch)
    monkeypatch.setattr(changing, "read_state", read_state)
    monkeypatch.setattr(changing, "change", change)
    monkeypatch.setattr(module, "read_reports", read_reports)
    return topic


def joined(monkeypatch: pytest.MonkeyPatch, *client_ids: str) -> None:
    """As the broker describes the group."""

    async def described(settings: object) -> list[str]:
        return list(client_ids)

    monkeypatch.setattr(reporting, "_client_ids", described)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Following], None]:
    def answer(found: Following) -> None:
        async def await_workers(settings: object, entry: object, within_s: float) -> Following:
            return found

        monkeypatch.setattr(reporting, "await_workers", await_workers)

    return answer


@pytest.fixture
def policy(tmp_path: Path) -> str:
    return str(write_policy(tmp_path, action="limit"))


def test_the_content_of_a_policy_travels(state: State, policy: str) -> None:
    result = run("policy", "activate", policy, "--as", "ana", "--note", "why", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["revision"], said["by"], said["note"], said["version"]) == (1, "ana", "why", "test")
    entry = state.get("policy/default")
    assert entry is not None
    assert entry.content == Path(policy).read_text()
    assert "content" not in said


def test_a_long_policy_travels_by_its_address(state: State, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.control.MAX_CONTENT", 10)
    monkeypatch.chdir(Path(policy).parent)
    assert run("policy", "activate", "policy.toml", "--as", "ana").exit_code == 0
    entry = state.get("policy/default")
    assert entry is not None
    assert (entry.content, entry.address) == (None, policy)
    assert entry.digest is not None


@pytest.mark.parametrize("command", [("policy", "activate"), ("policy", "diff")])
def test_a_wrong_policy_is_not_sent(state: State, tmp_path: Path, command: tuple[str, str]) -> None:
    (tmp_path / "bad.toml").write_text("version = 5")
    result = run(*command, str(tmp_path / "bad.toml"))
    assert result.exit_code == 2
    assert "is wrong" in result.stderr
    assert list(state) == []


@pytest.mark.parametrize(
    "arguments",
    [("policy", "activate", "POLICY"), ("models", "activate", "MODEL"), ("tasks", "disable", "posts")],
)
def test_a_dry_run_says_what_it_would_write_and_writes_nothing(
    state: State, policy: str, tiny_artifact: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_DEVICE", "cpu")
    names = {"POLICY": policy, "MODEL": str(tiny_artifact)}
    result = run(*(names.get(word, word) for word in arguments), "--dry-run", "--as", "ana")
    assert result.exit_code == 0, result.output
    assert "would become revision 1, by ana" in result.stdout
    assert list(state) == []


def test_a_dry_run_of_a_policy_tells_why_a_worker_would_refuse_it(
    state: State, policy: str, tiny_artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(text: str) -> tuple[int, str]:
        Path(policy).write_text(text)
        result = run("policy", "activate", policy, "--dry-run", "--as", "ana")
        return result.exit_code, result.stderr

    low, shipped = Path(policy).read_text(), POLICY.read_text("utf-8")
    code, why = said(shipped + as_toml(rule("threats", {"label": "threat", "at_least": 0.6})))
    assert (code, "The policy's rule threats: " in why) == (2, True), why

    strict = shipped.replace('"balanced"', '"strict"')
    assert strict != shipped
    assert said(strict) == (0, "")
    assert run("models", "activate", str(tiny_artifact), "--as", "ana").exit_code == 0
    code, why = said(strict)
    assert (code, "has no operating point strict" in why) == (2, True), "the active model counts, not the settings'"
    assert run("models", "rollback", "--as", "ana").exit_code == 0
    assert said(strict) == (0, "")

    assert said(low) == (0, "")
    monkeypatch.setenv("TIDEGATE_CASCADE", "on")
    code, why = said(low)
    assert (code, "switch cascade off" in why) == (2, True), why
    assert state.get("policy/default") is None


def test_a_policy_cannot_be_tried_where_the_active_model_is_out_of_reach(state: State, policy: str) -> None:
    gone = Control(kind="model", name="default", address="/nowhere", digest="a" * 64, revision=1)
    state.put(gone.key, gone)
    result = run("policy", "activate", policy, "--dry-run", "--as", "ana")
    assert result.exit_code == 1
    assert "/nowhere/manifest.json cannot be copied" in result.stderr


def test_the_change_of_another_needs_the_revision(state: State, policy: str) -> None:
    state.put("policy/default", Control(kind="policy", name="default", content="theirs", by="bo", revision=7))
    refused = run("policy", "activate", policy, "--as", "ana")
    assert refused.exit_code == 1
    assert "is at revision 7 by bo; to replace it say --expect 7" in refused.stderr
    assert run("policy", "activate", policy, "--as", "ana", "--expect", "7").exit_code == 0
    late = run("policy", "activate", policy, "--as", "cy", "--expect", "7")
    assert "at revision 8 by now, not at 7" in late.stderr
    back = run("policy", "rollback", "--as", "ana", "--json")
    assert json.loads(back.stdout)["revision"] == 9
    entry = state.get("policy/default")
    assert entry is not None
    assert entry.content == "theirs"


def test_the_first_change_can_be_rolled_back_to_what_the_settings_name(
    policy: str, answering: Callable[[Following], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(Following(["a"]))
    assert "no policy to go back to" in run("policy", "rollback", "--as", "ana").stderr
    assert run("policy", "activate", policy, "--as", "ana").exit_code == 0
    tried = run("policy", "rollback", "--as", "ana", "--dry-run")
    assert "default: what each worker's settings name would become revision 2, by ana" in tried.stdout
    result = run("policy", "rollback", "--as", "ana", "--wait")
    assert result.exit_code == 0, result.output
    assert [line.strip() for line in result.stdout.splitlines()] == [
        "policy default: what each worker's settings name is revision 2, by ana",
        "as it was before the first change",
        "a: follows",
    ]
    assert "what each worker's" in run("policy", "status").stdout
    Path(policy).write_text(Path(policy).read_text().replace("window_s = 600.0", "window_s = 700.0"))
    monkeypatch.setenv("TIDEGATE_POLICY", policy)
    assert run("policy", "diff", policy).stdout.strip() == "They say the same."


def test_waiting_names_those_that_do_not_follow_and_fails(policy: str, answering: Callable[[Following], None]) -> None:
    answering(Following(["a"], {"b": "The policy is wrong."}, ["c"]))
    result = run("policy", "activate", policy, "--as", "ana", "--wait")
    assert result.exit_code == 1
    assert "a: follows" in result.stdout
    assert "b: refused: The policy is wrong." in result.stdout
    assert "c: does not say that it follows" in result.stdout
    answering(Following())
    nobody = run("policy", "activate", policy, "--as", "ana", "--wait", "--json")
    assert nobody.exit_code == 1
    assert json.loads(nobody.stdout)["workers"] == {"reached": [], "refused": {}, "silent": []}
    answering(Following(["a", "b"]))
    assert run("policy", "activate", policy, "--as", "ana", "--wait").exit_code == 0


DEAF = "no worker of the group g follows the control topic, so nothing changes: start them with the setting control ="


@pytest.mark.parametrize(
    ("client_ids", "is_told"),
    [((), False), (("tidegate", "tidegate"), True), (("tidegate", "tidegate-a"), False)],
)
@pytest.mark.parametrize("arguments", [("policy", "activate", "POLICY"), ("tasks", "disable", "posts")])
def test_that_no_worker_listens_is_told(
    policy: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], client_ids: tuple[str, ...], is_told: bool
) -> None:
    joined(monkeypatch, *client_ids)
    command = [policy if word == "POLICY" else word for word in arguments]
    result = run(*command, "--group", "g", "--as", "ana", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["revision"] == 1
    assert (DEAF in result.stderr) is is_told
    assert (result.stderr == "") is not is_told
    assert run(*command, "--group", "g", "--as", "ana", "--dry-run").stderr == ""


def test_who_waits_for_nobody_hears_that_too(
    policy: str, answering: Callable[[Following], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(monkeypatch, "tidegate")
    answering(Following(silent=["tidegate"]))
    result = run("policy", "activate", policy, "--group", "g", "--as", "ana", "--wait")
    assert result.exit_code == 1
    assert DEAF in result.stderr


def test_a_model_travels_by_address_and_hash(state: State, tiny_artifact: Path) -> None:
    result = run("models", "activate", str(tiny_artifact), "--as", "ana")
    assert result.exit_code == 0, result.output
    entry = state.get("model/default")
    assert entry is not None
    assert entry.address == str(tiny_artifact)
    assert (entry.version or "").startswith("2026.11.24-")


def test_what_is_no_model_is_not_sent(state: State, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    assert "is no manifest of a model" in run("models", "activate", str(tmp_path)).stderr
    assert "cannot be copied" in run("models", "activate", str(tmp_path / "nothing")).stderr
    assert list(state) == []


def test_the_difference_is_to_what_is_active(state: State, policy: str) -> None:
    text = Path(policy).read_text()
    state.put("policy/default", Control(kind="policy", name="default", content=text, revision=3))
    assert run("policy", "diff", policy).stdout.strip() == "They say the same."
    Path(policy).write_text(text.replace("window_s = 600.0", "window_s = 700.0"))
    said = json.loads(run("policy", "diff", policy, "--json").stdout)
    assert said["revision"] == 3
    assert [line for line in said["diff"][2:] if line[0] in "+-"] == ["-window_s = 600.0", "+window_s = 700.0"]


def test_tasks_are_switched_by_name(state: State) -> None:
    assert run("tasks", "disable", "symptoms", "--as", "ana").exit_code == 0
    assert state.enabled(["posts", "symptoms"]) == ["posts"]
    assert run("tasks", "enable", "symptoms", "--as", "ana").exit_code == 0
    assert state.enabled(["posts", "symptoms"]) == ["posts", "symptoms"]
    assert run("tasks", "enable", "weather").exit_code == 2


def test_a_trial_is_begun_and_ended(state: State, tiny_artifact: Path) -> None:
    begun = run("models", "shadow", str(tiny_artifact), "--share", "25", "--as", "ana")
    assert begun.exit_code == 0
    assert "judges 25 % of the authors for comparison is revision 1, by ana" in begun.stdout
    trial = state.trial
    assert trial is not None
    assert (trial.name, trial.share, trial.revision) == ("candidate", 0.25, 1)
    assert run("models", "rollback", "--as", "ana").exit_code == 0
    assert state.trial is None
    for share in ("0", "101"):
        assert run("models", "shadow", str(tiny_artifact), "--share", share).exit_code == 2


@pytest.mark.parametrize(
    ("command", "given", "understood"),
    [
        ("shadow", (), "judges 10 % of the authors for comparison"),
        ("shadow", ("--share", "0.1"), "judges 0.1 % of the authors for comparison"),
        ("canary", (), "judges 5 %;"),
        ("canary", ("--share", "0.1"), "judges 0.1 %;"),
    ],
)
def test_a_share_is_a_percentage_and_what_was_understood_is_said(
    state: State, tiny_artifact: Path, command: str, given: tuple[str, ...], understood: str
) -> None:
    result = run("models", command, str(tiny_artifact), *given, "--as", "ana")
    assert result.exit_code == 0, result.output
    assert understood in result.stdout
    assert state.trial is not None
    assert state.trial.share == pytest.approx(float(understood.split()[1]) / 100)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_report_shows_positions(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    report = TrialReport()
    report.add(Comparison.model_validate(COMPARISON))
    show_report(2, report, as_json)
    shown = capsys.readouterr().out
    assert "moderation.posts[2]@1841" in shown
    assert ("not enough yet" in shown) is not as_json
    if as_json:
        said = json.loads(shown)
        assert said["decisions"][0] | {"positions": []} == {
            "from": "limit",
            "to": "review",
            "count": 1,
            "positions": [],
        }
        assert (said["gained"][0]["from"], said["lost"], said["is_enough"]) == ("threat", [], False)


def test_a_report_counts_what_lies_in_the_topic_of_its_own_trial(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(offset: int, **fields: Any) -> SimpleNamespace:
        value = None if fields.get("revision") == 0 else json.dumps({**COMPARISON, **fields}).encode()
        return SimpleNamespace(topic="moderation.comparisons", partition=0, offset=offset, value=value)

    lying = {
        "reviews": [],
        "comparisons": [
            [message(0, id="a" * 32, revision=1), message(1, id="b" * 32), message(2, revision=0)],
            [message(3, id="b" * 32), message(4, id="c" * 32)],
        ],
    }

    async def read_between(settings: object, kind: str) -> AsyncIterator[list[SimpleNamespace]]:
        for messages in lying[kind]:
            yield messages

    monkeypatch.setattr("streams.client.between.read_between", read_between)
    monkeypatch.setattr("streams.client.reviewed.read_between", read_between)
    assert "No model is on trial" in run("models", "report").stderr
    state.put("model/candidate", Control(kind="model", name="candidate", version="v2", share=0.1, revision=2))
    result = run("models", "report", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["revision"], said["compared"]) == (2, 2)
    assert "the comparison at moderation.comparisons[0]@2 cannot be read" in result.stderr
    assert json.loads(run("models", "report", "--revision", "1", "--json").stdout)["compared"] == 1


def canary(*arguments: str) -> Result:
    return run("models", "canary", *arguments, "--as", "ana")


def test_a_canary_goes_up_by_degrees_and_is_ended(state: State, tiny_artifact: Path) -> None:
    first = canary(str(tiny_artifact), "--share", "5", "--guard", "actions=2", "--guard", "p99=off")
    assert first.exit_code == 0, first.output
    assert "judges 5 %; guards actions 2, dead_letters 0.01, agreement 0.1, at_least 100 is revision 1" in first.stdout
    second = canary("--share", "25", "--guard", "at_least=30")
    assert second.exit_code == 0, second.output
    trial = state.trial
    assert trial is not None
    assert trial.guards is not None
    assert (trial.share, trial.judges, trial.revision, trial.address) == (0.25, True, 2, str(tiny_artifact))
    assert (trial.guards.actions, trial.guards.p99, trial.guards.at_least) == (2.0, None, 30)
    assert run("models", "rollback", "--as", "ana").exit_code == 0
    assert state.trial is None
    assert "name the address of one" in canary("--share", "50").stderr


def test_a_trial_in_shadow_becomes_a_canary(state: State, tiny_artifact: Path) -> None:
    run("models", "shadow", str(tiny_artifact), "--share", "25", "--as", "ana")
    assert canary("--share", "1").exit_code == 0
    trial = state.trial
    assert trial is not None
    assert (trial.share, trial.judges) == (0.01, True)
    run("models", "shadow", str(tiny_artifact), "--share", "25", "--as", "ana")
    assert state.trial is not None
    assert (state.trial.share, state.trial.judges) == (0.25, False)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--then", "25"), "--then and --every go together"),
        (("--every", "10m"), "--then and --every go together"),
        (("--then", "25,10", "--every", "10m"), "larger than the one before"),
        (("--then", "5", "--every", "10m"), "larger than the one before"),
        (("--then", "250", "--every", "10m"), "100 at most"),
        (("--then", "many", "--every", "10m"), "no percentages"),
        (("--then", "25", "--every", "soon"), "no length of time"),
        (("--then", "25", "--every", "0s"), "no length of time"),
        (("--share", "0"), "--share"),
        (("--guard", "actions"), "NAME=LIMIT"),
        (("--guard", "luck=1"), "NAME=LIMIT"),
        (("--guard", "actions=0.5"), "actions"),
        (("--guard", "at_least=few"), "at_least"),
    ],
)
def test_a_wrong_plan_is_told_and_not_sent(
    state: State, tiny_artifact: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    result = canary(str(tiny_artifact), *arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.replace("\u2502", " ").split())
    assert list(state) == []


def test_the_status_shows_the_share_the_degrees_and_the_guards() -> None:
    entry = Control(
        kind="model", name="candidate", version="v2", share=0.05, judges=True, then=(0.25, 0.5), every_s=600.0,
        guards=Guards(actions=1.5),
    )  # fmt: skip
    assert module.described(entry) == ("v2 judges 5 %; then 25, 50 % every 600 s; guards actions 1.5, at_least 100")
    assert module.described(entry.model_copy(update={"judges": False})) == "v2 judges 5 % of the authors for comparison"
    assert module.described(entry.model_copy(update={"active": False})) == "v2 (ended)"


@pytest.mark.parametrize(("by", "code"), [("ana", 0), ("guard", 1)])
def test_who_stays_with_a_canary_hears_how_it_ended(
    by: str, code: int, state: State, tiny_artifact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stayed: list[bool] = []

    async def tend(settings: object, until_end: bool, tell: object) -> Control | None:
        stayed.append(until_end)
        trial = state.trial
        assert trial is not None
        return trial.model_copy(update={"active": False, "by": by, "note": "why"})

    monkeypatch.setattr(tending, "tend", tend)
    result = canary(str(tiny_artifact), "--then", "25,50", "--every", "10m")
    assert result.exit_code == code, result.output
    assert f"judges nobody any more, by {by}: why" in result.stdout
    trial = state.trial
    assert trial is not None
    assert (trial.then, trial.every_s) == ((0.25, 0.5), 600.0)
    assert run("models", "guard").exit_code == code
    assert stayed == [False, True]
