"""The end of the demo: what it says of a policy that changed while posts flowed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from schemas import PostVerdict
from schemas.examples import POST_VERDICT
from streams.cli.demo.children import DemoError
from streams.cli.demo.policy_change import RULE_NAME, TEXT, Change, changed_policy, print_change
from streams.policy import POLICY, Policy
from streams.settings import Settings
from tests.support.rules import as_toml, rule

TOPIC = "moderation.posts"
RULE = {"name": RULE_NAME, "mode": "on", "action": "review", "at_most": None, "labels": ["fraud"], "note": None,
        "history": False}  # fmt: skip


def verdict(offset: int, is_new: bool) -> PostVerdict:
    fields = {
        "source": {"topic": TOPIC, "partition": 0, "offset": offset},
        "policy_version": "1-new" if is_new else "1-old",
        "action": "review" if is_new else "allow",
        "reasons": [f"rule:{RULE_NAME}"] if is_new else [],
        "rules": [RULE] if is_new else [],
    }
    return PostVerdict.model_validate(POST_VERDICT | fields)


def change(sent: int, *answers: tuple[int, bool]) -> Change:
    found = Change(written_at=10.0)
    for offset in range(sent):
        found.history.sent[TOPIC, 0, offset] = 1.0
    for offset, is_new in answers:
        found.add(verdict(offset, is_new), 11.5 + offset)
    return found


def shown(found: Change) -> str:
    console = Console(file=io.StringIO(), width=140)
    print_change(console, found)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_same_post_is_shown_under_both_policies() -> None:
    said = shown(change(3, (0, False), (1, True), (2, True)))
    for part in (TEXT, "1-old", "1-new", "allow", "review", f"rule:{RULE_NAME}", "2.5 s", "All 3 posts came back"):
        assert part in said


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (change(3, (0, False), (1, True)), "3 posts during the change of the policy 1 got no verdict"),
        (change(2, (0, False), (1, True), (1, True)), "0 got no verdict, and 1 more than one"),
        (change(2, (0, False), (1, False)), "did not judge in time"),
        (change(0), "did not judge in time"),
    ],
)
def test_what_is_missing_fails_the_demo(found: Change, why: str) -> None:
    assert not found.is_complete
    with pytest.raises(DemoError, match=why):
        shown(found)


@pytest.mark.parametrize("more", ["", as_toml(rule("own", {"keywords": "k"}, must_match=["word"])) + (
    '[keywords.k]\nfile = "words.txt"\n'
)])  # fmt: skip
def test_the_policy_in_force_gets_one_rule_more_also_where_it_names_files(tmp_path: Path, more: str) -> None:
    (tmp_path / "words.txt").write_text("word\n")
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.read_text("utf-8") + more, "utf-8")
    changed = Policy.parse(changed_policy(Settings(policy=path)).encode(), "changed")
    own = Policy.load(path)
    assert {one.name for one in changed.rules} == {*(one.name for one in own.rules), RULE_NAME}
    assert changed.posts == own.posts
