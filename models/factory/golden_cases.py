"""Golden cases: inputs written for this repository, with the answers of the model that is exported."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import Tokenizer

from models.artifact import GoldenCase, GoldenCases
from models.serving.scores import ordinal, sigmoid, softmax
from models.text import normalise
from models.text.rendering import SymptomFields, render_symptoms
from models.training.collate import pad
from models.training.predict import Logits, Scorer

TOLERANCE = 0.06
"""Probability. Processors differ in the last bit of their float kernels, which moves some activations by one step of
their 8 bits: noise of 1e-6 in the norms moved probabilities by 0.0006 on average, at most 0.05 (5,120 looked at)."""

POSTS = {
    "thanks": "Thanks for the ride yesterday, the soup at your place was lovely.",
    "insult": "You are a pathetic idiot and everyone on this channel knows it.",
    "threat": "Say that again and I will come to your house and break your legs.",
    "group hate": "People from that country are vermin and should all be thrown out.",
    "group praise": "I am proud to be a gay Muslim woman and I love my town.",
    "prize": "WINNER!! Your number was drawn for a 900 pound prize, claim now at www.prize-claims.example.com",
    "despair": "I can't go on any more, I have been thinking about ending my life tonight.",
    "sport": "We absolutely killed it at the gym today, my legs are dead.",
    "link and handle": "@maria have a look at https://example.org/menu and tell me what you want",
    "shouting": "STOP SPAMMING THE FUCKING CHAT",
    "zh kind": "谢谢你昨天帮我搬家,改天请你吃饭。",
    "zh insult": "你这个蠢货,真是又丑又没脑子。",
    "zh region": "那个地方的人都是骗子和小偷,没一个好东西。",
    "zh advert": "【优惠】本店周年庆全场三折,加微信领取红包,退订回T",
    "zh review": "房间很干净,服务态度也好,下次还会再来。",
    "mixed": "今天的 meeting 真的 so boring,不过午饭不错 😂",
}

SYMPTOMS = {
    "chest pain": SymptomFields(
        "crushing chest pain into the left arm, sweating", age=67, sex="male", heart_rate=118, systolic=86,
        diastolic=50, respiratory_rate=26, saturation=90, pain=9, arrival="public ambulance", consciousness="alert",
    ),
    "itchy rash": SymptomFields("red itchy patches with scaly skin on my elbows and knees", age=31, sex="female"),
    "burning": SymptomFields("it burns when I pass urine and I have to go every half hour"),
    "sprain": SymptomFields("twisted ankle while running, can walk", age=24, pain=3, injury=True, arrival="walking"),
    "zh child": SymptomFields("宝宝两岁,拉肚子三天,大便像水一样,有点发烧", age=2, body_part="abdomen"),
    "zh cough": SymptomFields("咳嗽有痰一周,昨晚发烧三十九度,呼吸很快", age=4, sex="male", temperature=39.1),
}  # fmt: skip


def golden_texts() -> list[tuple[str, str, str]]:
    """(name, task, text as the encoder gets it)."""
    posts = [(name, "posts", normalise(text).text) for name, text in POSTS.items()]
    return posts + [(name, "symptoms", render_symptoms(fields).text) for name, fields in SYMPTOMS.items()]


def make_golden(
    score: Scorer, tokenizer: Tokenizer, positions: int, pad_id: int, texts: Sequence[tuple[str, str, str]]
) -> GoldenCases:
    """Ask the model for every case, each alone; `texts` are those of `golden_texts`, or of an older artifact."""
    cases: list[dict[str, object]] = []
    for name, task, text in texts:
        logits = score(*pad([tokenizer.encode(text).ids[:positions]], pad_id))
        answer = probabilities({head: values[0] for head, values in logits.items()})
        heads: Sequence[str] = ("post", "sentiment") if task == "posts" else ("condition", "urgency")
        expected = {head: [round(p, 4) for p in answer[head]] for head in heads}
        cases.append({"name": name, "task": task, "text": text, "expected": expected})
    return GoldenCases(tolerance=TOLERANCE, cases=tuple(GoldenCase.model_validate(case) for case in cases))


def probabilities(logits: Logits) -> dict[str, list[float]]:
    """Logits of one row to the probabilities of the heads that golden cases look at."""
    return {
        "post": sigmoid(logits["post"]).tolist(),
        "sentiment": softmax(logits["sentiment"]).tolist(),
        "condition": softmax(logits["condition"]).tolist(),
        "urgency": ordinal(logits["urgency"]).tolist(),
    }
