"""What outlives a single post: author history, spam waves, the quota."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from schemas import Post
from streams.policy import PostPolicy
from streams.policy.quota import Quota
from streams.tasks.base import Case
from streams.tasks.outputs import Alarm
from streams.tasks.posts.author_key import load_or_create_secret, passing_secret
from streams.tasks.posts.authors import AuthorHistory, author_hash
from streams.tasks.posts.waves import SpamWaves


@dataclass(slots=True)
class Memory:
    """What outlives a single post: all of it bounded, and nothing but the quota touches an action."""

    policy: PostPolicy
    secret: bytes
    authors: AuthorHistory
    waves: SpamWaves
    quota: Quota | None
    folder: Path | None
    """Where author history is kept, one file an input partition; None: nowhere."""

    @classmethod
    def open(cls, policy: PostPolicy, folder: Path | None, has_quota: bool) -> Memory:
        secret = passing_secret() if folder is None else load_or_create_secret(folder)
        authors = AuthorHistory(policy.repeat_offender, secret)
        quota = Quota(policy.quota) if has_quota else None
        return cls(policy, secret, authors, SpamWaves(policy.spam_wave), quota, folder)

    def alarms(self, case: Case[Post], identity: str, is_offence: bool, sent_at: float) -> list[Alarm]:
        """What this post means beside the posts before it."""
        author = case.record.author or (case.key or b"").decode("utf-8", "replace")
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
        return alarms

    def path(self, partition: int) -> Path | None:
        return None if self.folder is None else self.folder / f"authors-{partition}.json"
