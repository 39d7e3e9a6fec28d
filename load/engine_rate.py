"""How fast the bare engine is: the same texts, tokenizer, batcher and threads, and nothing around them."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from load.texts import Payload
from models.serving.types import Batch, Depth, Encoding, Item
from models.text import normalise
from streams.model import load_model, new_batcher
from streams.settings import Settings
from streams.tasks.posts import POSTS


@dataclass(frozen=True, slots=True)
class EngineRate:
    """What the engine did alone. `rate`: records a second inside `run`, tokenising not counted."""

    records: int
    rate: float
    mean_rows: float
    cpu_us: float
    """Processor time a record, all threads of the engine together."""
    padding: float
    """Padded tokens for each real one."""


def measure_engine(settings: Settings, payloads: Sequence[Payload]) -> EngineRate:
    """Runs all posts through the engine, with as many waiting as the service lets in."""
    model = load_model(settings)
    texts = [normalise(orjson.loads(payload.value)["text"]).text for payload in payloads]
    waiting = deque(_items(model.encoder.encode(texts)))
    batcher = new_batcher(model)
    batches: list[Batch] = []
    busy_s = cpu_s = 0.0
    while waiting or len(batcher):
        while waiting and len(batcher) < settings.max_in_flight_records:
            batcher.push(waiting.popleft())
        for batch in batcher.pop():
            began, cpu_began = time.perf_counter(), time.process_time()
            model.engine.run(batch, Depth.FULL)
            busy_s += time.perf_counter() - began
            cpu_s += time.process_time() - cpu_began
            batches.append(batch)
    real = sum(item.encoding.tokens for batch in batches for item in batch.items)
    padded = sum(batch.padded_tokens for batch in batches)
    count = len(texts)
    return EngineRate(count, count / busy_s, count / len(batches), 1e6 * cpu_s / count, padded / real)


def _items(encodings: Sequence[Encoding]) -> list[Item]:
    return [
        Item(encoding, None, frozenset(POSTS.question.heads), intake_at=float(number), queued_at=0.0)
        for number, encoding in enumerate(encodings)
    ]
