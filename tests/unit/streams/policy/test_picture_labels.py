"""What classes of pictures add to a ruling."""

from __future__ import annotations

from typing import Any

import pytest

from models.pictures.hashing import Fingerprint
from models.pictures.look import Classes, Look
from streams.pictures.seen import Seen
from streams.policy import Action, Policy
from streams.policy.bars import PictureLabel
from streams.policy.file import PostPolicy
from streams.policy.pictures import with_pictures
from streams.policy.rules import Ruling

TEXT = Ruling(("spam",), Action.LIMIT, ("spam>=0.8",), severity="high", severe_reasons=("spam>=0.8",))


def policy(**labels: Any) -> PostPolicy:
    told = {name: PictureLabel(**bars) for name, bars in labels.items()}
    return Policy.load().posts.model_copy(update={"picture_labels": told})


def picture(skin: float = 0.0, **said: float) -> Seen:
    prints = (Fingerprint(("0" * 64,) * 8, 100),)
    return Seen(0, "0" * 64, Look("image/png", 9, 9, 1, 1, prints, (), (), False, (Classes("m", "1", said),), skin))


def test_an_alert_is_as_severe_as_the_most_severe_of_words_and_pictures() -> None:
    told = policy(flags={"high": 0.7, "critical": 0.9})
    low, high, critical = (with_pictures(TEXT, [picture(flags=value)], told) for value in (0.6, 0.8, 0.95))
    assert (low.severity, low.severe_reasons, low.labels) == ("high", TEXT.severe_reasons, ("spam", "flags"))
    assert (high.severity, high.severe_reasons) == ("high", ("spam>=0.8", "picture:flags>=0.7"))
    assert (critical.severity, critical.severe_reasons[-1]) == ("critical", "picture:flags>=0.9")
    assert critical.action is Action.LIMIT, "an alert is no action"


def test_a_picture_alone_raises_an_alert() -> None:
    ruling = with_pictures(Ruling(), [picture(flags=0.8)], policy(flags={"high": 0.7}))
    assert (ruling.severity, ruling.severe_reasons, ruling.action) == ("high", ("picture:flags>=0.7",), Action.ALLOW)


@pytest.mark.parametrize(
    ("probability", "action"),
    [(0.49, Action.ALLOW), (0.5, Action.LIMIT), (0.6, Action.REVIEW), (0.9, Action.REMOVE)],
)
def test_the_strongest_action_that_is_reached_counts_and_none_below_the_label(
    probability: float, action: Action
) -> None:
    told = policy(flags={"stands": 0.5, "limit": 0.2, "review": 0.6, "remove": 0.9})
    assert with_pictures(Ruling(), [picture(flags=probability)], told).action is action


@pytest.mark.parametrize("skin", [0.35, 0.9, 1.0])
@pytest.mark.parametrize("probability", [0.5, 0.7, 0.95])
def test_the_guard_never_lets_anything_through(skin: float, probability: float) -> None:
    told = policy(nudity={"limit": 0.5, "review": 0.6, "remove": 0.9})
    far, close = (with_pictures(Ruling(), [picture(share, nudity=probability)], told) for share in (0.0, skin))
    assert close.action is min(far.action, Action.REVIEW)
    assert close.labels == far.labels


def test_the_guard_stands_before_pictures_alone() -> None:
    text = Ruling(("spam",), Action.REMOVE, ("spam>=0.9",))
    ruling = with_pictures(text, [picture(1.0, nudity=0.99)], policy(nudity={"remove": 0.9}))
    assert (ruling.action, ruling.reasons) == (Action.REMOVE, ("spam>=0.9", "picture:nudity>=0.9", "close_up"))
