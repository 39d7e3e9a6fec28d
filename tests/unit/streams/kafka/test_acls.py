"""The ACLs that are printed: tests/broker/test_security.py holds them to a broker."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from streams.cli.app import build_app
from streams.kafka.acls import ROLES, acls
from streams.kafka.topics import topic_names
from streams.settings import Settings


def by_name(role: str, **settings: object) -> dict[str, tuple[str, ...]]:
    granted = acls(Settings.load(topic_prefix="p", group="g", **settings), role)  # type: ignore[arg-type]
    named: dict[str, tuple[str, ...]] = {
        acl.name if acl.resource == "topic" else f"{acl.resource} {acl.name}": acl.operations for acl in granted
    }
    assert len(named) == len(granted)
    return named


def test_a_worker_reads_what_it_serves_writes_what_comes_of_it_and_sees_the_rest() -> None:
    granted = by_name("worker", tasks="posts")
    assert set(granted) == {*topic_names("p").values(), "group g"}
    assert granted["p.posts"] == granted["p.posts-backfill"] == granted["group g"] == ("Read",)
    assert granted["p.symptoms"] == granted["p.symptoms-backfill"] == ("Describe",)
    assert granted["p.labels"] == granted["p.dead-letters"] == ("Write",)


def test_a_worker_that_follows_the_control_topic_may_end_a_canary_there() -> None:
    granted = by_name("worker", control="on")
    assert granted["p.control"] == ("Read", "Write")
    assert granted["transactional-id p.control"] == granted["p.events"] == ("Write",)
    assert by_name("worker", control="off")["p.control"] == ("Read",)


def test_what_workers_remember_is_for_workers_alone_and_only_where_it_is_asked_for(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    topic = {"author_state": "topic", "author_key_file": key}
    assert by_name("worker")["p.authors"] == ("Describe",)
    assert by_name("worker", **topic)["p.authors"] == ("Read", "Write")
    assert by_name("worker", **topic, tasks="symptoms")["p.authors"] == ("Describe",)
    assert "p.authors" not in by_name("reader", **topic) | by_name("sender", **topic)
    assert by_name("operator", **topic)["p.authors"] == ("Create", "Describe")


def test_what_workers_tell_each_other_is_for_workers_alone_and_only_where_it_is_asked_for(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    shared = {"shared_waves": "on", "author_key_file": key}
    assert by_name("worker")["p.waves"] == ("Describe",)
    assert "group g-waves" not in by_name("worker") | by_name("worker", **shared, tasks="symptoms")
    granted = by_name("worker", **shared)
    assert (granted["p.waves"], granted["group g-waves"]) == (("Read", "Write"), ("Read",))
    assert not {"p.waves", "group g-waves"} & (by_name("reader", **shared) | by_name("sender", **shared)).keys()
    assert by_name("operator", **shared)["p.waves"] == ("Create", "Describe")


def test_nobody_may_write_what_is_not_theirs() -> None:
    assert by_name("sender") == {"p.posts": ("Write",), "p.symptoms": ("Write",)}
    assert all(operations == ("Read",) for operations in by_name("reader").values())
    assert "p.posts" not in by_name("reader")
    operator = by_name("operator")
    assert operator["p.posts-backfill"] == ("Create", "Read", "Write")
    assert operator["p.labels"] == operator["p.reviews"] == ("Create", "Read"), "rows for training are made of them"
    assert "Read" not in operator["group g"]


def test_an_operator_may_change_what_is_active_and_see_who_took_it_up() -> None:
    operator = by_name("operator")
    assert operator["p.control"] == operator["p.events"] == ("Create", "Read", "Write")
    assert operator["transactional-id p.control"] == ("Write",)
    assert operator["p.comparisons"] == ("Create", "Read")
    assert operator["group g"] == ("Describe",)
    assert by_name("reader")["p.reviews"] == ("Read",)


def test_who_follows_reviews_reads_both_topics_and_writes_the_figures_which_no_worker_does() -> None:
    assert by_name("assessor") == {"p.labels": ("Read",), "p.reviews": ("Read",), "p.quality": ("Write",)}
    assert by_name("worker")["p.quality"] == ("Describe",)
    assert by_name("reader")["p.quality"] == ("Read",)


def test_who_sends_reviews_writes_them_and_nothing_beside() -> None:
    assert by_name("reviewer") == {"p.reviews": ("Write",)}


def test_a_reader_names_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read on the workers' group is enough to commit their offsets."""
    monkeypatch.setenv("TIDEGATE_GROUP", "of-the-workers")
    refused = CliRunner().invoke(build_app(), ["acls", "--role", "reader"])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "a group of its own" in " ".join(refused.stderr.split())
    granted = CliRunner().invoke(build_app(), ["acls", "--role", "reader", "--group", "dashboard"])
    assert granted.exit_code == 0
    assert "--group 'dashboard'" in granted.stdout
    assert "of-the-workers" not in granted.stdout


@pytest.mark.parametrize("role", ROLES)
def test_both_forms_say_the_same(role: str) -> None:
    given = ["acls", "--role", role, "--prefix", "p", "--group", "g", "--principal", "User:CN=a b"]
    lines = CliRunner().invoke(build_app(), given).stdout.splitlines()
    objects = [orjson.loads(line) for line in CliRunner().invoke(build_app(), [*given, "--json"]).stdout.splitlines()]
    assert len(lines) == len(objects) == len(by_name(role))
    for line, acl in zip(lines, objects, strict=True):
        assert f"--{acl['resource']} '{acl['name']}'" in line
        assert all(f"--operation {operation}" in line for operation in acl["operations"])
        assert "--allow-principal 'User:CN=a b'" in line
        assert acl["principal"] == "User:CN=a b"


def test_a_role_that_nobody_has_is_wrong_usage() -> None:
    assert CliRunner().invoke(build_app(), ["acls", "--role", "king"]).exit_code == 2
