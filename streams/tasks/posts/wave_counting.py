"""What posts may be one of many of: counted here, or told to the worker that counts all that are alike."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import Post, Sighting
from streams.policy import PostPolicy
from streams.record import Outgoing
from streams.tasks.base import Case
from streams.tasks.outputs import Alarm
from streams.tasks.posts.company import Company
from streams.tasks.posts.crowds import Crowds, Sign
from streams.tasks.posts.sightings import Sightings, keyed, sign_of


class WaveCounting:
    """Waves of one worker. Not shared between threads.

    Args:
        secret: key of the hashes of authors and words.
        is_shared: whether waves are counted over all workers, and not in each.
    """

    def __init__(self, policy: PostPolicy, secret: bytes, is_shared: bool) -> None:
        self.crowds = Crowds(policy, keyed(secret)) if is_shared else Crowds(policy)
        """Of all posts that are counted here: where waves are shared, of those that workers tell of."""
        self.company = Company()
        self._policy = policy
        self._secret = secret
        self._sightings = Sightings(secret) if is_shared else None
        """What is to leave for whoever counts waves; None: they are counted here."""
        self._own: Crowds | None = None
        """Of the posts that are judged here, where waves are counted elsewhere and a rule has asked for them."""

    def witness(
        self, case: Case[Post], who: int, identity: str, sent_at: float, tells: bool
    ) -> tuple[list[Sign], list[Alarm]]:
        """What this post may be one of, and what it means beside those of others, as far as that is known here.

        Args:
            who: its author, hashed.
            identity: of what it says, whatever judged it.
            tells: whether a rule asks for it.
        """
        signs = list(self.crowds.signs(case, who, identity, sent_at))
        raised: list[Alarm | None] = []
        if tells or self._sightings is None:
            here = self._counted_here()
            raised = [here.count(sign, who, identity, sent_at, case.record.id) for sign in signs]
            if tells:
                self.company.note(identity, here.sizes(signs, who, sent_at))
        return signs, [alarm for alarm in raised if alarm is not None and self._sightings is None]

    def _counted_here(self) -> Crowds:
        """What rules go by: whoever tells of waves, a worker knows at once only of the posts that it judges."""
        if self._sightings is None:
            return self.crowds
        if self._own is None:
            self._own = Crowds(self._policy, keyed(self._secret))
        return self._own

    def tell(self, case: Case[Post], who: int, signs: Sequence[Sign], verdict_id: str, sent_at: float) -> None:
        """Has what a post may be one of leave with its verdict, for whoever counts all that are alike. Not before there
        is a verdict: it would leave with that of another post.
        """
        if self._sightings is not None:
            for sign in signs:
                self._sightings.note(sign, case, who, verdict_id, sent_at)

    def leaving(self) -> Sequence[Outgoing]:
        """What is to leave with the verdict that was decided last."""
        return () if self._sightings is None else self._sightings.leaving()

    def sighted(self, values: Sequence[bytes | None]) -> tuple[list[tuple[Sighting, Alarm]], int]:
        """Counts what workers saw. Returns what is to be told of it, and how many messages cannot be used."""
        raised: list[tuple[Sighting, Alarm]] = []
        unused = 0
        for value in values:
            sighting = None if self._sightings is None else self._sightings.read(value)
            if sighting is None:
                unused += 1
                continue
            # By the verdict, since an alert is: a post that is judged again, by another model, raises no second one.
            author, at = int(sighting.author, 16), sighting.sent_at.timestamp()
            alarm = self.crowds.count(sign_of(sighting), author, sighting.verdict_id, at, sighting.post_id)
            if alarm is not None:
                raised.append((sighting, alarm))
        return raised, unused

    def adopt(self, policy: PostPolicy) -> None:
        """Other numbers and windows from now on; what is remembered stays."""
        self._policy = policy
        self.crowds.adopt(policy)
        if self._own is not None:
            self._own.adopt(policy)
