"""Logits of many texts, batched by length, from a torch network or any other scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.collate import Collator, pad
from models.training.network import Network

Logits = dict[str, NDArray[np.float32]]
Scorer = Callable[[NDArray[np.int64], NDArray[np.int64]], Logits]
"""Padded ids and mask [B, T] to logits per head."""

BATCH_TOKENS = 2048


def torch_scorer(network: Network, device: str = "cpu") -> Scorer:
    """A scorer over a torch network, in evaluation mode."""

    def score(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        training = network.training
        network.eval()
        with torch.inference_mode():
            logits = network(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        network.train(training)
        return {name: value.float().cpu().numpy() for name, value in logits.items()}

    return score


def predict(score: Scorer, collator: Collator, texts: Sequence[str]) -> list[Logits]:
    """One mapping of what the scorer gives per text, in order; `spans`, if there, has one logit a token."""
    encoded = [
        e.ids for i in range(0, len(texts), 2000) for e in collator.tokenizer.encode_batch(list(texts[i : i + 2000]))
    ]
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    answers: dict[int, Logits] = {}
    while order:
        longest = len(encoded[order[-1]])
        rows = [order.pop() for _ in range(min(len(order), max(1, BATCH_TOKENS // longest)))]
        ids, mask = pad([encoded[i] for i in rows], collator.pad_id)
        logits = score(ids, mask)
        for number, row in enumerate(rows):
            answers[row] = {name: values[number] for name, values in logits.items()}
            if "spans" in logits:
                answers[row]["spans"] = answers[row]["spans"][: len(encoded[row])]
    return [answers[i] for i in range(len(texts))]
