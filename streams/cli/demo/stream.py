"""The bundled stream: posts, symptom records, and a few lines that are no records at all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from streams.client import Message
from streams.client.messages import line_message
from streams.tasks import declared
from streams.tasks.posts import POSTS

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Bundled:
    """A message of the stream, with what the view shows of it."""

    message: Message
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Records that bring pictures, and the settings of a worker that looks at them."""

    records: tuple[Bundled, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def bundled_stream(seed: int = 11) -> list[Bundled]:
    """All of it in one order: each file keeps its own, the symptom records and broken lines fall in between."""
    files = {task: list(_read(f"{task}.jsonl", task)) for task in declared() if (FOLDER / f"{task}.jsonl").exists()}
    files["broken"] = list(_read("broken.jsonl", POSTS.name))
    turns = [name for name, items in files.items() for _ in items]
    random.Random(seed).shuffle(turns)  # noqa: S311 - an order, not a secret
    queues = {name: iter(items) for name, items in files.items()}
    return [next(queues[name]) for name in turns]


def _read(name: str, kind: str) -> Iterator[Bundled]:
    for number, line in enumerate((FOLDER / name).read_bytes().splitlines(), 1):
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            fields = {}
        said = fields.get("text") or ", ".join(fields.get("symptoms", ()))
        yield Bundled(line_message(line, kind), str(fields.get("id", f"{name}:{number}")), str(said))
