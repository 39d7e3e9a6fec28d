"""The account of what went in and what came back."""

from __future__ import annotations

from streams.history import History


def test_each_record_is_lost_answered_or_repeated_and_what_nobody_sent_is_invented() -> None:
    history: History[str, int, str] = History({"a": 1, "b": 2, "c": 3})
    history.add_answer("a", "first")
    history.add_answer("b", "first")
    history.add_answer("b", "again")
    history.add_answer("x", "of nobody")
    history.add_answer("x", "twice")

    assert history.lost == ["c"]
    assert history.repeated == {"b": ["first", "again"]}
    assert history.invented == ["x"]
    assert not history.is_exact


def test_an_answer_may_come_before_its_record() -> None:
    history: History[str, int, str] = History()
    history.add_answer("a", "early")
    assert history.invented == ["a"]
    history.sent["a"] = 1
    assert history.is_exact


def test_one_flaw_is_enough() -> None:
    assert History[str, None, str]().is_exact
    assert not History({"a": None}).is_exact
    assert not History({"a": None}, {"a": ["1", "2"]}).is_exact
    assert not History({"a": None}, {"a": ["1"], "b": ["1"]}).is_exact
