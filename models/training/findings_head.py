"""A head that marks the findings of a complaint, token by token, and how each is meant.

Learned from the written records over a finished network, of which nothing changes: the upper layers are the head's own
copies. No service loads it; `tidegate triage findings` measures it beside the phrases, which it would have to beat.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.augmentation.written_records import MarkedLine
from models.complaint import Assertion, load_catalogue
from models.training.collate import Collator
from models.training.network import Network

FINDINGS: Final = tuple(load_catalogue())
ASSERTIONS: Final = tuple(Assertion)
_POOL: Final = 16  # batches within which records are sorted by length
_FEW_MARKED: Final = -4.0  # where the logits of findings begin: one token in two hundred has a given one


@dataclass(frozen=True, slots=True)
class HeadRules:
    """How the head is trained."""

    own_layers: int = 2
    epochs: int = 12
    rows: int = 32
    rate: float = 4e-4
    head_rate: float = 4e-3
    missed: float = 3.0
    """What a finding that is not marked costs where one marked too many costs 1."""
    seed: int = 2026


class States(NamedTuple):
    """What the head reads of a record, and what it should say; only tokens of the complaint count."""

    hidden: Tensor
    """[T, W], half precision: below the layers of the head's own."""
    places: NDArray[np.int64]
    """[T, 2] characters of the line; (-1, -1) for what is not of the complaint."""
    findings: Tensor
    """uint8 [T, findings]"""
    assertions: Tensor
    """[T]: index, -1 where nothing is marked."""


class Tags(NamedTuple):
    """Logits of each token: [..., findings] and [..., assertions]."""

    findings: Tensor
    assertions: Tensor


class FindingsHead(nn.Module):
    """Args:
    network: its upper layers become the head's; what is left of it makes the states. It serves nothing else then.
    """

    def __init__(self, network: Network, own_layers: int) -> None:
        super().__init__()
        kept = len(network.layers) - own_layers
        self.layers = network.layers[kept:]
        network.layers = network.layers[:kept]
        self.findings = nn.Linear(network.shape.width, len(FINDINGS))
        self.assertions = nn.Linear(network.shape.width, len(ASSERTIONS))
        nn.init.constant_(self.findings.bias, _FEW_MARKED)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tags:
        """`hidden` [B, T, W], `mask` [B, T] (1 for tokens)."""
        bias = ((mask - 1.0) * 1e4)[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, bias)
        return Tags(self.findings(hidden), self.assertions(hidden))


def states_of(network: Network, collator: Collator, lines: Sequence[MarkedLine], rows: int) -> list[States]:
    """Of each record, in order; the network is only read."""
    encodings = collator.tokenizer.encode_batch([line.text for line in lines])
    order = sorted(range(len(lines)), key=lambda number: len(encodings[number].ids))
    states: dict[int, States] = {}
    for start in range(0, len(order), rows):
        chosen = order[start : start + rows]
        ids, mask = collator.pad([encodings[number].ids for number in chosen])
        with torch.no_grad():
            hidden = network.eval().encode(ids, mask).hidden.half()
        for number, own in zip(chosen, hidden, strict=True):
            states[number] = _with_targets(own, encodings[number].offsets, lines[number])
    return [states[number] for number in range(len(lines))]


def _with_targets(hidden: Tensor, offsets: Sequence[tuple[int, int]], line: MarkedLine) -> States:
    places = np.array([place if place[1] > max(place[0], line.start) else (-1, -1) for place in offsets])
    findings = torch.zeros(len(places), len(FINDINGS), dtype=torch.uint8)
    assertions = torch.full((len(places),), -1)
    for finding, assertion, start, end in line.mentions:
        inside = torch.from_numpy((places[:, 0] < end) & (places[:, 1] > start))
        findings[inside, FINDINGS.index(finding)] = 1
        assertions[inside] = ASSERTIONS.index(assertion)
    return States(hidden[: len(places)].clone(), places, findings, assertions)


def train_head(head: FindingsHead, states: Sequence[States], rules: HeadRules) -> None:
    """The rate rises for a tenth of the steps and falls to none."""
    torch.manual_seed(rules.seed)
    groups = [
        {"params": list(head.layers.parameters()), "lr": rules.rate},
        {"params": [*head.findings.parameters(), *head.assertions.parameters()], "lr": rules.head_rate},
    ]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    steps = rules.epochs * math.ceil(len(states) / rules.rows)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps, pct_start=0.1)
    head.train()
    for _ in range(rules.epochs):
        for batch in _batches(states, rules.rows):
            loss = _loss(head, batch, rules.missed)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    head.eval()


def _batches(states: Sequence[States], rows: int) -> Iterator[list[States]]:
    """All records in random order, in batches of about one length each."""
    order = torch.randperm(len(states)).tolist()
    pools = [order[start : start + _POOL * rows] for start in range(0, len(order), _POOL * rows)]
    like = [number for pool in pools for number in sorted(pool, key=lambda one: len(states[one].hidden))]
    batches = [like[start : start + rows] for start in range(0, len(like), rows)]
    for batch in torch.randperm(len(batches)).tolist():
        yield [states[number] for number in batches[batch]]


def _loss(head: FindingsHead, states: Sequence[States], missed: float) -> Tensor:
    """Mean over the tokens of the complaints; how a finding is meant is asked of marked tokens alone."""
    tags = tags_of(head, states)
    used = torch.from_numpy(np.concatenate([one.places[:, 1] > 0 for one in states]))
    findings, assertions = (
        torch.cat([one.findings for one in states])[used],
        torch.cat([one.assertions for one in states]),
    )
    marked = functional.binary_cross_entropy_with_logits(
        tags.findings[used], findings.float(), pos_weight=torch.tensor(missed), reduction="sum"
    )
    meant = functional.cross_entropy(tags.assertions[used], assertions[used], ignore_index=-1, reduction="sum")
    return marked / used.sum() + meant / (assertions[used] >= 0).sum().clamp(min=1)


def tags_of(head: FindingsHead, states: Sequence[States]) -> Tags:
    """Of the tokens of all records, one after the other."""
    hidden = nn.utils.rnn.pad_sequence([one.hidden.float() for one in states], batch_first=True)
    lengths = torch.tensor([len(one.hidden) for one in states])
    mask = (torch.arange(hidden.shape[1]) < lengths[:, None]).float()
    tags = head(hidden, mask)
    return Tags(tags.findings[mask > 0], tags.assertions[mask > 0])
