"""What outlives a single post: author history, what many authors do at once, the quota."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.text.masks import USER
from schemas import Post, Sighting
from streams.policy import PostPolicy
from streams.policy.quota import Quota
from streams.record import Outgoing
from streams.tasks.base import Case, Change, Parts
from streams.tasks.outputs import Alarm
from streams.tasks.posts.author_key import load_or_create_secret, passing_secret
from streams.tasks.posts.authors import AuthorHistory, author_hash, key_check
from streams.tasks.posts.company import Company
from streams.tasks.posts.crowds import Crowds, Sign
from streams.tasks.posts.journal import Journal, Place, author_in
from streams.tasks.posts.rates import Rates
from streams.tasks.posts.sightings import Sightings, keyed, sign_of

logger = logging.getLogger(__name__)


def author_of(case: Case[Post]) -> str:
    """Who is said to have written it, else the key, which stands for the author; empty for nobody."""
    return case.record.author or (case.key or b"").decode("utf-8", "replace")


@dataclass(slots=True)
class Memory:
    """What outlives a single post: all of it bounded. The quota touches an action; author history and what many authors
    do at once only where a rule of the policy asks for it, and its reason then says so."""

    policy: PostPolicy
    secret: bytes
    authors: AuthorHistory
    crowds: Crowds
    quota: Quota | None
    wall_clock: Callable[[], float]
    folder: Path | None
    """Where author history is kept, one file an input partition; None: not there."""
    journal: Journal | None
    """What of author history is to leave for its changelog; None: it has none."""
    sightings: Sightings | None
    """What is to leave for whoever counts waves; None: they are counted here."""
    own: Crowds | None = None
    """Of the posts that are judged here, where waves are counted elsewhere and a rule has asked for them."""
    rates: Rates = field(default_factory=Rates)
    company: Company = field(default_factory=Company)
    held: set[int] = field(default_factory=set)
    """Input partitions of this worker."""

    @classmethod
    def open(cls, parts: Parts, folder: Path | None) -> Memory:
        """Args:
        folder: None: nothing is kept, whatever the parts say.
        """
        policy, state = parts.policy.posts, "off" if folder is None else parts.author_state
        files = folder if state == "disk" else None
        secret = parts.author_secret or (passing_secret() if files is None else load_or_create_secret(files))
        journal = Journal(key_check(secret)) if state == "topic" else None
        authors = AuthorHistory(policy.repeat_offender, secret, journal)
        quota = Quota(policy.quota) if parts.has_quota else None
        sightings = Sightings(secret) if parts.shares_waves and folder is not None else None
        crowds = Crowds(policy) if sightings is None else Crowds(policy, keyed(secret))
        return cls(policy, secret, authors, crowds, quota, parts.wall_clock, files, journal, sightings)

    def strike(self, case: Case[Post], identity: str, sent_at: float) -> list[Alarm]:
        """Enters a post that was acted on, and says what it means beside those before it.

        Args:
            identity: of what it says, whatever judged it.
        """
        author = author_of(case)
        if not author:
            return []
        count = self.authors.add(self._who(case, author), identity, _partition(case), sent_at)
        if count is None:
            return []
        return [Alarm("repeat_offender", "high", author, [f"posts>={self.policy.repeat_offender.posts}"], count)]

    def witness(self, case: Case[Post], identity: str, sent_at: float, tells: bool) -> tuple[list[Sign], list[Alarm]]:
        """What this post may be one of, and what it means beside those of other authors, as far as it is counted here.

        Args:
            identity: of what it says, whatever judged it.
            tells: whether a rule asks for it.
        """
        author = author_of(case)
        if not author:
            return [], []
        who = author_hash(self.secret, author)
        signs = list(self.crowds.signs(case, who, identity, sent_at))
        raised: list[Alarm | None] = []
        if tells or self.sightings is None:
            here = self._counted_here()
            raised = [here.count(sign, who, identity, sent_at, case.record.id) for sign in signs]
            if tells:
                self.company.note(identity, here.sizes(signs, who, sent_at))
        return signs, [alarm for alarm in raised if alarm is not None and self.sightings is None]

    def tell(self, case: Case[Post], signs: Sequence[Sign], verdict_id: str, sent_at: float) -> None:
        """Has what a post may be one of leave with its verdict, for whoever counts all that are alike. Not before there
        is a verdict: it would leave with that of another post.
        """
        if self.sightings is not None:
            for sign in signs:
                self.sightings.note(sign, case, author_hash(self.secret, author_of(case)), verdict_id, sent_at)

    def _counted_here(self) -> Crowds:
        """What rules go by: whoever tells of waves, a worker knows at once only of the posts that it judges."""
        if self.sightings is None:
            return self.crowds
        if self.own is None:
            self.own = Crowds(self.policy, keyed(self.secret))
        return self.own

    def sighted(self, values: Sequence[bytes | None]) -> tuple[list[tuple[Sighting, Alarm]], int]:
        """Counts what workers saw. Returns what is to be told of it, and how many messages cannot be used."""
        raised: list[tuple[Sighting, Alarm]] = []
        unused = 0
        for value in values:
            sighting = None if self.sightings is None else self.sightings.read(value)
            if sighting is None:
                unused += 1
                continue
            # By the verdict, since an alert is: a post that is judged again, by another model, raises no second one.
            author, at = int(sighting.author, 16), sighting.sent_at.timestamp()
            alarm = self.crowds.count(sign_of(sighting), author, sighting.verdict_id, at, sighting.post_id)
            if alarm is not None:
                raised.append((sighting, alarm))
        return raised, unused

    def strikes(
        self, case: Case[Post], identity: str, sent_at: float, window_s: float | None, half_life_s: float | None = None
    ) -> int:
        """Posts of the author before this one that were acted on, in the last so many seconds; None: all known."""
        author = author_of(case)
        if not author:
            return 0
        window_s = window_s or self.policy.repeat_offender.window_s
        return self.authors.before(self._who(case, author), identity, sent_at, window_s, half_life_s)

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

    def _who(self, case: Case[Post], author: str) -> int:
        """A changelog moves with a partition, so what it tells of an author is of that partition alone."""
        who = author_hash(self.secret, author)
        return who if self.journal is None else author_in(_partition(case), who)

    def leaving(self) -> Sequence[Outgoing]:
        """What is to leave with the verdict that was decided last, so that others know of it."""
        strikes = () if self.journal is None else self.journal.leaving()
        return strikes if self.sightings is None else (*strikes, *self.sightings.leaving())

    def adopt(self, policy: PostPolicy) -> None:
        """What is remembered stays; from now on this policy says what it means."""
        self.policy = policy
        self.authors.adopt(policy.repeat_offender)
        self.crowds.adopt(policy)
        if self.own is not None:
            self.own.adopt(policy)
        if self.quota is not None:
            self.quota.adopt(policy.quota)

    def assign(self, partitions: Collection[int], total: int | None) -> None:
        """Reads what files know of the authors of partitions that are new; what a changelog knows comes by `restore`.

        What is known of a partition stays over a revocation where a changelog tells what others did meanwhile.
        """
        if self.quota is not None and total is not None:
            self.quota.hold(partitions, total)
        self.crowds.hold(partitions)
        if self.journal is not None:
            self.authors.forget(self.held.difference(partitions))
            self.held = set(partitions)
            return
        for partition in set(partitions) - self.held:
            path = self._path(partition)
            if path is not None:
                self.authors.load(path, partition)
        self.held.update(partitions)

    def restore(self, partition: int, changes: Sequence[Change]) -> int:
        """Enters what the changelog says of a partition. Returns how many messages cannot be used: damaged, or written
        with another key.
        """
        if self.journal is None:
            return len(changes)
        now, unused = self.wall_clock(), 0
        for key, value in changes:
            place = Place.of(key)
            if place is None:
                unused += 1
            elif place.partition != partition:
                continue  # of another input partition, where the changelog has fewer
            elif value is None:
                self.authors.strike_out(place)
            elif (strike := self.journal.read(place, value, now)) is None:
                unused += 1
            else:
                self.authors.enter(place, strike.sent_at.timestamp(), strike.count)
        self.authors.settle()
        return unused

    def revoke(self, partitions: Collection[int]) -> None:
        """Writes down what is known of partitions that were given up, and forgets it. With a changelog it is written
        already, and stays until others are assigned.
        """
        if self.journal is not None:
            return
        self._save(self.authors.changed().intersection(partitions))
        self.authors.forget(partitions)
        self.held.difference_update(partitions)

    def checkpoint(self) -> None:
        """Writes down what changed since the last time; what is over in a changelog leaves with the next verdict."""
        if self.journal is not None:
            self.authors.sweep(self.wall_clock())
        self._save(self.authors.changed() & self.held)  # the file of any other is its owner's

    def _save(self, partitions: Collection[int]) -> None:
        for partition in partitions:
            path = self._path(partition)
            try:
                if path is not None:
                    self.authors.save(path, partition)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                logger.warning("author history of partition %d is not saved in %s: %s", partition, self.folder, reason)

    def _path(self, partition: int) -> Path | None:
        return None if self.folder is None else self.folder / f"authors-{partition}.json"


def _mentions(case: Case[Post]) -> int:
    return case.rendered.text.count(USER)


def _partition(case: Case[Post]) -> int:
    return 0 if case.origin is None else case.origin.partition
