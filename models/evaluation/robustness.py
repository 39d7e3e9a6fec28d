"""The same posts, disguised: what a label loses when people write around the filter."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from models.augmentation.deformation import DEFORMATIONS
from models.augmentation.lexicons import Lexicons
from models.evaluation.figures import Entry, binary_entry, labelled
from models.evaluation.resampling import Bootstrap
from models.evaluation.rows import Row
from models.evaluation.scoring import Served, score_rows

DISGUISES: Final = {"en": ("leet", "spacing", "homoglyph"), "zh": ("homophone", "lookalike", "zh_spacing")}


def deform(rows: Sequence[Row], kind: str, lexicons: Lexicons, seed: int = 0) -> list[Row]:
    """Each row with its text disguised in one way; equal seeds give equal texts."""
    change = DEFORMATIONS[kind]
    return [
        replace(row, text=change(row.text, random.Random(f"{seed}/{place}"), lexicons).text, spans=None)  # noqa: S311
        for place, row in enumerate(rows)
    ]


def robustness(
    rows: Sequence[Row], plain: Sequence[Entry], served: Served, bootstrap: Bootstrap, lexicons: Path,
    advance: Callable[[int], None] = lambda rows: None,
) -> Iterator[Entry]:  # fmt: skip
    """An entry for each label, language and disguise, with its loss against the entry of the plain posts."""
    known = {(entry.label, entry.group): entry for entry in plain if entry.by == "lang" and entry.head == "post"}
    tables = Lexicons.load(lexicons)
    for lang, kinds in DISGUISES.items():
        own = [row for row in rows if row.lang == lang and row.labels]
        for kind in kinds if own else ():
            disguised = deform(own, kind, tables)
            if all(row.text == plain_row.text for row, plain_row in zip(disguised, own, strict=True)):
                advance(len(own))
                continue  # no tables for this disguise: its loss of 0 would be a lie
            answers = score_rows(disguised, served, advance)
            for one in labelled(disguised, answers, served.artifact):
                entry = binary_entry(one, np.arange(len(one.places)), "deformation", f"{lang} {kind}", bootstrap)
                yield replace(entry, loss=_loss(known[one.label, lang], entry))


def disguised_rows(rows: Sequence[Row]) -> int:
    """How many rows `robustness` scores."""
    return sum(len(DISGUISES.get(row.lang, ())) for row in rows if row.labels)


def _loss(plain: Entry, disguised: Entry) -> dict[str, float]:
    return {
        name: round(100 * (figure.value - disguised.figures[name].value), 2)
        for name, figure in plain.figures.items() if name in disguised.figures
    }  # fmt: skip
