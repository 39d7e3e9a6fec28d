"""What the release finds in the middle of very long posts. The sentences were written for this test."""

from __future__ import annotations

import json
from functools import cache

import pytest

from schemas import PostVerdict
from streams.score import score_lines
from streams.settings import Settings

QUIET = {
    "en": (
        "We walked along the river in the morning. ",
        "The bakery on the corner sells bread with walnuts. ",
        "My sister is learning to play the cello. ",
        "The train to the coast was on time today. ",
        "He painted the fence green last summer. ",
        "In the evening we cooked soup with carrots and leeks. ",
    ),
    "zh": (
        "早上我们沿着河边散步。",
        "街角的面包店卖核桃面包。",
        "我妹妹正在学拉大提琴。",
        "去海边的火车今天准点到达。",
        "他去年夏天把篱笆漆成了绿色。",
        "晚上我们用胡萝卜和大葱煮了汤。",
    ),
}
HARM = {  # plain: what is skimmed counts from .90 on
    "en": "I know where you live and I am going to kill you tonight. ",
    "zh": "我要杀了你，今晚就砍死你全家。",
}


def long_text(lang: str, sentences: int, harm_at: int | None) -> str:
    quiet = QUIET[lang]
    parts = [quiet[(number * number + number // 6) % len(quiet)] for number in range(sentences)]
    return "".join(parts if harm_at is None else [*parts[:harm_at], HARM[lang], *parts[harm_at:]])


@cache
def verdict_on(text: str) -> PostVerdict:
    (line,) = score_lines([json.dumps({"id": "1", "text": text}).encode()], "posts", Settings(device="cpu", threads=1))
    return PostVerdict.model_validate_json(line)


@pytest.mark.parametrize(("lang", "sentences"), [("en", 380), ("zh", 380)])
@pytest.mark.parametrize("share", [0.37, 0.62])
def test_harm_in_the_middle_is_found(lang: str, sentences: int, share: float) -> None:
    verdict = verdict_on(long_text(lang, sentences, int(sentences * share)))
    assert (verdict.read_share, verdict.warnings) == (1.0, [])
    assert "threat" in verdict.labels
    assert verdict.action == "review"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_as_much_quiet_text_gets_no_label(lang: str) -> None:
    verdict = verdict_on(long_text(lang, 380, None))
    assert (verdict.labels, verdict.action) == ([], "allow")
    assert verdict.sentiment is not None
    assert not verdict.model_version.endswith("+early")


def test_where_the_end_of_reading_is_the_verdict_says_so() -> None:
    verdict = verdict_on(long_text("zh", 1500, None))
    assert verdict.read_share < 0.9
    assert [warning[:28] for warning in verdict.warnings] == ["text: not all of it was read"]
