"""Distillation: what a teacher says about the training rows is stored once, and a student learns from it.

Targets are the teacher's logits of every head (Hinton et al. 2015), its logits per token, and the direction of its
pooled hidden state (as in DistilBERT, Sanh et al. 2019). Of several teachers the logits are averaged; the hidden state
is the first one's, from which the student was cut, since directions of different networks have no mean. A teacher reads
the plain text while the student may get a deformed copy of it, so the student also learns that a disguise changes
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor
from torch.nn import functional

from models.examples import Example
from models.training.collate import Batch, Collator
from models.training.deadline import Deadline
from models.training.network import Encoded, Network
from models.training.recipe import Distillation

HEADS = ("post", "sentiment", "condition", "urgency")
PART_ROWS = 4096
_TOKENS_A_BATCH = {"cpu": 3072}
_TOKENS_A_GPU_BATCH = 32_768
_NO_TARGET = -1e4


def text_key(text: str) -> int:
    """What a text's targets are stored under: 63 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


class TeacherTargets:
    """Targets by text, kept as float16 in `folder`, one file for every 4,096 texts; what is there is not made again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[int, int] = {}
        self._parts: list[dict[str, NDArray[np.float16]]] = []
        for path in sorted(folder.glob("part-*.npz")):
            self._add(path)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, text: str) -> bool:
        return text_key(text) in self._rows

    def extend(
        self, teachers: Sequence[Network], collator: Collator, texts: Sequence[str], device: str = "cpu",
        deadline: Deadline | None = None,
    ) -> None:  # fmt: skip
        """Add the targets of the texts that have none yet. A kill loses at most the part under way.

        Raises SittingOver between two parts where the deadline comes first.
        """
        deadline = deadline or Deadline()
        self.folder.mkdir(parents=True, exist_ok=True)
        missing = [text for text in dict.fromkeys(texts) if text not in self]
        parts = [missing[i : i + PART_ROWS] for i in range(0, len(missing), PART_ROWS)]
        for part in track(parts, description="asking the teacher", disable=not parts):
            deadline.check(f"with {len(self):,} texts answered by the teacher")
            path = self.folder / f"part-{len(self._parts):04d}.npz"
            staging = path.with_suffix(".new")
            with staging.open("wb") as file:
                np.savez(file, allow_pickle=False, **_ask(teachers, collator, part, device))
            staging.replace(path)
            self._add(path)

    def lookup(self, examples: Sequence[Example], length: int) -> dict[str, Tensor]:
        """Targets of a batch padded to `length` tokens; rows and tokens without any hold `_NO_TARGET`."""
        found = [self._rows.get(text_key(e.text), -1) for e in examples]
        targets: dict[str, Tensor] = {}
        for name in (*HEADS, "pooled"):
            rows = [self._entry(name, row) for row in found]
            empty = np.full(self._parts[0][name].shape[1], _NO_TARGET, dtype=np.float32)
            targets[name] = torch.from_numpy(np.stack([empty if row is None else row for row in rows]))
        spans = np.full((len(examples), length), _NO_TARGET, dtype=np.float32)
        for number, row in enumerate(found):
            if row >= 0:
                values = self._spans(row)[:length]
                spans[number, : len(values)] = values
        targets["spans"] = torch.from_numpy(spans)
        return targets

    def _add(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            part = {name: file[name] for name in file.files}
        start = len(self._parts) * PART_ROWS
        self._rows |= {int(key): start + i for i, key in enumerate(part["keys"])}
        self._parts.append(part)

    def _entry(self, name: str, row: int) -> NDArray[np.float32] | None:
        if row < 0:
            return None
        values: NDArray[np.float16] = self._parts[row // PART_ROWS][name][row % PART_ROWS]
        return values.astype(np.float32)

    def _spans(self, row: int) -> NDArray[np.float32]:
        part, number = self._parts[row // PART_ROWS], row % PART_ROWS
        return part["spans"][part["starts"][number] : part["starts"][number + 1]].astype(np.float32)


def _ask(
    teachers: Sequence[Network], collator: Collator, texts: Sequence[str], device: str
) -> dict[str, NDArray[np.generic]]:
    encoded = [e.ids for e in collator.tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    answers: dict[int, dict[str, NDArray[np.float16]]] = {}
    tokens = _TOKENS_A_BATCH.get(device, _TOKENS_A_GPU_BATCH)
    while order:
        rows = [order.pop() for _ in range(min(len(order), max(1, tokens // len(encoded[order[-1]]))))]
        ids, mask = collator.pad([encoded[i] for i in rows])
        values = _run(teachers, ids.to(device), mask.to(device))
        for number, row in enumerate(rows):
            answers[row] = {name: value[number] for name, value in values.items()}
            answers[row]["spans"] = answers[row]["spans"][: len(encoded[row])]
    ordered = [answers[i] for i in range(len(texts))]
    stored: dict[str, NDArray[np.generic]] = {
        name: np.stack([answer[name] for answer in ordered]) for name in (*HEADS, "pooled")
    }
    stored["spans"] = np.concatenate([answer["spans"] for answer in ordered])
    stored["starts"] = np.cumsum([0, *(len(answer["spans"]) for answer in ordered)])
    stored["keys"] = np.array([text_key(text) for text in texts], dtype=np.int64)
    return stored


def _run(teachers: Sequence[Network], ids: Tensor, mask: Tensor) -> dict[str, NDArray[np.float16]]:
    with torch.inference_mode(), torch.autocast(ids.device.type, torch.bfloat16):
        states = [teacher.eval().encode(ids, mask) for teacher in teachers]
        answers = [teacher.answer(state) for teacher, state in zip(teachers, states, strict=True)]
    values = {name: torch.stack([answer[name].float() for answer in answers]).mean(dim=0) for name in answers[0]}
    values["pooled"] = states[0].pooled.float()
    return {name: value.cpu().numpy().astype(np.float16) for name, value in values.items()}


@dataclass(slots=True, frozen=True)
class TeacherAdvice:
    """The teacher's part of a batch's loss; see `models.training.trainer.Advice`."""

    rules: Distillation
    targets: TeacherTargets

    def lookup(self, rows: Sequence[Example], length: int) -> dict[str, Tensor]:
        return self.targets.lookup(rows, length)

    def known(self, rows: Sequence[Example]) -> int:
        return sum(example.text in self.targets for example in rows)

    def __call__(
        self, targets: dict[str, Tensor], plain: Tensor, batch: Batch, logits: dict[str, Tensor], encoded: Encoded
    ) -> Tensor:
        """Loss summed over the rows; rows that the teacher was not asked about add nothing."""
        answered = (targets["post"][:, 0] > _NO_TARGET / 2).float()
        unlabelled = self.rules.unlabelled
        weight = torch.where(torch.isnan(batch.post), unlabelled, 1.0) * answered[:, None]
        soft = torch.sigmoid(targets["post"])
        total = (_bce(logits["post"], soft) * weight).sum() / 2.0
        total = total + (_bce(logits["early_post"], soft) * weight).sum() * self.rules.early / 2.0
        for head, known in (("sentiment", batch.sentiment >= 0), ("condition", batch.condition >= 0)):
            share = torch.where(known, 1.0, unlabelled if head == "sentiment" else 0.0) * answered
            total = total + (_divergence(logits[head], targets[head]) * share).sum()
        share = (batch.urgency >= 0).float() * answered
        total = total + (_bce(logits["urgency"], torch.sigmoid(targets["urgency"])).mean(dim=1) * share).sum()
        total = total + self._spans(logits["spans"], targets["spans"], batch, plain)
        distance = 1.0 - functional.cosine_similarity(encoded.pooled.float(), targets["pooled"], dim=1)
        return total * self.rules.weight + self.rules.hidden * (distance * answered).sum()

    def _spans(self, logits: Tensor, targets: Tensor, batch: Batch, plain: Tensor) -> Tensor:
        known = (~torch.isnan(batch.spans)) & (targets > _NO_TARGET / 2) & plain[:, None]
        losses = torch.where(known, _bce(logits, torch.sigmoid(targets)), torch.zeros_like(logits))
        return (losses.sum(dim=1) / known.sum(dim=1).clamp(min=1)).sum()


def _bce(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def _divergence(logits: Tensor, targets: Tensor) -> Tensor:
    """Kullback-Leibler divergence from the teacher's classes, a row."""
    log_student, log_teacher = functional.log_softmax(logits, dim=1), functional.log_softmax(targets, dim=1)
    return (log_teacher.exp() * (log_teacher - log_student)).sum(dim=1)
