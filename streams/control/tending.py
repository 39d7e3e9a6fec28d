"""A canary's keeper, beside the workers: it takes the next degree when its time has come, and reads the reviews.

It decides nothing that another one could not: each step is a change with the revision that it saw, so of several
keepers one writes it. Without any, a canary stays at its degree, under the guards that each worker looks at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from schemas import Control
from streams.client.between import read_between
from streams.client.posts import verdict_in
from streams.control.change import ConflictError, change, next_degree, now, proposed, roll_back
from streams.control.guards import Share, disagreement
from streams.control.state import State
from streams.control.topic import ControlTopic, Said
from streams.errors import ClientError
from streams.kafka.outage import TRY_AGAIN_S
from streams.reviews.report import ReviewReport
from streams.reviews.standing import review_in
from streams.settings import Settings

REVIEWS_EVERY_S: Final = 60.0
MIN_REVIEWED: Final = 30
"""Verdicts of the candidate before their share that is right says anything."""


async def tend(settings: Settings, until_end: bool, tell: Callable[[str], None]) -> Control | None:
    """Returns the canary's last entry: when it has ended, or without `until_end` once there is no degree to come.

    None: there is none.

    Args:
        tell: takes what happened, a sentence at a time.

    Raises:
        ClientError: the broker or the topic cannot be reached at the start; later it is tried again.
    """
    topic, state, reviews_at = ControlTopic(settings), State(), 0.0
    try:
        _put(state, await topic.read_to_end())
        while (trial := state.trial) is not None and trial.judges and (until_end or trial.then):
            try:
                await _step(settings, trial, tell)
                if time.monotonic() >= reviews_at:
                    reviews_at = time.monotonic() + REVIEWS_EVERY_S
                    await _look_at_reviews(settings, trial, tell)
                _put(state, await topic.read())
            except ClientError as error:
                tell(f"{error} It is tried again.")
                await asyncio.sleep(TRY_AGAIN_S)
        return state.get("model/candidate")
    finally:
        await topic.close()


def _put(state: State, said: Sequence[Said]) -> None:
    for key, entry in said:
        state.put(key, entry)


async def _step(settings: Settings, trial: Control, tell: Callable[[str], None]) -> None:
    if next_degree(trial, now()) is None:
        return

    def propose(state: State) -> list[Control]:
        entry = None if state.trial is None else next_degree(state.trial, now())
        if entry is None:
            raise ConflictError("Another change came in between.")
        return proposed(state, entry, entry.revision, now())

    try:
        entry = await change(settings, propose)
    except ConflictError as error:
        tell(str(error))
    else:
        tell(f"revision {entry.revision}: {100 * (entry.share or 0.0):g} % of the authors")


async def _look_at_reviews(settings: Settings, trial: Control, tell: Callable[[str], None]) -> None:
    if trial.guards is None or trial.guards.agreement is None:
        return
    candidate, active = await reviewed(settings, trial)
    if min(candidate.rows, active.rows) < MIN_REVIEWED:
        return
    breach = disagreement(trial.guards, candidate, active)
    if breach is None:
        return
    try:
        await roll_back(settings, trial, breach)
    except ConflictError as error:
        tell(str(error))


async def reviewed(settings: Settings, trial: Control) -> tuple[Share, Share]:
    """Verdicts since the degree began that people found right, of those that they reviewed: the candidate's, the
    active model's.
    """
    sides = ReviewReport(), ReviewReport()
    async for messages in read_between(settings, "reviews", trial.at):
        for message in messages:
            if (review := review_in(message.value)) is not None:
                for side in sides:
                    side.add_review(review)
    if len(sides[0].reviews) >= MIN_REVIEWED:  # or the verdicts need not be read
        async for messages in read_between(settings, "labels", trial.at):
            for message in messages:
                verdict = verdict_in(message.value)
                is_active = not str(verdict.get("model_version")).startswith(trial.version or "\0")
                sides[is_active].add_verdict(verdict)
    candidate, active = (Share(*side.right()) for side in sides)
    return candidate, active
