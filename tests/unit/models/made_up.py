"""A made-up tokenizer and made-up tables in the canonical format, small enough to train on in seconds."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from models.labels import POST_LABELS

RUDE = ("stupid fool", "you idiot", "dumb moron")
KIND = ("nice day", "good soup", "kind friend", "warm bread")
WORDS = " ".join((*RUDE, *KIND, "is a the and today we you [URL] complaint: age pain of 10 | sex")).split()


def make_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -6.0)]
    pieces += [(f"▁{word}", -3.0 - i / 100) for i, word in enumerate(dict.fromkeys(WORDS))]
    pieces += [(chr(c), -9.0) for c in range(33, 127)]
    pieces += [("你好", -4.0), ("你", -8.0), ("好", -8.0), ("笨蛋", -4.0), ("笨", -8.0), ("蛋", -8.0), ("never", -5.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )  # fmt: skip
    return tokenizer


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def sentence(chance: random.Random, rude: bool) -> str:
    words = [chance.choice(KIND) for _ in range(chance.randint(1, 3))]
    if rude:
        words.insert(chance.randint(0, len(words)), chance.choice(RUDE))
    return "today " + " and ".join(words)


def post_row(chance: random.Random, split: str, number: int) -> dict[str, Any]:
    rude = number % 2
    labels: dict[str, int | None] = dict.fromkeys(POST_LABELS)
    labels |= {"toxicity": rude, "insult": rude if number % 3 else None, "spam": 0 if number % 5 else None}
    text = f"{sentence(chance, bool(rude))} {number}"
    tier = "C" if number % 10 == 9 else "A"
    source = "closed" if tier == "C" else "open"
    return {"id": f"{split}{number}", "text": text, "lang": "en", "source": source, "licence_tier": tier, **labels}


def span_row(chance: random.Random, split: str, number: int) -> dict[str, Any]:
    insult = chance.choice(RUDE)
    text = f"the {insult} today {number}"
    spans = [[4, 4 + len(insult)]] if number % 2 else []
    return {"id": f"s{split}{number}", "text": text if spans else f"nice day {number}", "lang": "en", "spans": spans}


def mood_row(chance: random.Random, split: str, number: int) -> dict[str, Any]:
    bad = number % 2 == 0
    mood = "negative" if bad else "positive"
    text = f"{sentence(chance, bad)} m{number}"
    row = {"id": f"m{split}{number}", "text": text, "lang": "en", "sentiment": mood}
    return row | {"source": "open", "licence_tier": "B"}


def symptom_row(split: str, number: int) -> dict[str, Any]:
    return {
        "record_id": f"y{split}{number}", "text": f"pain today {number}", "lang": "en", "body_part": None,
        "age": 30.0, "sex": "female", "condition": "acne" if number % 2 else "migraine", "source": "open",
        "licence_tier": "A",
    }  # fmt: skip


def visit_row(split: str, number: int) -> dict[str, Any]:
    return {
        "record_id": f"u{split}{number}", "text": f"pain of {number}", "lang": "en", "age": 50.0, "sex": "male",
        "arrival_mode": 1, "injury": 0, "mental": 1, "pain": 1, "nrs_pain": 3, "sbp": 120.0, "dbp": 80.0, "hr": 70.0,
        "rr": 16.0, "bt": 36.6, "saturation": 98.0, "urgency": 1 + number % 5, "source": "open", "licence_tier": "A",
    }  # fmt: skip


def read_metrics(run: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]
