"""How fast the bare engine is: the same texts, tokenizer, batcher and threads, and nothing around them."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from load.texts import Payload
from models.serving.types import Batch, Depth, Encoding, Item
from models.text import normalise
from streams.model import Model, load_model, new_batcher
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
    early: float = 0.0
    """Share that the early exit answered: in a cascade."""


TURN_ROWS = (1, 2, 4, 8, 16, 32, 64, 128)


def measure_engine(settings: Settings, payloads: Sequence[Payload]) -> EngineRate:
    """Runs all posts through an engine of its own, with as many waiting as the service lets in."""
    return run_engine(load_model(settings), payloads, settings.max_in_flight_records)


def run_engine(model: Model, payloads: Sequence[Payload], most_waiting: int) -> EngineRate:
    """The same with a model that is loaded."""
    texts = [text_of(payload) for payload in payloads]
    waiting = deque(_items(model.encoder.encode(texts)))
    batcher = new_batcher(model)
    batches: list[Batch] = []
    busy_s = cpu_s = 0.0
    early = 0
    while waiting or len(batcher):
        while waiting and len(batcher) < most_waiting:
            batcher.push(waiting.popleft())
        for batch in batcher.pop():
            began, cpu_began = time.perf_counter(), time.process_time()
            scores = model.engine.run(batch, Depth.FULL)
            busy_s += time.perf_counter() - began
            cpu_s += time.process_time() - cpu_began
            early += sum(one.is_early for one in scores)
            batches.append(batch)
    real = sum(item.encoding.tokens for batch in batches for item in batch.items)
    padded = sum(batch.padded_tokens for batch in batches)
    count = len(texts)
    mean_rows = count / len(batches)
    return EngineRate(count, count / busy_s, mean_rows, 1e6 * cpu_s / count, padded / real, early / count)


def run_tokenizer(model: Model, payloads: Sequence[Payload], rows: int = 256) -> float:
    """Texts a second through the tokenizer alone."""
    texts = [text_of(payload) for payload in payloads]
    began = time.perf_counter()
    for start in range(0, len(texts), rows):
        model.encoder.encode(texts[start : start + rows])
    return len(texts) / (time.perf_counter() - began)


def turn_times_ms(model: Model, payloads: Sequence[Payload], turns: int = 7) -> dict[int, float]:
    """What one turn of the batcher takes with 1, 2, 4 ... 128 waiting records: medians in milliseconds."""
    items = deque(_items(model.encoder.encode([text_of(payload) for payload in payloads])))
    found: dict[int, float] = {}
    for rows in TURN_ROWS:
        taken: list[float] = []
        for _ in range(turns):
            batcher = new_batcher(model)
            for _ in range(rows):
                batcher.push(items[0])
                items.rotate(-1)
            began = time.perf_counter()
            while batches := batcher.pop():
                for batch in batches:
                    model.engine.run(batch, Depth.FULL)
            taken.append(time.perf_counter() - began)
        found[rows] = 1e3 * float(np.median(taken))
    return found


def one_post_ms(model: Model, payloads: Sequence[Payload]) -> float:
    """What the engine takes for a post that is alone: the median over these, in milliseconds, without tokenising."""
    taken: list[float] = []
    for item in _items(model.encoder.encode([text_of(payload) for payload in payloads])):
        batcher = new_batcher(model)
        batcher.push(item)
        began = time.perf_counter()
        while batches := batcher.pop():
            for batch in batches:
                model.engine.run(batch, Depth.FULL)
        taken.append(time.perf_counter() - began)
    return 1e3 * float(np.median(taken))


def text_of(payload: Payload) -> str:
    return normalise(orjson.loads(payload.value)["text"]).text


def _items(encodings: Sequence[Encoding]) -> list[Item]:
    question = POSTS.question
    return [
        Item(one, None, frozenset(question.heads), float(number), 0.0, may_degrade=question.may_degrade)
        for number, one in enumerate(encodings)
    ]
