"""Records to send: good ones, cheap to make and all different."""

import random
from collections.abc import Iterator
from typing import Any

import orjson

from tests.support.traffic import Draft

_EN = (
    "the bus",
    "was",
    "late",
    "again",
    "we",
    "waited",
    "in rain",
    "until",
    "a door",
    "opened for",
    "us all",
)
_ZH = ("今天", "天气", "很好", "我们", "一起", "去", "公园", "散步", "然后", "吃饭", "晚上", "再见", "谢谢")
_SYMPTOMS = (
    "cough and fever for three days",
    "chest pain since this morning",
    "头痛 恶心",
    "itchy rash on both arms",
)


def post(number: str, text: str, **fields: Any) -> bytes:
    return orjson.dumps({"id": number, "text": text, **fields})


def symptom_record(number: str, text: str, **fields: Any) -> bytes:
    return orjson.dumps({"id": number, "text": text, **fields})


def unique_text(rng: random.Random, words: int) -> str:
    """English or Chinese, never twice the same for one generator in practice."""
    chosen = rng.choices(_EN, k=words) if rng.random() < 0.6 else rng.choices(_ZH, k=words)
    return " ".join([*chosen, f"{rng.getrandbits(40):x}"])


def posts(topic: str, count: int, *, partitions: int = 1, seed: int = 1, name: str = "p") -> list[Draft]:
    """Good posts of 20 authors, short and long, in both languages, evenly over the partitions."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        author = f"author-{i % 20}"
        value = post(f"{name}{i}", unique_text(rng, rng.choice((3, 8, 20, 60))), author=author)
        made.append(Draft(topic, value, key=author.encode(), partition=i % 20 % partitions))
    return made


def symptom_records(topic: str, count: int, *, partitions: int = 1, seed: int = 2) -> list[Draft]:
    rng = random.Random(seed)
    made = []
    for i in range(count):
        text = f"{rng.choice(_SYMPTOMS)} {rng.getrandbits(30):x}"
        value = symptom_record(f"s{i}", text, patient=f"patient-{i % 9}", age=rng.randint(1, 90))
        made.append(Draft(topic, value, key=f"patient-{i % 9}".encode(), partition=i % partitions))
    return made


def bad_values() -> Iterator[bytes | None]:
    """Values that can only become dead letters, without end."""
    while True:
        yield b"{"
        yield None
        yield b"\xff\xfe"
        yield b'{"id":"x"}'
        yield b'{"id":"x","text":""}'
