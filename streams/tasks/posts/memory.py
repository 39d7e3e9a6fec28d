"""What outlives a single post: author history, what many authors do at once, the quota."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.text.masks import USER
from schemas import Post
from streams.policy import PostPolicy
from streams.policy.quota import Quota
from streams.record import Outgoing
from streams.tasks.base import Case, Parts
from streams.tasks.outputs import Alarm
from streams.tasks.posts.author_key import load_or_create_secret, passing_secret
from streams.tasks.posts.authors import author_hash, key_check
from streams.tasks.posts.crowds import Sign
from streams.tasks.posts.journal import Journal
from streams.tasks.posts.offenders import Offenders
from streams.tasks.posts.rates import Rates
from streams.tasks.posts.wave_counting import WaveCounting


def author_of(case: Case[Post]) -> str:
    """Who is said to have written it, else the key, which stands for the author; empty for nobody."""
    return case.record.author or (case.key or b"").decode("utf-8", "replace")


@dataclass(slots=True)
class Memory:
    """What outlives a single post: all of it bounded. The quota touches an action; author history and what many authors
    do at once only where a rule of the policy asks for it, and its reason then says so.
    """

    secret: bytes
    offenders: Offenders
    waves: WaveCounting
    quota: Quota | None
    rates: Rates = field(default_factory=Rates)

    @classmethod
    def open(cls, parts: Parts, folder: Path | None) -> Memory:
        """Args:
        folder: None: nothing is kept, whatever the parts say.
        """
        policy, state = parts.policy.posts, "off" if folder is None else parts.author_state
        files = folder if state == "disk" else None
        secret = parts.author_secret or (passing_secret() if files is None else load_or_create_secret(files))
        journal = Journal(key_check(secret)) if state == "topic" else None
        offenders = Offenders(policy.repeat_offender, secret, parts.wall_clock, files, journal)
        waves = WaveCounting(policy, secret, is_shared=parts.shares_waves and folder is not None)
        return cls(secret, offenders, waves, Quota(policy.quota) if parts.has_quota else None)

    def strike(self, case: Case[Post], identity: str, sent_at: float) -> list[Alarm]:
        """Enters a post that was acted on, and says what it means beside those before it.

        Args:
            identity: of what it says, whatever judged it.
        """
        author = author_of(case)
        alarm = self.offenders.strike(author, identity, _partition(case), sent_at) if author else None
        return [] if alarm is None else [alarm]

    def strikes(
        self, case: Case[Post], identity: str, sent_at: float, window_s: float | None, half_life_s: float | None = None
    ) -> int:
        """Posts of the author before this one that were acted on, in the last so many seconds; None: all known."""
        author = author_of(case)
        if not author:
            return 0
        return self.offenders.strikes(author, identity, _partition(case), sent_at, window_s, half_life_s)

    def witness(self, case: Case[Post], identity: str, sent_at: float, tells: bool) -> tuple[list[Sign], list[Alarm]]:
        """What this post may be one of, and what it means beside those of others, as far as that is known here.

        Args:
            identity: of what it says, whatever judged it.
            tells: whether a rule asks for it.
        """
        author = author_of(case)
        if not author:
            return [], []
        return self.waves.witness(case, author_hash(self.secret, author), identity, sent_at, tells)

    def tell(self, case: Case[Post], signs: Sequence[Sign], verdict_id: str, sent_at: float) -> None:
        """Has what a post may be one of leave with its verdict. See `WaveCounting`."""
        if signs:
            self.waves.tell(case, author_hash(self.secret, author_of(case)), signs, verdict_id, sent_at)

    def count(self, case: Case[Post], identity: str, sent_at: float, window_s: float) -> None:
        """Counts a post for the rate of its author; what is older than the window is forgotten."""
        if author := author_of(case):
            self.rates.add(author_hash(self.secret, author), identity, sent_at, _mentions(case), window_s)

    def rate(self, case: Case[Post], identity: str, sent_at: float, what: str, window_s: float) -> int:
        """`posts` of the author in the last so many seconds, this one among them, or `mentions` in those."""
        author, posts, mentions = author_of(case), 0, 0
        if author:
            posts, mentions = self.rates.before(author_hash(self.secret, author), identity, sent_at, window_s)
        return posts + 1 if what == "posts" else mentions + _mentions(case)

    def leaving(self) -> Sequence[Outgoing]:
        """What is to leave with the verdict that was decided last, so that others know of it."""
        return (*self.offenders.leaving(), *self.waves.leaving())

    def adopt(self, policy: PostPolicy) -> None:
        """What is remembered stays; from now on this policy says what it means."""
        self.offenders.adopt(policy.repeat_offender)
        self.waves.adopt(policy)
        if self.quota is not None:
            self.quota.adopt(policy.quota)

    def assign(self, partitions: Collection[int], total: int | None) -> None:
        """What is known of partitions that are new is read where it is kept; of `total` of them the quota is a part."""
        if self.quota is not None and total is not None:
            self.quota.hold(partitions, total)
        self.waves.crowds.hold(partitions)
        self.offenders.assign(partitions)


def _mentions(case: Case[Post]) -> int:
    return case.rendered.text.count(USER)


def _partition(case: Case[Post]) -> int:
    return 0 if case.origin is None else case.origin.partition
