"""Words, domains and expressions in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.policy.text import NEVER, Expressions, Finder, Phrases, check_regex, domains_of, hash_author, words_of


def phrases(*some: str, until: int = NEVER) -> Phrases:
    tree = Phrases()
    for phrase in some:
        tree.add(phrase, phrase, until)
    return tree


def found(tree: Phrases, text: str, day: int = 1) -> set[str]:
    into: set[str] = set()
    tree.find(words_of(text), day, into)
    return into


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Free   SPINS here", "free spins"),
        ("ＦＲＥＥ spins", "free spins"),
        ("free-spins!", "free spins"),
        ("他说老虎机很好玩", "老虎机"),
        ("加vx联系", "vx"),
        ("เล่นสล็อตออนไลน์", "สล็อต"),
        ("СТАВКИ тут", "ставки"),
    ],
)
def test_a_phrase_is_found_whatever_its_case_width_and_separators(text: str, phrase: str) -> None:
    assert found(phrases(phrase), text) == {phrase}


@pytest.mark.parametrize(
    ("text", "phrase"), [("a classic", "ass"), ("free of spins", "free spins"), ("老虎", "老虎机")]
)
def test_only_whole_words_and_whole_phrases_count(text: str, phrase: str) -> None:
    assert found(phrases(phrase), text) == set()


def test_phrases_that_begin_alike_or_overlap_are_all_found() -> None:
    tree = phrases("free", "free spins", "free spins now", "spins now")
    assert found(tree, "free spins now") == {"free", "free spins", "free spins now", "spins now"}


def test_a_phrase_ends_on_its_day() -> None:
    tree = phrases("casino", until=10)
    assert found(tree, "casino", day=9) == {"casino"}
    assert found(tree, "casino", day=10) == set()


def test_an_entry_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="without a letter or digit"):
        Phrases().add("!!!", "x")


@given(st.lists(st.text("ab老 ", min_size=1), max_size=6), st.text("ab老 .", max_size=40))
def test_the_tree_finds_what_a_search_through_the_words_finds(some: list[str], text: str) -> None:
    words = f" {' '.join(words_of(text))} "
    some = [phrase for phrase in some if words_of(phrase)]
    assert found(phrases(*some), text) == {phrase for phrase in some if f" {' '.join(words_of(phrase))} " in words}


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("see https://www.bad.example/x?y=1", "bad.example"),
        ("BAD.Example", "bad.example"),
        ("看bad.example吧", "bad.example"),
        ("看 坏.例子 吧", "坏.例子"),
        ("it is bad.example.", "bad.example"),
        ("mail me@bad.example", "bad.example"),
    ],
)
def test_a_domain_covers_those_below_it(text: str, domain: str) -> None:
    finder = Finder(Expressions(()), Phrases(), {domain: [("it", NEVER)]})
    assert finder.find((text,), 1) == {"it"}


def test_a_domain_is_no_part_of_another() -> None:
    assert "bad.example" not in domains_of("https://notbad.example and bad.example.org")
    assert domains_of("no domain. At all") == set()


def test_expressions_are_found_in_one_pass_by_themselves() -> None:
    some = Expressions([r"(?i)b[e3]t\d+", "^never$", r"(?i)b[e3]t\d+"])
    assert some.find("a B3T99 b") == [r"regex (?i)b[e3]t\d+"]
    assert Expressions(()).find("x") == []


@pytest.mark.parametrize("expression", ["(?<=a)b", r"(a)\1", "(", "a{2000}", "[z-a]"])
def test_what_is_not_linear_or_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression of RE2"):
        check_regex(expression)


def test_an_author_is_told_from_another_and_lists_from_each_other() -> None:
    assert len({hash_author("ann", ""), hash_author("bob", ""), hash_author("ann", "salt")}) == 3
    assert len(hash_author("\ud800", "")) == 32


@pytest.mark.parametrize("text", ["a" * 20_000, "a." * 10_000, "老" * 20_000, "free " * 4_000, "\ud800" * 9])
def test_a_long_text_comes_to_an_end(text: str) -> None:
    """A search that goes back, as Python's own does, would not."""
    some = Finder(Expressions([r"(a+)+b", "(老*)*x"]), phrases("free free free", "a b"), {"a.b": [("it", NEVER)]})
    assert some.find((text,), 1) <= {"it", "free free free", "a b"}
