"""Perspective's calls, by hand; Google's and other clients are in test_perspective_clients.py."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import Review
from streams.gateway.perspective import utf16_spans
from streams.gateway.sending import Sent
from streams.record import Outgoing
from tests.support.gateway import Answer, Running, running, settings_for

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
HIGH, LOW = 0.982, 0.018


def analyze(gateway: Running, text: str, *names: str, **others: Any) -> Answer:
    attributes: dict[str, Any] = {name: {} for name in names or ("TOXICITY",)}
    return gateway.post(ANALYZE, {"comment": {"text": text}, "requestedAttributes": attributes} | others)


def kind_of(answer: Answer) -> str:
    error = answer.document["error"]
    assert error["code"] == answer.status
    (detail,) = error["details"]
    found: str = detail["errorType"]
    return found


def test_scores_of_what_was_asked_for(gateway: Running) -> None:
    answer = analyze(gateway, "you are an idiot", "TOXICITY", "INSULT", "THREAT", clientToken="comment:7")
    assert answer.document == {
        "attributeScores": {
            "TOXICITY": {"summaryScore": {"value": HIGH, "type": "PROBABILITY"}},
            "INSULT": {"summaryScore": {"value": HIGH, "type": "PROBABILITY"}},
            "THREAT": {"summaryScore": {"value": LOW, "type": "PROBABILITY"}},
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "comment:7",
    }


def test_severe_toxicity_is_never_above_toxicity(gateway: Running) -> None:
    scores = analyze(gateway, "you are an idiot", "SEVERE_TOXICITY").document["attributeScores"]
    assert scores["SEVERE_TOXICITY"]["summaryScore"]["value"] == LOW
    scores = analyze(gateway, "i will kill you", "SEVERE_TOXICITY").document["attributeScores"]
    assert scores["SEVERE_TOXICITY"]["summaryScore"]["value"] == HIGH


def test_what_is_below_its_threshold_is_left_out(gateway: Running) -> None:
    wanted = {"INSULT": {"scoreThreshold": 0.9}, "THREAT": {"scoreThreshold": 0.9}}
    answer = analyze(gateway, "you are an idiot", requestedAttributes=wanted)
    assert list(answer.document["attributeScores"]) == ["INSULT"]
    assert "attributeScores" not in analyze(gateway, "what a day", requestedAttributes=wanted).document


def test_a_null_for_an_attribute_is_its_defaults(gateway: Running) -> None:
    answer = analyze(gateway, "you are an idiot", requestedAttributes={"INSULT": None})
    assert list(answer.document["attributeScores"]) == ["INSULT"]


def test_spans_are_given_where_they_are_asked_for_and_the_label_stands(gateway: Running) -> None:
    text = "😀😀 you are an idiot"
    assert "spanScores" not in analyze(gateway, text).document["attributeScores"]["TOXICITY"]
    scores = analyze(gateway, text, "TOXICITY", "THREAT", spanAnnotations=True).document["attributeScores"]
    (span,) = scores["TOXICITY"]["spanScores"]
    assert text.encode("utf-16-le")[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") == "idiot"
    assert span["score"] == scores["TOXICITY"]["summaryScore"]
    assert "spanScores" not in scores["THREAT"]


WORDS = ["idiot", "😀", "傻", "é", "\U00020000", " ", "you", "\n", "👩\u200d👧", "damn"]
PIECES = st.lists(st.sampled_from(WORDS), min_size=1)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), PIECES.map("".join)), st.data())
def test_utf16_spans_hold_what_the_spans_of_code_points_hold(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    ((begin, behind),) = utf16_spans(text, [{"start": start, "end": end}])
    assert text.encode("utf-16-le")[2 * begin : 2 * behind].decode("utf-16-le") == text[start:end]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"comment": None}, "COMMENT_EMPTY"),
        ({"comment": {}}, "COMMENT_EMPTY"),
        ({"comment": {"text": " \u200b"}}, "COMMENT_EMPTY"),
        ({"comment": {"text": 7}}, "INVALID_REQUEST"),
        ({"comment": {"text": "a", "type": "HTML"}}, "INVALID_REQUEST"),
        ({"comment": {"text": "a " * 10_001}}, "COMMENT_TOO_LONG"),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST"),
        ({"requestedAttributes": {"TOXICITY": {"scoreType": "PERCENTILE"}}}, "INVALID_REQUEST"),
        ({"languages": ["fr"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"languages": ["en", "hi-Latn"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"comment": {"text": "สวัสดีครับทุกคน"}}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"comment": {"text": "สวัสดีครับทุกคน"}, "languages": ["en"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"comment": {"text": "12 + 30 = 42 💩"}}, "LANGUAGE_DETECTION_FAILED"),
    ],
)
def test_a_wrong_request_is_one_of_six_kinds(gateway: Running, changes: dict[str, Any], kind: str) -> None:
    answer = analyze(gateway, "what a day", **changes)
    assert answer.status == 400
    assert answer.document["error"]["status"] == "INVALID_ARGUMENT"
    assert kind_of(answer) == kind


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"comment": {"text": ""}}, "Comment must be non-empty."),
        ({"comment": {"text": "a " * 10_001}}, "Comment text too long."),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "Unknown requested attribute: FLIRTATION"),
        ({"languages": ["fr"]}, "Attribute TOXICITY does not support request languages: fr"),
    ],
)
def test_programs_match_these_messages(gateway: Running, changes: dict[str, Any], message: str) -> None:
    assert analyze(gateway, "what a day", **changes).document["error"]["message"] == message


def test_the_error_of_a_language_names_it(gateway: Running) -> None:
    (detail,) = analyze(gateway, "bonjour", languages=["fr"]).document["error"]["details"]
    assert detail["languageNotSupportedByAttributeError"] == {"attribute": "TOXICITY", "requestedLanguages": ["fr"]}


@pytest.mark.parametrize("language", ["en", "EN-gb", "zh", "zh-Hans-CN", "zh_TW"])
def test_forms_of_our_languages_are_known(gateway: Running, language: str) -> None:
    answer = analyze(gateway, "what a day", languages=[language])
    assert answer.document["languages"] == [language]


def test_nothing_of_a_request_comes_back_in_an_error(gateway: Running) -> None:
    secret = "what <b>she</b> said"
    wrong: list[dict[str, Any]] = [
        {"requestedAttributes": {secret: {}}},
        {"languages": [secret]},
        {"spanAnnotations": secret},
    ]
    for changes in wrong:
        answer = analyze(gateway, secret, **changes)
        assert answer.status == 400
        assert b"she" not in answer.body


# What Coral sends, typed from its documented fields.
CORAL_CONTEXT = orjson.dumps({"url": "https://news.example/story", "reply_to_id": "", "comment_id": "c-1"}).decode()
CORAL_ANALYZE = {
    "comment": {"text": "you are an idiot"},
    "clientToken": "comment:c-1",
    "sessionId": "Coral:https://news.example",
    "communityId": "Coral:https://news.example",
    "doNotStore": True,
    "requestedAttributes": {"SEVERE_TOXICITY": {}},
    "languages": ["EN"],
}
CORAL_SUGGEST = {
    "comment": {"text": "you are an idiot"},
    "attributeScores": {"SEVERE_TOXICITY": {"summaryScore": {"value": 1}}},
    "clientToken": "comment:c-1",
    "communityId": "Coral:https://news.example",
    "context": {"entries": [{"text": CORAL_CONTEXT}]},
}


class Noted:
    """A sender that notes what it was given."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    async def send_post(self, post: Any, headers: Any) -> Sent:
        raise AssertionError

    async def send_message(self, message: Outgoing) -> Sent:
        self.messages.append(message)
        return Placed()


class Placed:
    topic, partition, offset = "moderation.reviews", 1, 7


def test_corals_two_requests(tiny_artifact: Any) -> None:
    sender = Noted()
    with running(settings_for(tiny_artifact), sender=sender) as gateway:
        analysed = gateway.post(ANALYZE + "?key=K", CORAL_ANALYZE)
        suggested = gateway.post(SUGGEST + "?key=K", CORAL_SUGGEST)
    assert analysed.document["attributeScores"]["SEVERE_TOXICITY"]["summaryScore"]["value"] == LOW
    assert suggested.document == {
        "requestedLanguages": [],
        "detectedLanguages": ["en"],
        "clientToken": "comment:c-1",
    }
    (message,) = sender.messages
    review = Review.model_validate_json(message.value or b"")
    assert (message.kind, review.action, review.post_id) == ("reviews", "remove", "comment:c-1")
    assert review.reviewer == "Coral:https://news.example"


@pytest.mark.parametrize("value", [0, 0.5])
def test_a_low_value_allows(tiny_artifact: Any, value: float) -> None:
    sender = Noted()
    with running(settings_for(tiny_artifact), sender=sender) as gateway:
        said = CORAL_SUGGEST | {"attributeScores": {"TOXICITY": {"summaryScore": {"value": value}}}}
        assert gateway.post(SUGGEST, said).status == 200
    assert Review.model_validate_json(sender.messages[0].value or b"").action == "allow"


@pytest.mark.parametrize(
    "changes",
    [
        {"attributeScores": {}},
        {"attributeScores": {"TOXICITY": {}}},
        {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 2}}}},
        {"clientToken": "c" * 257},
    ],
)
def test_a_suggestion_that_says_nothing_is_refused(tiny_artifact: Any, changes: dict[str, Any]) -> None:
    sender = Noted()
    with running(settings_for(tiny_artifact), sender=sender) as gateway:
        assert gateway.post(SUGGEST, CORAL_SUGGEST | changes).status == 400
    assert sender.messages == []


def test_without_brokers_a_suggestion_is_not_taken(gateway: Running) -> None:
    answer = gateway.post(SUGGEST, CORAL_SUGGEST)
    assert (answer.status, answer.document["error"]["status"]) == (501, "UNIMPLEMENTED")
    assert "TIDEGATE_BROKERS" in answer.document["error"]["message"]
