"""The policy file: the packaged one holds, a wrong one is refused with one sentence that names the key."""

import re
from pathlib import Path

import pytest

from streams.policy import POLICY, Policy, PolicyError
from streams.policy.file import LONGEST_WAVE_S
from streams.tasks.posts import POSTS

JOINS = "accounts = 50\nwindow_s = 90000\naccount_younger_than_s = 864000"


def write(folder: Path, before: str, after: str) -> Path:
    text = POLICY.read_text("utf-8")
    assert before in text
    path = folder / "policy.toml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    return path


def test_the_packaged_policy_is_sound() -> None:
    policy = Policy.load()

    assert policy.posts.actions["self_harm"].remove is None
    assert "self_harm" in policy.posts.severe
    assert "self_harm" in policy.posts.support_labels
    assert policy.posts.repeat_offender.posts == 3
    assert (policy.posts.spam_wave.authors, policy.posts.spam_wave.window_s) == (20, 600)


def test_a_policy_that_does_not_say_what_under_triage_costs_misses_no_more_than_the_one_that_ships() -> None:
    shipped = Policy.load()
    silent = shipped.model_dump(exclude_unset=True)
    del silent["symptoms"]["under_triage_cost"]
    assert Policy.model_validate(silent).symptoms.under_triage_cost == shipped.symptoms.under_triage_cost


def test_any_edit_changes_the_version_and_a_comment_does_not(tmp_path: Path) -> None:
    packaged = Policy.load().version_with()

    assert packaged.startswith("1-")
    assert Policy.load(write(tmp_path, "[posts]", "# a remark\n[posts]")).version_with() == packaged
    assert Policy.load(write(tmp_path, "remove = 0.95", "remove = 0.96")).version_with() != packaged
    assert Policy.load(write(tmp_path, '"balanced"\n\n', '"strict"\n\n')).version_with() != packaged
    assert Policy.load(write(tmp_path, '"toxicity", "insult"', '"insult", "toxicity"')).version_with() == packaged


def test_the_order_of_keys_is_no_edit(tmp_path: Path) -> None:
    forth, back = "{ en = 0.5, zh = 0.6 }", "{ zh = 0.6, en = 0.5 }"
    versions = {
        Policy.load(write(tmp_path, "spam = { other = 0.95 }", f"spam = {spam}")).version_with()
        for spam in (forth, back)
    }
    assert len(versions) == 1
    assert re.fullmatch(r"1-[0-9a-f]{8}", versions.pop())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("limit = 0.90", "limit = 1.9", "posts.actions.toxicity.limit: input should be less than or equal to 1"),
        ('operating_point = "balanced"', 'operating_point = "loose"', "posts.operating_point"),
        ("limit = 0.90", "limit = nan", "posts.actions.toxicity.limit"),
        ("limit = 0.90", 'limit = "0.9"', "posts.actions.toxicity.limit"),
        ("[posts.severe]\nthreat", "[posts.severe]\nthreet", "posts.severe.threet is not a label; the labels are"),
        ("window_s = 3600", "window_s = 3600\nx = 1", "posts.quota.x is not a key of a policy"),
        ("window_s = 3600", "window_s = 0", "posts.quota.window_s"),
        (
            "[posts.spam_wave]\nauthors = 20\nwindow_s = 600",
            "[posts.spam_wave]\nauthors = 20\nwindow_s = 86401",
            "posts.spam_wave.window_s is 86401, and what workers tell each other of waves is kept for 86400 s",
        ),
        (
            "[posts.picture_wave]\nauthors = 20\nwindow_s = 3600",
            "[posts.picture_wave]\nauthors = 20\nwindow_s = 100000",
            "posts.picture_wave.window_s is 100000, and",
        ),
        ("[posts.severe]", f"[posts.join_wave]\n{JOINS}\n[posts.severe]", "posts.join_wave.window_s is 90000, and"),
        ("conditions = 5", "", "symptoms.conditions is missing"),
        ("nudity = {", "weapon = {", "posts.picture_labels has weapon, which may stand in a verdict and never acts"),
        ("review = 0.80 }", "review = 0.80, remove = 0.7 }", "posts.picture_labels.nudity must not ask for a lower"),
        ("review = 0.80 }", "high = 0.9, critical = 0.8 }", "posts.picture_labels.nudity must not ask for a lower"),
        ("limits = { limit", "limits = { review", "posts.quota.limits.review"),
        ("review = 0.97", "review = 0.1", "posts.actions.toxicity must not ask for a lower score"),
        ("critical = 0.95", "critical = 0.5", "posts.severe.threat must not ask for a lower score"),
        ("spam = { other = 0.95 }", "spam = { fr = 0.5 }", "posts.thresholds.spam.fr"),
        ('version = "1"', 'version = ""', "version:"),
        ("[posts]", "[posts", "is not a TOML file"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_sentence(tmp_path: Path, before: str, after: str, told: str) -> None:
    path = write(tmp_path, before, after)

    with pytest.raises(PolicyError) as refused:
        Policy.load(path)

    sentence = str(refused.value)
    assert told in sentence
    assert str(path) in sentence
    assert "\n" not in sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"cannot be read: No such file or directory\.$"):
        Policy.load(tmp_path / "none.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(PolicyError, match="is not a TOML file"):
        Policy.load(path)


def test_no_wave_is_longer_than_what_workers_tell_each_other_is_kept() -> None:
    assert POSTS.sightings is not None
    assert POSTS.sightings.config["retention.ms"] >= 1000 * LONGEST_WAVE_S
