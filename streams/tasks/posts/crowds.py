"""What many authors do at about the same time: waves of texts, of pictures and of new accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from models.pictures.hashing import Fingerprint
from schemas import Post
from streams.policy import PostPolicy
from streams.policy.tables import CrowdKind
from streams.tasks.base import Case
from streams.tasks.outputs import Alarm
from streams.tasks.posts.crowd import Crowd
from streams.tasks.posts.newcomers import Newcomers
from streams.tasks.posts.picture_waves import PictureWaves, new_pictures
from streams.tasks.posts.waves import Sketch, SpamWaves, sketch

Kind = Literal["text", "picture", "account"]
_ALERTS: Final[dict[Kind, str]] = {"text": "spam_wave", "picture": "picture_wave", "account": "join_wave"}


class Sign(NamedTuple):
    """What of a post may be one of many."""

    kind: Kind
    sketch: Sketch = Sketch()
    """Of a text."""
    prints: tuple[Fingerprint, ...] = ()
    """Of pictures."""


class Crowds:
    """Finds what may be one of many, and counts the authors of what is. All of it is bounded and starts empty with the
    process. Not shared between threads.

    Args:
        digest: hashes words: to a signed number of 64 bits.
    """

    def __init__(self, policy: PostPolicy, digest: Callable[[str], int] = hash) -> None:
        self._policy = policy
        self._digest = digest
        self._texts = SpamWaves(policy.spam_wave)
        self._pictures = PictureWaves(policy.picture_wave)
        self._newcomers = Newcomers()
        self._joined = Crowd()

    def adopt(self, policy: PostPolicy) -> None:
        """Other numbers and windows from now on; what is remembered stays, as far as it was seen."""
        before, now = self._policy.join_wave, policy.join_wave
        if now is None or (before is not None and now.account_younger_than_s > before.account_younger_than_s):
            self._newcomers.hold(())  # of accounts that nobody asked about nothing was remembered
        self._policy = policy
        self._texts.adopt(policy.spam_wave)
        self._pictures.adopt(policy.picture_wave)

    def hold(self, partitions: Collection[int]) -> None:
        """The input partitions whose posts come here."""
        self._newcomers.hold(partitions)

    @property
    def longest_window_s(self) -> float:
        """What is older counts nowhere."""
        joins = self._policy.join_wave
        windows = (self._policy.spam_wave.window_s, self._policy.picture_wave.window_s)
        return max(*windows, 0.0 if joins is None else joins.window_s)

    def signs(self, case: Case[Post], author: int, identity: str, sent_at: float) -> Iterator[Sign]:
        """What there is to count of a post. The same again where it comes again."""
        found = sketch(case.rendered.text, self._policy.spam_wave.min_letters, self._digest)
        if found.keys:
            yield Sign("text", sketch=found)
        if prints := new_pictures(case.seen):
            yield Sign("picture", prints=tuple(prints))
        if (joins := self._policy.join_wave) is not None:
            age_s, younger_s = case.record.account_age_s(sent_at), joins.account_younger_than_s
            partition = 0 if case.origin is None else case.origin.partition
            if self._newcomers.is_first(author, identity, partition, sent_at, age_s, younger_s):
                yield Sign("account")

    def count(self, sign: Sign, author: int, identity: str, sent_at: float, subject: str) -> Alarm | None:
        """Counts an author once, however often they come.

        Args:
            author: from `author_hash`.
            identity: of the post; where it raised an alert, it does so again.
            sent_at: seconds since 1970.
            subject: of the alert.
        """
        policy = self._policy
        match sign.kind:
            case "text":
                least, due = policy.spam_wave.authors, self._texts.count(sign.sketch, author, identity, sent_at)
            case "picture":
                least, due = policy.picture_wave.authors, self._pictures.add(sign.prints, author, identity, sent_at)
            case "account":
                if policy.join_wave is None:
                    return None
                least = policy.join_wave.accounts
                due = self._joined.add(author, identity, sent_at, least, policy.join_wave.window_s)
        if due is None:
            return None
        unit = "accounts" if sign.kind == "account" else "authors"
        return Alarm(_ALERTS[sign.kind], "high", subject, [f"{unit}>={least}"], due)

    def sizes(self, signs: Iterable[Sign], author: int, sent_at: float) -> Mapping[CrowdKind, int]:
        """How many authors, this one among them, do the same at about the time of a post that was counted. An account
        that joined in a wave is one of it with all of its posts.
        """
        found: dict[CrowdKind, int] = {}
        for sign in signs:
            if sign.kind == "text":
                found["copies"] = self._texts.size(sign.sketch, author, sent_at)
            elif sign.kind == "picture":
                found["picture_copies"] = self._pictures.size(sign.prints, author, sent_at)
        if self._policy.join_wave is not None:
            found["joins"] = self._joined.size_with(author, sent_at, self._policy.join_wave.window_s)
        return found
