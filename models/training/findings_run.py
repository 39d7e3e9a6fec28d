"""Trains a findings head over the network of a run, and has it mark the records that taught nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.augmentation.written import split_families
from models.augmentation.written_records import RECORDS, MarkedLine, marked_lines
from models.complaint import Assertion, Mention
from models.training.collate import Collator
from models.training.findings_head import (
    ASSERTIONS,
    FINDINGS,
    FindingsHead,
    HeadRules,
    States,
    states_of,
    tags_of,
    train_head,
)
from models.training.recipe import RecipeError
from models.training.run_folder import RunFolder

_CHECKED_BELOW: Final = 0.3
"""Of the hashes of families: those below 0.2 are kept out, so that an eighth of the others chooses the threshold."""
_CHANCES: Final = tuple(round(0.05 * step, 2) for step in range(1, 18))
_GAP: Final = 2  # from one marked token to the next of the same mention


class Marks(NamedTuple):
    """What the head says of each token of a record."""

    findings: NDArray[np.float32]
    """[T, findings]: probabilities; 0 outside of the complaint."""
    assertions: NDArray[np.float32]
    """[T, assertions]: logarithms of probabilities."""
    places: NDArray[np.int64]
    """[T, 2]: characters of the line."""


def mark_kept(
    run: RunFolder, rules: HeadRules, threads: int = 1, folder: Path = RECORDS
) -> Iterator[tuple[str, list[Mention]]]:
    """Of each record that was kept out of training, by its id as in `graded_records`, what the head finds there.

    Raises RecipeError where the run holds no checkpoint, or fewer layers than the head is to have.
    """
    torch.set_num_threads(threads)
    network = run.require_network()
    if rules.own_layers > len(network.layers):
        raise RecipeError(f"The network of {run.path} has {len(network.layers)} layers.")
    tokenizer = Tokenizer.from_file(str(run.tokenizer))
    collator = Collator(tokenizer, network.shape.positions, network.shape.pad_id)
    torch.manual_seed(rules.seed)
    head = FindingsHead(network, rules.own_layers)
    learned, kept = split_families(marked_lines(folder))
    learned, checked = split_families(learned, _CHECKED_BELOW)
    train_head(head, states_of(network, collator, learned, rules.rows), rules)
    chance = best_chance([marks_of(head, one) for one in states_of(network, collator, checked, rules.rows)], checked)
    for line, states in zip(kept, states_of(network, collator, kept, rules.rows), strict=True):
        yield line.id, mentions(marks_of(head, states), chance)


def marks_of(head: FindingsHead, states: States) -> Marks:
    with torch.no_grad():
        tags = tags_of(head, [states])
        findings = torch.sigmoid(tags.findings).numpy() * (states.places[:, 1:] > 0)
        return Marks(findings, torch.log_softmax(tags.assertions, dim=-1).numpy(), states.places)


def mentions(marks: Marks, chance: float) -> list[Mention]:
    """Tokens of one finding that follow on each other, each at least at `chance`, are one mention."""
    found = []
    for number in np.flatnonzero((marks.findings >= chance).any(axis=0)).tolist():
        tokens = np.flatnonzero(marks.findings[:, number] >= chance)
        for run in np.split(tokens, np.flatnonzero(np.diff(tokens) > _GAP) + 1):
            weights = marks.findings[run, number, None]
            meant = ASSERTIONS[int((marks.assertions[run] * weights).sum(axis=0).argmax())]
            start, end = marks.places[run[0], 0], marks.places[run[-1], 1]
            found.append(Mention(FINDINGS[number], meant, int(start), int(end)))
    return sorted(found, key=lambda one: one.start)


def best_chance(marks: Sequence[Marks], lines: Sequence[MarkedLine]) -> float:
    """The one by which the head agrees most with the lines on what is present (F1)."""
    wanted = [_present(line.mentions) for line in lines]

    def agreement(chance: float) -> float:
        found = [_present(mentions(one, chance)) for one in marks]
        hits = sum(len(a & b) for a, b in zip(wanted, found, strict=True))
        return 2 * hits / max(1, sum(map(len, wanted)) + sum(map(len, found)))

    return max(_CHANCES, key=agreement)


def _present(found: Sequence[Mention]) -> set[str]:
    return {one.finding for one in found if one.assertion is Assertion.PRESENT}
