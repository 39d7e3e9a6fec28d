"""What an operator's change makes of the control topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas import Control
from schemas.event import Breach
from streams.control import change as module
from streams.control.change import GUARD, ConflictError, back, next_degree, proposed, roll_back
from streams.control.state import State
from streams.settings import Settings

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def policy(**fields: Any) -> Control:
    return Control(**{"kind": "policy", "name": "default", "content": "new", "by": "ana"} | fields)


def state(*entries: Control) -> State:
    return State(entries)


def test_the_first_change_is_revision_one() -> None:
    (entry,) = proposed(State(), policy(), None, NOW)
    assert (entry.revision, entry.expected, entry.at, entry.content) == (1, 0, NOW, "new")


def test_a_change_keeps_what_it_replaces_as_the_former_one() -> None:
    old = policy(content="old", revision=4, expected=3)
    entry, former = proposed(state(old), policy(), None, NOW)
    assert (former.key, former.content, former.revision) == ("policy/former", "old", 4)
    assert (entry.key, entry.content, entry.revision, entry.expected) == ("policy/default", "new", 5, 4)


def test_what_no_worker_took_does_not_become_the_former_one() -> None:
    old = policy(content="refused", revision=4, expected=3)
    (entry,) = proposed(state(old), policy(), None, NOW, is_refused=True)
    assert entry.revision == 5


@pytest.mark.parametrize("names", [{"content": "same"}, {"content": None, "address": "there", "digest": "d" * 64}])
def test_what_is_activated_twice_is_not_its_own_former_one(names: dict[str, Any]) -> None:
    topic = state(policy(content="good", revision=1))
    for _ in range(3):
        for entry in proposed(topic, policy(**names), None, NOW):
            topic.put(entry.key, entry)
    assert back(topic, "policy", "ana", None).content == "good"


def test_what_lies_at_an_address_without_a_hash_may_have_changed() -> None:
    old = policy(content=None, address="there", revision=1)
    assert len(proposed(state(old), policy(content=None, address="there"), None, NOW)) == 2


def test_the_change_of_another_is_not_overwritten_unseen() -> None:
    theirs = state(policy(by="bo", revision=4))
    with pytest.raises(ConflictError, match="revision 4 by bo; to replace it say --expect 4"):
        proposed(theirs, policy(), None, NOW)
    assert proposed(theirs, policy(), 4, NOW)[0].revision == 5


@pytest.mark.parametrize("expected", [0, 3, 5])
def test_a_change_of_what_the_operator_did_not_see_is_refused(expected: int) -> None:
    with pytest.raises(ConflictError, match=f"at revision 4 by now, not at {expected}"):
        proposed(state(policy(revision=4)), policy(), expected, NOW)


def test_two_operators_who_saw_the_same_cannot_both_win() -> None:
    seen = state(policy(revision=4, by="ana"))
    for entry in proposed(seen, policy(by="bo"), 4, NOW):
        seen.put(entry.key, entry)
    with pytest.raises(ConflictError, match="at revision 5"):
        proposed(seen, policy(by="cy"), 4, NOW)


def test_going_back_brings_the_former_one_with_a_revision_of_its_own() -> None:
    now = state(policy(content="old", name="former", revision=1), policy(revision=2, note="good"))
    entry, former = proposed(now, back(now, "policy", "ana", "it was bad"), 2, NOW)
    assert (entry.key, entry.content, entry.revision, entry.note) == ("policy/default", "old", 3, "it was bad")
    assert (former.key, former.content) == ("policy/former", "new")


def test_before_the_first_change_were_the_settings_and_one_can_go_there_and_back() -> None:
    topic = state(policy(revision=1, version="2"))
    for number, is_active in ((2, False), (3, True), (4, False)):
        for entry in proposed(topic, back(topic, "policy", "ana", f"note {number}"), None, NOW):
            topic.put(entry.key, entry)
        default = topic.get("policy/default")
        assert default is not None
        assert (default.revision, default.active, default.note) == (number, is_active, f"note {number}")
        assert (default.content, default.version) == (("new", "2") if is_active else (None, None))
    entry, former = proposed(topic, policy(content="newer"), None, NOW)
    assert (entry.revision, entry.active, former.active) == (5, True, False)


def test_a_first_change_that_no_worker_took_leaves_nothing_but_the_settings_to_go_back_to() -> None:
    topic = state(policy(revision=1))
    (entry,) = proposed(topic, back(topic, "policy", "ana", None), None, NOW, is_refused=True)
    assert (entry.revision, entry.active) == (2, False)


@pytest.mark.parametrize("entries", [(), (policy(revision=2, active=False, content=None),)])
def test_there_is_nothing_to_go_back_to(entries: tuple[Control, ...]) -> None:
    with pytest.raises(ConflictError, match="no policy to go back to"):
        back(state(*entries), "policy", "ana", None)


def test_a_task_has_no_former_one() -> None:
    off = Control(kind="task", name="posts", active=False, by="ana", revision=1)
    (entry,) = proposed(state(off), off.model_copy(update={"active": True}), None, NOW)
    assert (entry.key, entry.active, entry.revision) == ("task/posts", True, 2)


TRIAL = Control(kind="model", name="candidate", address="there", share=0.1, by="bo", revision=3, expected=2)


def model(**fields: Any) -> Control:
    return Control(**{"kind": "model", "name": "default", "address": "new", "by": "ana"} | fields)


def test_a_model_that_is_activated_ends_the_trial() -> None:
    entry, ended = proposed(state(TRIAL), model(), None, NOW)
    assert (ended.key, ended.active, ended.revision, ended.expected) == ("model/candidate", False, 4, 3)
    assert (ended.by, entry.key) == ("ana", "model/default")
    (again,) = proposed(state(ended), model(), None, NOW)
    assert again.key == "model/default"


def test_a_policy_leaves_the_trial_alone() -> None:
    assert [entry.key for entry in proposed(state(TRIAL), policy(), None, NOW)] == ["policy/default"]


def test_going_back_ends_a_trial_first() -> None:
    now = state(TRIAL, model(name="former"), model(revision=2))
    entry = proposed(now, back(now, "model", "ana", None), 3, NOW)[0]
    assert (entry.key, entry.active, entry.revision) == ("model/candidate", False, 4)
    now.put(entry.key, entry)
    assert back(now, "model", "ana", None).name == "default"


CANARY = TRIAL.model_copy(
    update={"judges": True, "share": 0.05, "then": (0.25, 0.5), "every_s": 600.0, "at": NOW, "digest": "a" * 64}
)
BREACH = Breach(guard="p99", task="posts", measured=50.0, active=10.0, limit=20.0, n=300, n_active=1700)


def test_a_model_that_is_activated_is_named_before_its_canary_ends() -> None:
    """A worker that reads one by one must not give the authors back to the former model in between."""
    former = model(revision=1)
    assert [entry.key for entry in proposed(state(CANARY, former), model(), None, NOW)] == [
        "model/default",
        "model/former",
        "model/candidate",
    ]


def test_a_degree_is_due_by_the_time_of_the_change_before_it() -> None:
    assert next_degree(CANARY, NOW + timedelta(seconds=599)) is None
    due = next_degree(CANARY, NOW + timedelta(seconds=600))
    assert due is not None
    assert (due.share, due.then, due.by) == (0.25, (0.5,), "bo")
    (entry,) = proposed(state(CANARY), due, due.revision, NOW + timedelta(seconds=600))
    assert (entry.revision, entry.expected) == (4, 3)
    assert next_degree(entry, NOW + timedelta(seconds=601)) is None, "the clock begins anew"
    last = next_degree(entry, NOW + timedelta(seconds=1200))
    assert last is not None
    assert next_degree(last, NOW + timedelta(days=1)) is None


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> State:
    """What the topic says; a change is written into it."""
    said = State()

    async def change(settings: object, propose: Callable[[State], Sequence[Control]], *told: object) -> Control:
        entries = propose(said)
        for entry in entries:
            said.put(entry.key, entry)
        return entries[0]

    monkeypatch.setattr(module, "change", change)
    return said


async def test_of_many_workers_that_end_a_canary_one_writes_it(topic: State) -> None:
    topic.put(CANARY.key, CANARY)
    ended = await roll_back(Settings(), CANARY, BREACH, "first")
    assert (ended.active, ended.revision, ended.expected, ended.by) == (False, 4, 3, GUARD)
    assert "The guard p99 of posts ended it: 50 ms" in (ended.note or "")
    with pytest.raises(ConflictError, match="ended before"):
        await roll_back(Settings(), CANARY, BREACH, "second")
    assert topic.get(CANARY.key) == ended


async def test_a_canary_is_ended_at_whichever_degree_it_is_by_now(topic: State) -> None:
    topic.put(CANARY.key, CANARY.model_copy(update={"revision": 4, "expected": 3, "share": 0.25}))
    assert (await roll_back(Settings(), CANARY, BREACH, "late")).revision == 5


@pytest.mark.parametrize("changes", [{"digest": "b" * 64}, {"judges": False}])
async def test_another_trial_is_left_alone(topic: State, changes: dict[str, Any]) -> None:
    topic.put(CANARY.key, CANARY.model_copy(update={"revision": 9, **changes}))
    with pytest.raises(ConflictError):
        await roll_back(Settings(), CANARY, BREACH, "late")


def test_going_back_ends_a_canary_first() -> None:
    now = state(CANARY, model(name="former"), model(revision=2))
    assert back(now, "model", "ana", None).active is False
