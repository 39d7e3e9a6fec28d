"""OpenAI's call, by hand: what its own clients see is tested with them in test_openai_clients.py."""

from __future__ import annotations

from typing import Any

import pytest

from streams.gateway.moderations import MOST_TEXTS
from tests.support.gateway import Running

THIRTEEN = [
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent"),
    *("self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors"),
    *("violence", "violence/graphic"),
]
OURS = ["toxicity", "profanity", "spam"]
HIGH = 0.982


def results(gateway: Running, given: object) -> list[dict[str, Any]]:
    answer = gateway.post("/v1/moderations", {"input": given})
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.document["results"]
    return found


@pytest.mark.parametrize("text", ["you are an idiot", "what a day", "   ", "\u200b", "สวัสดีครับทุกคน"])
def test_every_name_has_an_answer_whatever_the_text(gateway: Running, text: str) -> None:
    (result,) = results(gateway, text)
    for part in ("categories", "category_scores", "category_applied_input_types"):
        assert sorted(result[part]) == sorted([*THIRTEEN, *OURS])
    assert all(isinstance(score, float) for score in result["category_scores"].values())


def test_an_insult_is_harassment(gateway: Running) -> None:
    (result,) = results(gateway, "you are an idiot")
    assert result["flagged"] is True
    assert {name for name, stands in result["categories"].items() if stands} == {"harassment", "toxicity"}
    assert result["category_scores"]["harassment"] == HIGH


def test_hateful_threats_take_the_lower_of_both(gateway: Running) -> None:
    only_hate, both = results(gateway, ["you are vermin", "i will kill the vermin"])
    assert not only_hate["categories"]["hate/threatening"]
    assert only_hate["category_scores"]["hate/threatening"] < 0.1
    assert both["categories"]["hate/threatening"]
    assert both["category_scores"]["hate/threatening"] == HIGH


def test_what_is_not_assessed_says_so(gateway: Running) -> None:
    (result,) = results(gateway, "i will kill you")
    for name in ("illicit", "illicit/violent", "self-harm/instructions", "sexual/minors", "violence/graphic"):
        assert result["categories"][name] is False
        assert result["category_scores"][name] == 0.0
        assert result["category_applied_input_types"][name] == []
    assert result["category_applied_input_types"]["violence"] == ["text"]


@pytest.mark.parametrize("text", ["", " \n", "สวัสดีครับทุกคน"])
def test_of_a_text_that_nobody_can_read_nothing_is_assessed(gateway: Running, text: str) -> None:
    (result,) = results(gateway, text)
    assert result["flagged"] is False
    assert not any(result["category_scores"].values())
    assert not any(result["category_applied_input_types"].values())


@pytest.mark.parametrize("text", ["damn", "casino casino"])
def test_our_own_labels_alone_do_not_flag(gateway: Running, text: str) -> None:
    (result,) = results(gateway, text)
    assert any(result["categories"][name] for name in OURS)
    assert result["flagged"] is False


def test_a_list_of_strings_keeps_its_order_blank_ones_included(gateway: Running) -> None:
    flagged = [result["flagged"] for result in results(gateway, ["you idiot", "", "what a day", "kill you"])]
    assert flagged == [True, False, False, True]


def test_the_parts_of_a_list_are_one_text(gateway: Running) -> None:
    (result,) = results(gateway, [{"type": "text", "text": "what a day"}, {"type": "text", "text": "you idiot"}])
    assert result["flagged"] is True


@pytest.mark.parametrize("model", [{}, {"model": "omni-moderation-latest"}, {"model": None}, {"model": "anything"}])
def test_the_model_that_answers_names_itself(gateway: Running, model: dict[str, Any]) -> None:
    answer = gateway.post("/v1/moderations", {"input": "what a day", **model})
    assert answer.document["model"] == gateway.scoring.model_version


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({}, "input"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": ["a", 7]}, "input"),
        ({"input": ["a", {"type": "text", "text": "b"}]}, "input"),
        ({"input": ["a"] * (MOST_TEXTS + 1)}, "input"),
        ({"input": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}, "input"),
        ({"input": [{"type": "video"}]}, "input"),
        ({"input": "a", "model": 7}, "model"),
        ({"input": ["a", "b" * 20_001]}, "input[1]"),
    ],
)
def test_a_wrong_request_says_where(gateway: Running, document: dict[str, Any], param: str) -> None:
    answer = gateway.post("/v1/moderations", document)
    error = answer.document["error"]
    assert (answer.status, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert error["message"].endswith(".")
    assert error["code"]
    assert answer.headers["x-request-id"].startswith("req_")


def test_half_an_emoji_from_javascript_does_no_harm(gateway: Running) -> None:
    body = b'{"input": "you idiot \\ud83d"}'
    assert gateway.post("/v1/moderations", body).document["results"][0]["flagged"] is True
