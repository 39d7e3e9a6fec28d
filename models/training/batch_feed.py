"""Batches made ahead of the network: on a GPU in processes of their own, or it would wait for deformed spellings."""

from __future__ import annotations

import os
import random
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.examples import Example
from models.serving.cores import usable_cores
from models.training.augment import Augmenter
from models.training.collate import Batch, Collator
from models.training.encoded_rows import EncodedRows

_MOST_PROCESSES = 12
_AHEAD = 8
"""Batches that every process has ready: enough for the pause that a checkpoint takes, or a chunk of the plan."""

Picked = tuple[int, NDArray[np.int64]]
"""Number of a step, and the rows that it trains on."""


class Lookup(Protocol):
    """What a teacher said about rows (see models.compression.distill)."""

    def lookup(self, rows: Sequence[Example], length: int) -> dict[str, Tensor]:
        """Targets of a batch that is padded to `length` tokens."""

    def known(self, rows: Sequence[Example]) -> int:
        """How many of the rows the teacher was asked about; the others add nothing to the loss."""


@dataclass(slots=True)
class Fed:
    """A batch, and what the teacher said about it. `plain` [B] says which rows the network sees undeformed."""

    batch: Batch
    plain: Tensor
    targets: dict[str, Tensor]
    advised: int = 0

    def pin_memory(self) -> Fed:
        """In memory that a GPU reads while the program goes on; torch's loader calls this."""
        targets = {name: value.pin_memory() for name, value in self.targets.items()}
        return Fed(self.batch.pin_memory(), self.plain.pin_memory(), targets, self.advised)

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes as arrays: torch opens a file for every tensor it sends, and a process may open 1,024."""
        batch = [getattr(self.batch, field.name).numpy() for field in fields(Batch)]
        targets = {name: value.numpy() for name, value in self.targets.items()}
        return _of_arrays, (batch, self.plain.numpy(), targets, self.advised)

    def to(self, device: str) -> Fed:
        targets = {name: value.to(device, non_blocking=True) for name, value in self.targets.items()}
        return Fed(self.batch.to(device), self.plain.to(device, non_blocking=True), targets, self.advised)


def _of_arrays(
    batch: Sequence[NDArray[Any]], plain: NDArray[Any], targets: dict[str, NDArray[Any]], advised: int
) -> Fed:  # fmt: skip
    told = {name: torch.from_numpy(value) for name, value in targets.items()}
    return Fed(Batch(*map(torch.from_numpy, batch)), torch.from_numpy(plain), told, advised)


@dataclass(slots=True)
class BatchMaker(Dataset[Fed]):
    """Rows to a batch. Seeded by step: a resumed run, and any number of processes, draw the same deformations."""

    examples: Sequence[Example]
    encoded: EncodedRows
    collator: Collator
    augment: Augmenter
    seed: int
    advice: Lookup | None = None

    def __getitem__(self, picked: Picked) -> Fed:
        step, numbers = picked
        chance = random.Random(f"{self.seed}-{step}")  # noqa: S311 - not a secret
        rows = [self.examples[i] for i in numbers]
        seen = [self.augment(e, chance) for e in rows]
        plain = [before is after for before, after in zip(rows, seen, strict=True)]
        encoded = [
            self.encoded[int(number)] if same else self.collator.encode(example)
            for number, same, example in zip(numbers, plain, seen, strict=True)
        ]
        batch = self.collator.collate(encoded, seen)
        if self.advice is None:
            return Fed(batch, torch.tensor(plain), {})
        targets = self.advice.lookup(rows, batch.ids.shape[1])
        return Fed(batch, torch.tensor(plain), targets, self.advice.known(rows))


def processes_for(device: str) -> int:
    """None beside a network on the CPU, which needs all of its cores."""
    return 0 if device == "cpu" else max(1, min(_MOST_PROCESSES, usable_cores() - 2))


def feed(maker: BatchMaker, plan: Iterable[Picked], device: str, processes: int) -> Generator[Fed]:
    """The batches of a plan in its order, on the device. The processes end with the iterator."""
    if not processes:
        for picked in plan:
            yield maker[picked].to(device)
        return
    # The processes encode single texts, which is safe after a fork; unless told so, tokenizers warns of it.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    loader: DataLoader[Fed] = DataLoader(
        maker, batch_size=None, sampler=plan, num_workers=processes, prefetch_factor=_AHEAD, collate_fn=_as_it_is,
        pin_memory=device != "cpu", multiprocessing_context="fork",
    )  # fmt: skip
    for fed in loader:
        yield fed.to(device)


def _as_it_is(fed: Any) -> Any:
    return fed
