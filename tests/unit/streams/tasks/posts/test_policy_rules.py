"""The policy's own rules on posts, from the record to the messages that leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from models.pictures.hashing import Fingerprint
from models.pictures.look import Look
from models.serving.types import Scores
from streams.pictures.seen import Seen
from streams.policy import PolicyError
from streams.policy.text import hash_author
from streams.tasks.base import Origin
from streams.tasks.posts import company
from streams.tasks.posts.task import PostsTask
from tests.support.rules import policy, rule
from tests.unit.streams.tasks.building import WALL_NOW, decide, decided, kinds, parts, post_scores

POST = {"id": "p1", "text": "try my c.a.s.i.n.o at http://spins.example", "author": "ann"}
SENT_AT = datetime.fromtimestamp(WALL_NOW - 3, UTC)
LISTS = {
    "banned": {"kind": "block", "of": "authors", "entries": [hash_author("ann", "")]},
    "spins": {"kind": "allow", "of": "domains", "entries": ["spins.example"]},
}
JOIN_WAVE = {"accounts": 50, "window_s": 600.0, "account_younger_than_s": 86_400.0}
CASINO = {"casino": {"words": ["casino"]}}


def task(*rules: dict[str, Any], state: Path | None = None, **more: Any) -> PostsTask:
    return PostsTask.build(replace(parts(state), policy=policy(*rules, lists=LISTS, keywords=CASINO, **more)))


def on_casino(then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return rule("casino", {"keywords": "casino"}, then, **{"must_match": ["casino"], "must_not_match": ["x"]} | more)


def banned(**more: Any) -> dict[str, Any]:
    return rule("banned", {"list": "banned"}, must_match=[{"author": "ann"}], must_not_match=["x"], **more)


def test_a_rule_acts_and_the_verdict_names_it() -> None:
    then = {"action": "review", "labels": ["spam"], "alert": "critical", "note": "a wave"}
    verdict, outputs = decide(task(on_casino(then)), POST, post_scores())

    assert (verdict["action"], verdict["labels"], verdict["reasons"]) == ("review", ["spam"], ["rule:casino"])
    assert verdict["rules"] == [{"name": "casino", "mode": "on", "action": "review", "at_most": None,
                                 "labels": ["spam"], "note": "a wave", "history": False}]  # fmt: skip
    assert kinds(outputs) == ["labels", "flags", "alerts"]
    alert = outputs[2][2]
    assert (alert["kind"], alert["severity"], alert["subject"], alert["reasons"]) == (
        "policy_rule", "critical", "p1", ["rule:casino"],
    )  # fmt: skip


def test_a_rule_in_shadow_is_in_the_verdict_and_nowhere_else() -> None:
    verdict, outputs = decide(
        task(on_casino({"action": "remove", "alert": "high"}, mode="shadow")), POST, post_scores()
    )

    assert (verdict["action"], verdict["reasons"], kinds(outputs)) == ("allow", [], ["labels"])
    assert [(one["name"], one["mode"], one["action"]) for one in verdict["rules"]] == [("casino", "shadow", "remove")]


def test_a_rule_reads_a_post_that_the_model_cannot() -> None:
    verdict, _ = decide(task(on_casino({"action": "limit"})), POST, None)
    assert (verdict["assessed"], verdict["action"]) == (False, "limit")


def test_author_lists_hold_hashes_and_stand_for_the_key_where_no_author_is_named() -> None:
    assert decide(task(banned()), POST, post_scores())[0]["reasons"] == ["rule:banned"]
    nameless = {"id": "p", "text": "hello"}
    assert decide(task(banned()), nameless, post_scores(), key=b"ann")[0]["reasons"] == ["rule:banned"]
    assert decide(task(banned()), nameless, post_scores(), key=None)[0]["reasons"] == []


def test_a_removal_by_rule_is_under_the_quota() -> None:
    none = {"window_s": 60.0, "limits": {"remove": 0}}
    verdict, _ = decide(task(on_casino({"action": "remove"}), quota=none), POST, post_scores())
    assert (verdict["action"], verdict["reasons"]) == ("review", ["rule:casino", "quota"])


@pytest.mark.parametrize(("age", "acts"), [(59, True), (60, False), (-5, True)])
def test_the_age_of_an_account_is_as_of_the_time_at_which_the_post_was_sent(age: int, acts: bool) -> None:
    fits, misses = [{"account_age_s": 1}], [{"account_age_s": 99}, "age not known"]
    young = rule("young", {"account_younger_than_s": 60.0}, must_match=fits, must_not_match=misses)
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"):
        since = (SENT_AT - timedelta(seconds=age)).strftime(form)
        assert (decide(task(young), POST | {"author_since": since}, post_scores())[0]["action"] == "review") is acts
    assert decide(task(young), POST, post_scores())[0]["action"] == "allow"


def strikes(*, window_s: float | None = None) -> dict[str, Any]:
    when: dict[str, Any] = {"strikes": 2} | ({} if window_s is None else {"window_s": window_s})
    return rule("twice", when, {"action": "remove"}, must_match=[{"strikes": 2}], must_not_match=[{"strikes": 1}])


def test_strikes_are_posts_before_this_one_and_a_redelivery_is_told_the_same() -> None:
    judge = task(strikes())
    hateful = [POST | {"id": f"p{i}"} for i in range(3)]
    rulings = [decide(judge, post, post_scores(hate=0.85))[0] for post in hateful]

    assert [one["action"] for one in rulings] == ["limit", "limit", "remove"]
    assert rulings[2]["reasons"] == ["rule:twice (history)", "hate>=0.8"]
    again = decide(judge, hateful[2], post_scores(hate=0.85))[0]
    assert (again["id"], again["action"]) == (rulings[2]["id"], "remove")
    assert decide(judge, hateful[2] | {"author": "bob", "id": "b"}, post_scores())[0]["action"] == "allow"


def test_a_post_that_comes_again_under_another_model_is_no_offence_before_itself() -> None:
    """As after a killed worker, where a canary or another policy has begun meanwhile."""
    judge = task(strikes())
    hateful = [POST | {"id": f"p{i}"} for i in range(2)]
    for post in hateful:
        decide(judge, post, post_scores(hate=0.85))
    for post in hateful:
        verdict, _ = decide(judge, post, Scores("m2", heads=post_scores(hate=0.85).heads))
        assert verdict["action"] == "limit"
    assert judge._memory.offenders.authors.count(next(iter(judge._memory.offenders.authors._authors))) == 2


def test_what_only_history_acted_on_is_no_strike() -> None:
    judge = task(strikes())
    for i in range(2):
        decide(judge, POST | {"id": f"p{i}"}, post_scores(hate=0.85))
    for i in range(5):
        verdict, outputs = decide(judge, POST | {"id": f"clean{i}"}, post_scores())
        assert (verdict["action"], kinds(outputs)) == ("remove", ["labels", "flags"])
    assert judge._memory.offenders.authors.count(next(iter(judge._memory.offenders.authors._authors))) == 2


def flood(what: str, needed: int) -> dict[str, Any]:
    fits, misses = [{"posts": 9, "mentions": 9}], [{"posts": 1, "mentions": 0}]
    return rule("flood", {what: needed, "window_s": 60.0}, must_match=fits, must_not_match=misses)


def test_a_flood_of_posts_is_known_by_its_third_whoever_else_writes() -> None:
    judge = task(flood("posts", 3))
    written = [POST | {"id": f"p{n}", "author": name} for n in range(3) for name in ("ann", "bob")]
    verdicts = [decide(judge, post, post_scores())[0] for post in written]

    assert [one["action"] for one in verdicts] == ["allow"] * 4 + ["review"] * 2
    assert verdicts[-1]["reasons"] == ["rule:flood (history)"]
    again = decide(judge, written[-1], post_scores())[0]
    assert (again["id"], again["action"]) == (verdicts[-1]["id"], "review"), "a redelivery is told the same"
    assert decide(judge, written[0], post_scores())[0]["action"] == "review", "sent at the same time as the others"


def test_mentions_are_those_of_all_posts_in_the_window() -> None:
    judge = task(flood("mentions", 3))
    texts = ("hello @one and @two", "hello @three", "hello")
    verdicts = [decide(judge, POST | {"id": f"p{n}", "text": text}, post_scores())[0] for n, text in enumerate(texts)]

    assert [one["action"] for one in verdicts] == ["allow", "review", "review"]


def test_without_a_rule_that_asks_no_post_is_remembered() -> None:
    judge = task(strikes())
    decide(judge, POST, post_scores())

    assert len(judge._memory.rates) == len(judge._memory.waves.company) == 0


def crowd(kind: str, needed: int, **more: Any) -> dict[str, Any]:
    return rule("crowd", {kind: needed}, must_match=[{kind: needed}], must_not_match=[{kind: needed - 1}], **more)


def joining(**more: Any) -> PostsTask:
    """A task that has seen the partition for longer than accounts are new."""
    judge = task(crowd("joins", 3), join_wave=JOIN_WAVE, **more)
    judge._memory.waves.crowds._newcomers._since[3] = WALL_NOW - 1e6
    return judge


def newcomer(number: int, text: str = "hello everybody", **more: Any) -> dict[str, Any]:
    since = (SENT_AT - timedelta(seconds=60)).isoformat()
    return {"id": f"p{number}", "text": text, "author": f"new-{number}", "author_since": since, **more}


def test_new_accounts_are_acted_on_once_they_are_many_and_the_reason_says_that_it_is_history() -> None:
    judge = joining()
    verdicts = [decide(judge, newcomer(number), post_scores())[0] for number in range(4)]

    assert [one["action"] for one in verdicts] == ["allow", "allow", "review", "review"]
    assert verdicts[2]["reasons"] == ["rule:crowd (history)"]
    assert verdicts[2]["rules"][0]["history"] is True
    assert len(judge._memory.offenders.authors) == 0, "what others did is no strike"
    old = {"author_since": (SENT_AT - timedelta(days=90)).isoformat()}
    for others in (newcomer(9, **old), {"id": "p", "text": "hello", "author": "ann"}):
        assert decide(judge, others, post_scores())[0]["action"] == "allow", "who was there before is none of them"


def test_an_account_of_a_join_wave_is_one_of_it_with_its_later_posts_too() -> None:
    judge = joining()
    for number in range(3):
        decide(judge, newcomer(number), post_scores())

    later = decide(judge, newcomer(0, text="and now to the point", id="later"), post_scores())[0]
    assert later["reasons"] == ["rule:crowd (history)"]


def test_a_post_that_comes_again_is_told_what_it_was_told_however_many_have_joined_since() -> None:
    judge = joining()
    posts = [newcomer(number) for number in range(6)]
    first = [decide(judge, post, post_scores())[0] for post in posts]
    again = [decide(judge, post, post_scores())[0] for post in posts]

    assert [one["action"] for one in first] == ["allow"] * 2 + ["review"] * 4
    assert [(one["id"], one["action"]) for one in again] == [(one["id"], one["action"]) for one in first]


def test_copies_of_a_text_by_many_authors_are_acted_on_from_the_one_that_makes_them_many() -> None:
    judge = task(crowd("copies", 3))
    text = "Hello friend, earn money quickly from home with this trusted method, click below and join us today"
    written = [POST | {"id": f"p{n}", "author": f"a{n}", "text": text} for n in range(4)]
    written += [written[3] | {"id": "same", "text": f"{text}."}]
    written += [POST | {"id": "alone", "text": "nobody else writes what stands here on any day"}]

    actions = [decide(judge, post, post_scores())[0]["action"] for post in written]
    assert actions == ["allow", "allow", "review", "review", "review", "allow"]


def test_so_are_copies_of_a_picture() -> None:
    judge = task(crowd("picture_copies", 3))
    hashes = ("0123456789abcdef" * 4,) * 8
    look = Look("image/png", 640, 480, 1, 1, (Fingerprint(hashes, 100),), (), (), False)
    actions = []
    for number in range(4):
        post = POST | {"id": f"p{number}", "author": f"a{number}", "text": f"number {number}"}
        actions.append(decide(judge, post, post_scores(), seen=[Seen(0, "0" * 64, look)])[0]["action"])

    assert actions == ["allow", "allow", "review", "review"]
    assert decide(judge, POST, post_scores())[0]["action"] == "allow"


def test_where_waves_are_counted_elsewhere_rules_go_by_what_is_judged_here() -> None:
    given = replace(parts(Path("none")), author_state="off", author_secret=b"k" * 32, shares_waves=True)
    judge = PostsTask.build(replace(given, policy=policy(crowd("joins", 3), join_wave=JOIN_WAVE)))
    judge._memory.waves.crowds._newcomers._since[3] = WALL_NOW - 1e6
    found = []
    for number in range(4):
        leaving = decided(judge, newcomer(number), post_scores(), b"k", Origin("moderation.in", 3, number))
        found.append((orjson.loads(leaving[0].value or b"")["action"], [each.kind for each in leaving].count("waves")))

    assert found == [("allow", 1), ("allow", 1), ("review", 1), ("review", 1)]


def test_a_rule_that_asks_for_joins_needs_to_be_told_which_accounts_are_new() -> None:
    with pytest.raises(ValidationError, match=r"rule crowd that asks for joins, and there is no posts\.join_wave"):
        task(crowd("joins", 3))


def test_no_more_posts_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "MAX_REMEMBERED", 2)
    known = company.Company()
    for number in range(4):
        known.note(f"{number:016x}" * 2, {"joins": number})
    assert len(known) == 2
    assert [known.of(f"{number:016x}" * 2, "joins") for number in range(4)] == [0, 0, 2, 3]
    assert known.of(f"{3:016x}" * 2, "copies") == 0


def test_strikes_outside_of_the_window_do_not_count() -> None:
    authors = task(strikes())._memory.offenders.authors
    for number, at in enumerate((10.0, 50.0, 90.0)):
        authors.add(7, f"{number:016x}" * 2, 0, at)
    assert authors.before(7, "f" * 32, 100.0, 60.0) == 2
    assert authors.before(7, f"{2:016x}" * 2, 100.0, 60.0) == 1, "a post does not count itself"
    assert authors.before(7, "f" * 32, 60.0, 60.0) == 2, "nor those after it"
    assert authors.before(8, "f" * 32, 100.0, 60.0) == 0


def test_a_worker_does_not_start_with_an_example_that_fails() -> None:
    with pytest.raises(PolicyError, match="rule casino: example 1 of must_not_match matches"):
        task(on_casino({"action": "limit"}, must_not_match=["my casino"]))


def test_nothing_of_a_record_is_in_what_rules_add() -> None:
    verdict, _ = decide(task(on_casino({"action": "limit"})), POST | {"author": "wilhelmina"}, post_scores())
    assert verdict["rules"]
    for said in ("wilhelmina", "c.a.s.i.n.o", "spins.example"):
        assert said not in str(verdict)
