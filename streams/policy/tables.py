"""The tables of a policy that a moderator writes: [[rules]], [lists.NAME] and [keywords.NAME], each checked alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from streams.policy.base import DAY_S, Label, Language, Name, Point, Probability, Seconds, Table
from streams.policy.text import check_regex

MAX_STRIKES: Final = 128
MAX_POSTS: Final = 256  # of an author that are counted for a rate
MAX_RATE_WINDOW_S: Final = 3600.0
MAX_CROWD: Final = 1_000  # authors that a rule may ask for
CrowdKind = Literal["joins", "copies", "picture_copies"]
CROWD_KINDS: Final[tuple[CrowdKind, ...]] = ("joins", "copies", "picture_copies")
_SUBJECTS: Final = (
    "all_", "any_", "not_", "label", "lang", "kind", "thread", "keywords", "regex", "list_", "strikes",
    "posts", "mentions", *CROWD_KINDS, "account_younger_than_s",
)  # fmt: skip
_MODIFIERS: Final = {
    "at_least": ("label",),
    "below": ("label",),
    "point": ("label",),
    "window_s": ("strikes", "posts", "mentions"),
    "half_life_s": ("strikes",),
}


def _several(value: Any) -> Any:
    """One word or a list of them."""
    return (value,) if isinstance(value, str) else value


def _with_text(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _with_value(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


Word = Annotated[str, Field(min_length=1, max_length=256)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_several), Field(min_length=1)]
Many = Annotated[int, Field(ge=2, le=MAX_CROWD, strict=True)]


class Condition(Table):
    """One key says what it is about; the keys that belong to it say how much."""

    all_: tuple[Condition, ...] | None = Field(default=None, alias="all", min_length=1)
    any_: tuple[Condition, ...] | None = Field(default=None, alias="any", min_length=1)
    not_: Condition | None = Field(default=None, alias="not")
    label: Label | None = None
    """Alone: the label stands. With `at_least` or `below`: its score. With `point`: the model's of that one."""
    at_least: Probability | None = None
    below: Probability | None = None
    point: Point | None = None
    lang: Annotated[tuple[Language, ...], BeforeValidator(_several), Field(min_length=1)] | None = None
    kind: Words | None = None
    thread: Words | None = None
    keywords: Name | None = None
    regex: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    list_: Name | None = Field(default=None, alias="list")
    strikes: Annotated[int, Field(ge=1, le=MAX_STRIKES, strict=True)] | None = None
    """Earlier posts of the author that were acted on, in `window_s` or as long as they are remembered."""
    window_s: Seconds | None = None
    half_life_s: Seconds | None = None
    """After so long a strike counts half, after twice that a quarter; the sum is rounded. None: it counts whole."""
    posts: Annotated[int, Field(ge=2, le=MAX_POSTS, strict=True)] | None = None
    """Of the author in `window_s`, this one among them."""
    mentions: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """People named in those."""
    joins: Many | None = None
    """New accounts that wrote for the first time in the window of `posts.join_wave`, the author among them."""
    copies: Many | None = None
    """Authors of nearly this text in the window of `posts.spam_wave`, this one among them."""
    picture_copies: Many | None = None
    """Authors of nearly a picture of the post in the window of `posts.picture_wave`, this one among them."""
    account_younger_than_s: Annotated[float, Field(gt=0.0, le=3650 * DAY_S, strict=True)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Condition:
        if len([name for name in _SUBJECTS if getattr(self, name) is not None]) != 1:
            known = ", ".join(name.rstrip("_") for name in _SUBJECTS)
            raise ValueError(f"needs exactly one of {known}")
        for name, subjects in _MODIFIERS.items():
            if getattr(self, name) is not None and all(getattr(self, subject) is None for subject in subjects):
                raise ValueError(f"has {name} without {' or '.join(subjects)}")
        if self.rate is not None and (self.window_s is None or self.window_s > MAX_RATE_WINDOW_S):
            raise ValueError(f"has {self.rate[0]} without a window_s of {MAX_RATE_WINDOW_S:g} at most")
        if self.point is not None and (self.at_least is not None or self.below is not None):
            raise ValueError("asks for an operating point and for a score; one is enough")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError("asks for a score that is at_least more than below allows")
        if self.regex is not None:
            check_regex(self.regex)
        return self

    @property
    def rate(self) -> tuple[Literal["posts", "mentions"], int] | None:
        """What has to be so many in `window_s`."""
        if self.posts is not None:
            return "posts", self.posts
        return None if self.mentions is None else ("mentions", self.mentions)

    @property
    def crowd(self) -> tuple[CrowdKind, int] | None:
        """Of what the author has to be one of so many."""
        asked = ((kind, getattr(self, kind)) for kind in CROWD_KINDS)
        return next(((kind, needed) for kind, needed in asked if needed is not None), None)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """Conditions right under this one."""
        return self.all_ or self.any_ or (() if self.not_ is None else (self.not_,))

    def demands(self, lists: Collection[str]) -> bool:
        """Whether it never holds for what is on none of these lists."""
        if self.any_ is not None:
            return all(part.demands(lists) for part in self.any_)
        return self.list_ in lists or any(part.demands(lists) for part in self.all_ or ())

    def leaves(self, is_denied: bool = False) -> Iterator[tuple[Condition, bool]]:
        """What is not made of others, and whether it is asked to be false."""
        if not self.parts:
            yield self, is_denied
        for part in self.parts:
            yield from part.leaves(is_denied ^ (self.not_ is not None))


class Effects(Table):
    """What a rule does. Nothing here depends on other rules."""

    action: Literal["limit", "review", "remove"] | None = None
    """At least this; the most severe of all that ask for one is taken."""
    at_most: Literal["allow", "limit", "review"] | None = None
    """No more than this, whatever asks for more. Only for rules on an allow-list."""
    labels: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")], ...] = ()
    """Those of the model or words of your own."""
    alert: Literal["high", "critical"] | None = None
    note: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """For whoever looks at the verdict."""

    @model_validator(mode="after")
    def _does_something(self) -> Effects:
        if self.action is None and self.at_most is None and not self.labels and self.alert is None and not self.note:
            raise ValueError("does nothing; give it an action, at_most, labels, an alert or a note")
        if self.action is not None and self.at_most is not None:
            raise ValueError("asks for an action and for at_most; those are two rules")
        return self


class Example(Table):
    """A made-up post. What is not said of it is: no score, no thread, no strike."""

    text: Annotated[str, Field(max_length=20_000)] = ""
    lang: Language = "en"
    scores: dict[Label, Probability] = Field(default_factory=dict)
    kind: str = ""
    thread: str = ""
    author: str = ""
    account_age_s: Annotated[float, Field(ge=0.0)] | None = None
    strikes: Annotated[int, Field(ge=0)] = 0
    posts: Annotated[int, Field(ge=1)] = 1
    """Of the author in whatever window is asked for, this one among them."""
    mentions: Annotated[int, Field(ge=0)] = 0
    joins: Annotated[int, Field(ge=0)] = 0
    copies: Annotated[int, Field(ge=0)] = 0
    picture_copies: Annotated[int, Field(ge=0)] = 0


Examples = Annotated[tuple[Annotated[Example, BeforeValidator(_with_text)], ...], Field(min_length=1)]


class Rule(Table):
    """If `when` holds, then `then`. Rules know nothing of each other and stand in no order."""

    name: Name
    owner: Annotated[str, Field(min_length=1, max_length=64)]
    about: Annotated[str, Field(max_length=500)] = ""
    expires: date | None = None
    """From the beginning of this day on (UTC) the rule is off."""
    mode: Literal["off", "shadow", "on"]
    when: Condition
    then: Effects
    must_match: Examples
    must_not_match: Examples

    @property
    def is_historic(self) -> bool:
        """Whether the same post may meet it on one day and not on another, because of what its author did before, or
        others at the same time."""
        return any(leaf.strikes is not None or leaf.rate or leaf.crowd for leaf, _ in self.when.leaves())

    def lists(self, is_denied: bool = False) -> set[str]:
        """Names of lists that it asks for, or asks not to be on."""
        return {leaf.list_ for leaf, denied in self.when.leaves() if leaf.list_ and denied is is_denied}


class Entry(Table):
    value: Word
    expires: date | None = None
    """From the beginning of this day on (UTC) it is no entry."""
    why: Annotated[str, Field(max_length=200)] = ""


class ListTable(Table):
    """Who or what is on a list."""

    kind: Literal["allow", "block", "watch"]
    """Rules on it may cap an action (allow), act (block), or only alert, label and note (watch)."""
    of: Literal["authors", "domains", "keywords"]
    """Authors by hash, see `tidegate policy hash`; a domain covers those below it; keywords are whole words."""
    salt: Annotated[str, Field(max_length=64)] = ""
    """Of the hashes of authors."""
    entries: tuple[Annotated[Entry, BeforeValidator(_with_value)], ...]


class KeywordTable(Table):
    """Whole words and phrases, in any case and width, with anything but letters and digits between them."""

    words: Annotated[tuple[Word, ...], Field(min_length=1)]
