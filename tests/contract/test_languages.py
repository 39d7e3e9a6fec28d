"""What the release says of languages that it was not trained for. The sentences were written for this test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas import PostVerdict
from streams.score import score_lines
from streams.settings import Settings

UNKNOWN_SCRIPTS: Mapping[str, str] = {
    "Thai": "พรุ่งนี้ร้านเปิดกี่โมงครับ อยากสั่งเค้กวันเกิดให้แม่",
    "Hindi": "कल सुबह की ट्रेन कितने बजे है? मैं स्टेशन पर मिलूँगा।",
    "Tamil": "நாளை மழை வருமா? குடை எடுத்துச் செல்லவும்.",
    "Korean": "내일 회의는 세 시에 시작해요. 자료를 미리 읽어 주세요.",
    "Japanese": "きのうの夕ごはんはカレーでした。とてもおいしかったです。",
    "Arabic": "هل يمكنك أن ترسل لي عنوان المطعم من فضلك؟",
    "Hebrew": "הספרייה נסגרת היום בשעה חמש, אז כדאי לבוא מוקדם.",
    "Bengali": "আজ বিকেলে আমরা নদীর ধারে হাঁটতে যাব।",
    "Georgian": "ხვალ დილით ბაზარში მივდივარ, პური მინდა.",
    "Armenian": "Վաղը առավոտյան գնացքը ժամանակին կգա։",
}
OTHER_LANGUAGES: Mapping[str, str] = {
    "Russian": "Завтра утром мы едем на дачу, возьми тёплую куртку.",
    "Greek": "Το λεωφορείο φεύγει στις οκτώ από την πλατεία.",
    "Spanish": "La clase de mañana empieza a las nueve y dura dos horas.",
    "Portuguese": "Deixei as chaves em cima da mesa da cozinha ontem à noite.",
    "French": "Le boulanger du coin ferme plus tôt pendant les vacances.",
    "German": "Der Zug nach Hamburg hat heute leider zwanzig Minuten Verspätung.",
    "Polish": "Jutro po południu jedziemy do babci na obiad.",
    "Turkish": "Yarın sabah kahvaltıdan sonra pazara gideceğiz.",
    "Vietnamese": "Ngày mai tôi sẽ về quê thăm ông bà và các em.",
    "Indonesian": "Besok pagi kami pergi ke pasar untuk membeli sayur.",
    "Finnish": "Huomenna menemme mökille ja lämmitämme saunan illalla.",
}


@pytest.fixture(scope="module")
def verdicts() -> Mapping[str, PostVerdict]:
    texts = {**UNKNOWN_SCRIPTS, **OTHER_LANGUAGES}
    return dict(zip(texts, score(*texts.values()), strict=True))


def score(*texts: str, **fields: Any) -> list[PostVerdict]:
    lines = [json.dumps({"id": "1", "text": text, **fields}).encode() for text in texts]
    answers = score_lines(lines, "posts", Settings(device="cpu", threads=1))
    return [PostVerdict.model_validate_json(answer) for answer in answers]


@pytest.mark.parametrize("language", UNKNOWN_SCRIPTS)
def test_a_script_that_the_model_does_not_know_is_not_assessed(
    language: str, verdicts: Mapping[str, PostVerdict]
) -> None:
    verdict = verdicts[language]
    assert (verdict.assessed, verdict.scores, verdict.labels, verdict.action) == (False, None, [], "allow")


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_a_language_that_the_model_was_not_trained_for_gets_no_label(
    language: str, verdicts: Mapping[str, PostVerdict]
) -> None:
    verdict = verdicts[language]
    assert (verdict.lang, verdict.labels, verdict.action) == ("other", [], "allow")


def test_a_hint_does_not_take_an_english_insult_out_of_the_models_reach() -> None:
    """Apps send the language of the user interface."""
    (verdict,) = score("you are a worthless piece of shit and everybody hates you", lang="de")
    assert verdict.lang == "en"
    assert "toxicity" in verdict.labels


def test_foreign_words_around_an_insult_do_not_hide_it() -> None:
    (verdict,) = score(f"{UNKNOWN_SCRIPTS['Thai']} you are a worthless piece of shit {UNKNOWN_SCRIPTS['Hindi']}")
    assert verdict.lang == "en"
    assert "toxicity" in verdict.labels
