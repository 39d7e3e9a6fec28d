"""What outlives a single post: author history, waves of texts and of pictures, the quota."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from schemas import Post
from streams.policy import PostPolicy
from streams.policy.quota import Quota
from streams.tasks.base import Case
from streams.tasks.outputs import Alarm
from streams.tasks.posts.author_key import load_or_create_secret, passing_secret
from streams.tasks.posts.authors import AuthorHistory, author_hash
from streams.tasks.posts.picture_waves import PictureWaves, new_pictures
from streams.tasks.posts.waves import SpamWaves

logger = logging.getLogger(__name__)


def author_of(case: Case[Post]) -> str:
    """Who is said to have written it, else the key, which stands for the author; empty for nobody."""
    return case.record.author or (case.key or b"").decode("utf-8", "replace")


@dataclass(slots=True)
class Memory:
    """What outlives a single post: all of it bounded. The quota touches an action; author history only where a rule of
    the policy asks for strikes, and its reason then says so."""

    policy: PostPolicy
    secret: bytes
    authors: AuthorHistory
    waves: SpamWaves
    pictures: PictureWaves
    quota: Quota | None
    folder: Path | None
    """Where author history is kept, one file an input partition; None: nowhere."""
    held: set[int] = field(default_factory=set)
    """Input partitions of this worker."""

    @classmethod
    def open(cls, policy: PostPolicy, folder: Path | None, has_quota: bool) -> Memory:
        secret = passing_secret() if folder is None else load_or_create_secret(folder)
        authors = AuthorHistory(policy.repeat_offender, secret)
        quota = Quota(policy.quota) if has_quota else None
        waves, pictures = SpamWaves(policy.spam_wave), PictureWaves(policy.picture_wave)
        return cls(policy, secret, authors, waves, pictures, quota, folder)

    def alarms(self, case: Case[Post], identity: str, is_offence: bool, sent_at: float) -> list[Alarm]:
        """What this post means beside the posts before it."""
        author = author_of(case)
        if not author:
            return []
        alarms: list[Alarm] = []
        who = author_hash(self.secret, author)
        if is_offence:
            partition = 0 if case.origin is None else case.origin.partition
            count = self.authors.add(who, identity, partition, sent_at)
            if count is not None:
                reason = f"posts>={self.policy.repeat_offender.posts}"
                alarms.append(Alarm("repeat_offender", "high", author, [reason], count))
        count = self.waves.add(case.rendered.text, who, identity, sent_at)
        if count is not None:
            reason = f"authors>={self.policy.spam_wave.authors}"
            alarms.append(Alarm("spam_wave", "high", case.record.id, [reason], count))
        count = self.pictures.add(new_pictures(case.seen), who, identity, sent_at)
        if count is not None:
            reason = f"authors>={self.policy.picture_wave.authors}"
            alarms.append(Alarm("picture_wave", "high", case.record.id, [reason], count))
        return alarms

    def strikes(self, author: str, identity: str, sent_at: float, window_s: float | None) -> int:
        """Posts of the author before this one that were acted on, in the last so many seconds; None: all known."""
        if not author:
            return 0
        window_s = window_s or self.policy.repeat_offender.window_s
        return self.authors.before(author_hash(self.secret, author), identity, sent_at, window_s)

    def adopt(self, policy: PostPolicy) -> None:
        """What is remembered stays; from now on this policy says what it means."""
        self.policy = policy
        self.authors.adopt(policy.repeat_offender)
        self.waves.adopt(policy.spam_wave)
        self.pictures.adopt(policy.picture_wave)
        if self.quota is not None:
            self.quota.adopt(policy.quota)

    def assign(self, partitions: Collection[int]) -> None:
        """Reads what is known of the authors of partitions that are new."""
        for partition in set(partitions) - self.held:
            path = self._path(partition)
            if path is not None:
                self.authors.load(path, partition)
        self.held.update(partitions)

    def revoke(self, partitions: Collection[int]) -> None:
        """Writes down what is known of partitions that were given up, and forgets it."""
        self._save(self.authors.changed().intersection(partitions))
        self.authors.forget(partitions)
        self.held.difference_update(partitions)

    def checkpoint(self) -> None:
        """Writes down what changed since the last time."""
        self._save(self.authors.changed() & self.held)  # the file of any other is its owner's

    def _save(self, partitions: Collection[int]) -> None:
        for partition in partitions:
            path = self._path(partition)
            try:
                if path is not None:
                    self.authors.save(path, partition)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                logger.warning("author history of partition %d is not saved: %s", partition, reason)

    def _path(self, partition: int) -> Path | None:
        return None if self.folder is None else self.folder / f"authors-{partition}.json"
