"""Which rows a step trains on: stateless, so that a resumed run sees exactly what it would have seen.

Rows are grouped by task and source, and once more by rare label. Every group is walked in shuffled passes;
step arithmetic alone gives the position, so no iterator state has to be saved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.examples import Example
from models.labels import POST_LABELS
from models.training.data_rules import DataRules

CHUNK = 4096
"""Rows planned at once: long enough to sort by length, short enough to keep every source in every minute."""
TOKENS_PER_ROW = 40


@dataclass(slots=True, frozen=True)
class Group:
    name: str
    rows: NDArray[np.int64]
    share: float


def group_examples(examples: Sequence[Example], rules: DataRules) -> list[Group]:
    """Groups with the share of samples that each one gets; shares add up to 1. A task without a share gets none.

    A share of `source lang` is that of the source's rows in one language, which are a group of their own then.
    """
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, example in enumerate(examples):
        if not (example.domain and rules.ordinary):
            narrow = f"{example.source} {example.lang}"
            source = narrow if narrow in rules.source_shares else example.source
            members[example.task, source].append(index)
    rare = _rare_groups(examples, rules) | _ordinary_groups(examples, rules)
    left = 1.0 - sum(share for _, share in rare.values())
    fixed: dict[str, float] = defaultdict(float)
    totals: dict[str, float] = defaultdict(float)
    for (task, source), rows in members.items():
        fixed[task] += rules.source_shares.get(source, 0.0)
        totals[task] += 0.0 if source in rules.source_shares else len(rows) ** rules.size_exponent
    groups = []
    for (task, source), rows in sorted(members.items()):
        share = rules.source_shares.get(source)
        if share is None:
            share = max(0.0, 1.0 - fixed[task]) * len(rows) ** rules.size_exponent / totals[task]
        elif not totals[task] or fixed[task] > 1.0:
            share /= fixed[task]  # the fixed shares are all there is
        share *= rules.shares.get(task, 0.0) * (left if task == "post" else 1.0)
        groups.append(Group(f"{task}/{source}", np.array(rows), share))
    for name, (rows, share) in sorted(rare.items()):
        groups.append(Group(name, np.array(rows), share * rules.shares.get("post", 0.0)))
    whole = sum(group.share for group in groups)
    return [Group(g.name, g.rows, g.share / whole) for g in groups]


def _rare_groups(examples: Sequence[Example], rules: DataRules) -> dict[str, tuple[list[int], float]]:
    """{label and language: (positive rows, share)}: languages share alike, or English alone would fill a rare label."""
    groups = {}
    for label, share in rules.rare_labels.items():
        column = POST_LABELS.index(label)
        by_language: dict[str, list[int]] = defaultdict(list)
        for index, example in enumerate(examples):
            if example.post[column] == 1.0:
                by_language[example.lang].append(index)
        for lang, rows in by_language.items():
            groups[f"rare/{label} {lang}"] = (rows, share / len(by_language))
    return groups


def _ordinary_groups(examples: Sequence[Example], rules: DataRules) -> dict[str, tuple[list[int], float]]:
    """{domain and language: (rows, share)}: domains share alike, or the largest would stand for all of them."""
    if not rules.ordinary:
        return {}
    domains: dict[str, list[int]] = defaultdict(list)
    for index, example in enumerate(examples):
        if example.domain:
            domains[f"ordinary/{example.domain} {example.lang}"].append(index)
    return {name: (rows, rules.ordinary / len(domains)) for name, rows in domains.items()}


def plan_batches(
    groups: Sequence[Group], lengths: NDArray[np.int64], rows: int, seed: int, start: int
) -> Iterator[NDArray[np.int64]]:
    """Row numbers of batch `start`, `start + 1`, and so on without end; same seed, same batches."""
    number = 0
    chunk = 0
    while True:
        batches = _plan_chunk(groups, lengths, rows, seed, chunk)
        yield from batches[max(0, start - number) :]
        number += len(batches)
        chunk += 1


def _plan_chunk(
    groups: Sequence[Group], lengths: NDArray[np.int64], rows: int, seed: int, chunk: int
) -> list[NDArray[np.int64]]:
    drawn = np.concatenate([_draw(group, i, seed, chunk) for i, group in enumerate(groups)])
    random = np.random.default_rng([seed, chunk])
    noisy = lengths[drawn] * random.uniform(0.9, 1.1, size=len(drawn))
    ordered = drawn[np.argsort(noisy)]
    batches = _cut(ordered, lengths, rows)
    return [batches[i] for i in random.permutation(len(batches))]


def _draw(group: Group, index: int, seed: int, chunk: int) -> NDArray[np.int64]:
    """The rows of one group in one chunk: the next stretch of its endless shuffled walk."""
    begin, end = (round(group.share * CHUNK * step) for step in (chunk, chunk + 1))
    size = len(group.rows)
    picked = []
    while begin < end:
        walk, offset = divmod(begin, size)
        order = np.random.default_rng([seed, index, walk]).permutation(size)
        take = order[offset : offset + end - begin]
        picked.append(group.rows[take])
        begin += len(take)
    return np.concatenate(picked) if picked else np.empty(0, dtype=np.int64)


def _cut(ordered: NDArray[np.int64], lengths: NDArray[np.int64], rows: int) -> list[NDArray[np.int64]]:
    """Cut rows sorted by length into batches of equal cost; at most three times `rows` short ones together."""
    batches = []
    position = 0
    budget = rows * TOKENS_PER_ROW
    while position < len(ordered):
        size = 1
        while (
            position + size < len(ordered)
            and size < 3 * rows
            and (size + 1) * lengths[ordered[position + size]] <= budget
        ):
            size += 1
        batches.append(ordered[position : position + size])
        position += size
    return batches
