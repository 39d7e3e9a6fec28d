"""What the release makes of texts that used to get past it: long, disguised, damaged. All were written here."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

import pytest

from streams.score import Scorer
from streams.settings import Settings

ABUSE = {"toxicity", "insult", "profanity", "hate", "threat"}
QUIET = (
    "The ferry was half empty this morning and the sea lay flat as a tray. We bought plums from the man with the red "
    "cart, who told us about his sister's bakery. In the evening my uncle mended the gate, and the children counted "
    "bats over the barn. Nobody was in a hurry, and the soup lasted until Thursday. "
)
QUIET_ZH = (
    "上午去邮局寄了两本书，排队的人不多。中午和同事在食堂吃了面，聊了聊周末的天气。"
    "下午把阳台的花重新换了盆，邻居送来一袋自己种的西红柿。晚上妈妈打电话说老家的院子已经收拾好了。"
)


@cache
def scorer(task: str) -> Scorer:
    return Scorer(task, Settings(device="cpu", threads=1))


def judged(*lines: bytes, task: str = "posts") -> list[dict[str, Any]]:
    return asyncio.run(scorer(task).answers(lines))


def post(text: str) -> bytes:
    return json.dumps({"id": "1", "text": text}).encode()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (
            QUIET * 6 + "I have said goodbye to everyone. Tonight I will take all the pills and end my life.",
            "self_harm",
        ),
        (QUIET_ZH * 8 + "我不想活了，今晚就从楼上跳下去，再见了。", "self_harm"),
        (QUIET * 6 + "You are a worthless piece of shit.", "toxicity"),
        (QUIET_ZH * 8 + "你就是个没脑子的傻逼废物。", "toxicity"),
        (QUIET * 3 + "You are a worthless piece of shit. " + QUIET * 3, "toxicity"),
        (QUIET_ZH * 3 + "你就是个没脑子的傻逼废物。" + QUIET_ZH * 3, "toxicity"),
    ],
)
def test_the_end_and_the_middle_of_a_long_post_are_read(text: str, label: str) -> None:
    (verdict,) = judged(post(text))
    assert label in verdict["labels"]
    assert verdict["read_share"] == 1.0


def test_a_long_ordinary_post_gets_no_label() -> None:
    for verdict in judged(post(QUIET * 8), post(QUIET_ZH * 10)):
        assert verdict["labels"] == []


@pytest.mark.parametrize(
    "text",
    [
        "yOu aRE a sTuPiD wOrThLeSs IdIoT",
        "you are a st.up.id worth.less id.iot",
        "you are a s\u0336t\u0336u\u0336p\u0336i\u0336d\u0336 i\u0336d\u0336i\u0336o\u0336t\u0336",
        "you are a st*pid worthl*ss id*ot",
        "you are a stuupid worthlesss iddiot",
        "you are a stuipd worthelss idoit",
        "you are a &#115;tupid worthless &#x69;diot",
        "you are a <b>stu</b>pid worthless id<i></i>iot",
        "you are a ѕtuріd worthless іdіоt",
        "ｙｏｕ ａｒｅ ａ ｓｔｕｐｉｄ ｗｏｒｔｈｌｅｓｓ ｉｄｉｏｔ",
        "你这个傻&#36924;",
    ],
)
def test_a_disguise_hides_nothing(text: str) -> None:
    (verdict,) = judged(post(text))
    assert ABUSE & set(verdict["labels"])


@pytest.mark.parametrize(
    "text",
    [
        "const userId = getUserById(oldId); return userId ?? newDefault.userId;",
        "Dr. McAllister moved the eBay listing to GitHub, see v2.10.3 for the iPhone fix.",
        "The U.S. team and the U.K. team meet at 10 a.m. in room B.12.",
        "Price: 5€ for two, i.e. 2.50 each, plus p&p.",
        "Café Zoë serves crème brûlée and piñatas in May.",
    ],
)
def test_ordinary_text_is_no_disguise(text: str) -> None:
    (verdict,) = judged(post(text))
    assert verdict["labels"] == []


@pytest.mark.parametrize("tail", [r" \ud83d", r" \udc4d", r" \ud83d\ud83d"])
def test_half_an_emoji_silences_nobody(tail: str) -> None:
    crisis = b'{"id": "1", "text": "I cannot go on, tonight I will end my life' + tail.encode() + b'"}'
    (verdict,) = judged(crisis)
    assert "self_harm" in verdict["labels"]


@pytest.mark.parametrize(
    "fields",
    [
        {"sex": "unknown"},
        {"context": {"consciousness": "A"}},
        {"vitals": {"temperature": 99.1}},
        {"vitals": {"heart_rate": "118"}},
        {"age": "58 years", "time": 1_790_000_000_000},
        {"vitals": None, "context": None, "schema_version": "7"},
        {"age": -4, "vitals": {"saturation": "n/a"}, "lang": ["en"]},
    ],
)
def test_no_optional_field_costs_a_patient_the_triage(fields: dict[str, Any]) -> None:
    record = {"id": "1", "text": "crushing chest pain since noon, cold sweat, cannot catch my breath", **fields}
    (verdict,) = judged(json.dumps(record).encode(), task="symptoms")
    assert verdict["urgency"]["level"] <= 2
