"""The ablations of the report: augmentation by kind, and many tasks against one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from models.augmentation.lexicons import Lexicons
from models.examples import Example
from models.factory.ablation import DEFORMED, ablation_table, compare_answers, measures, save_table, span_measure
from models.factory.final_report import write_final_report
from models.factory.stage import Material, prepare_vocabulary, pretrained, run_stage
from models.training.augment import Augmenter
from models.training.corpus import load_corpus
from models.training.network import Network
from models.training.predict import Logits, predict, torch_scorer
from models.training.recipe import DataRules, Recipe, RecipeError
from models.training.run_folder import RunFolder

SOURCES = {
    "contrastive replacement": "contrast",
    "records from the knowledge graph": "knowledge_graph",
    "written sentences": "handwritten",
}
"""Kinds of augmentation that are rows of a source, which an ablation leaves out."""
DEFORMATION, SCREENING, TASKS = "word deformation", "screening", "tasks"
PARTS = (DEFORMATION, *SOURCES, SCREENING, TASKS)
DEV_ROWS = 3000
"""Real dev posts measured, at most; every short run answers all of them."""
DEFORMED_SHARE = 0.5
"""Share of those that are measured in disguise as well."""

Start = Callable[[], Network]


class Ablations:
    """Short runs in subfolders of `out`, each resumable.

    `start` gives the network that every kind of augmentation goes on from, `fresh` one that has learned nothing.
    """

    def __init__(
        self, recipe: Recipe, material: Material, start: Start, fresh: Start, out: Path, device: str = "cpu"
    ) -> None:
        self.recipe, self.material, self.start, self.fresh = recipe, material, start, fresh
        self.out, self.device = out, device
        corpus = material.corpus
        order = np.random.default_rng(recipe.seed).permutation(len(corpus.dev))
        picked = set(order[:DEV_ROWS].tolist())
        few = {i for i in order if corpus.dev[i].task in ("condition", "urgency")}  # all of them, or they say nothing
        real = [corpus.dev[i] for i in order if i in few or i in picked]
        self.dev = [*real, *corpus.written, *deformed_copies(real, material, recipe.seed)]
        self.measures = [*measures(self.dev), *span_measure(self.dev, material.collator(recipe, 0).tokenizer)]

    def without(self, part: str, unscreened: Callable[[], Material]) -> str:
        """The whole recipe against the recipe without one part, as a table; also kept as JSON beside the runs."""
        whole = self.answers("whole", self.recipe, self.material, self.start)
        recipe, material = self.recipe, self.material
        if part == DEFORMATION:
            recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"augment": 0.0})})
        elif part == SCREENING:
            material = unscreened()
        else:
            kept = [e for e in material.corpus.train if e.source != SOURCES[part]]
            material = replace(material, corpus=replace(material.corpus, train=kept))
        slug = part.replace(" ", "-")
        answers = self.answers(f"without-{slug}", recipe, material, self.start)
        rows = compare_answers(self.measures, whole, answers, self.recipe.seed)
        save_table(self.out / f"{slug}.json", part, rows)
        return ablation_table(part.capitalize(), rows)

    def tasks(self) -> str:
        """Every head trained with the others against trained alone, on the same number of its own rows.

        A task without rows or without a share is passed over.
        """
        together = self.answers("all-tasks", self.recipe, self.material, self.fresh)
        rows = []
        taught = {e.task for e in self.material.corpus.train}
        for task, share in self.recipe.data.shares.items():
            if task not in taught or not share:
                continue
            shares = dict.fromkeys(self.recipe.data.shares, 0.0) | {task: 1.0}
            alone = self.recipe.model_copy(update={"data": self.recipe.data.model_copy(update={"shares": shares})})
            answers = self.answers(f"only-{task}", alone, self.material, self.fresh, share)
            wanted = [m for m in self.measures if _belongs(m.name, task)]
            rows += compare_answers(wanted, together, answers, self.recipe.seed)
        title = "many tasks (with) against one task alone (without)"
        save_table(self.out / "tasks.json", title, rows)
        return ablation_table(title.capitalize(), rows)

    def answers(self, name: str, recipe: Recipe, material: Material, start: Start, share: float = 1.0) -> list[Logits]:
        """Train (or find) the run and ask it about dev."""
        Console().rule(name)
        steps = max(1, round(recipe.schedule.steps * share))
        schedule = recipe.schedule.model_copy(update={"steps": steps, "checkpoint_every": steps + 1})
        run = RunFolder(self.out / name)
        run.path.mkdir(parents=True, exist_ok=True)
        run.corpus.write_text(json.dumps({"sources": [], "dropped": {}}), encoding="utf-8")
        network = run_stage(recipe.model_copy(update={"schedule": schedule}), material, run, self.device, start)
        collator = material.collator(recipe, network.shape.pad_id)
        return predict(torch_scorer(network, self.device), collator, [e.text for e in self.dev])


def run_ablations(
    recipe: Recipe, start: Path, data: Path, out: Path, parts: Sequence[str] | None, device: str, base: str | None
) -> Path:
    """The ablations named in `parts` (of `PARTS`), or all, from the checkpoint of a run; returns the report.

    The checkpoint should have seen none of the parts (recipe `plain`): what it knows already cannot be taken from it.

    The runs by task start from the pretrained encoder instead, or one task would be helped by what the checkpoint
    learned from the others. Each run has the steps of the recipe's own schedule.
    """
    if unknown := [part for part in parts or () if part not in PARTS]:
        raise RecipeError(f"There is no ablation of {', '.join(unknown)}; the parts are {', '.join(PARTS)}.")
    folder = out / "ablations"
    folder.mkdir(parents=True, exist_ok=True)
    begun = RunFolder(start)
    _claim(folder, begun)

    def load(rules: DataRules) -> Material:
        corpus = load_corpus(data, rules, recipe.seed, cache=out)
        return Material(corpus, prepare_vocabulary(recipe.base, corpus.train, begun), Lexicons.load(data))

    material = load(recipe.data)
    runs = Ablations(
        recipe, material, begun.require_network, lambda: pretrained(recipe, material, base), folder, device
    )
    for part in parts or PARTS:
        if part == TASKS:
            runs.tasks()
        else:
            runs.without(part, lambda: load(recipe.data.model_copy(update={"screening": None})))
    return write_final_report(out)


def _claim(folder: Path, start: RunFolder) -> None:
    """Make sure that the runs of a folder all go on from the same network; finished ones are not run again."""
    mark, ours = folder / "start.txt", start.fingerprint()
    if mark.is_file() and mark.read_text() != ours:
        raise RecipeError(f"{folder} holds ablations that went on from another network; choose another folder.")
    mark.write_text(ours)


def deformed_copies(dev: Sequence[Example], material: Material, seed: int) -> list[Example]:
    """Copies of posts with a disguised spelling, labels kept, as a slice of their own (`deformed`)."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    deform = Augmenter(1.0, material.corpus.blocked, material.lexicons)
    picked = np.random.default_rng(seed).random(len(dev)) < DEFORMED_SHARE
    copies = [deform(e, chance) for e, on in zip(dev, picked, strict=True) if on and e.task == "post"]
    return [replace(e, source=DEFORMED) for e in copies]


def _belongs(measure: str, task: str) -> bool:
    head = measure.split(" ", 1)[0]
    return head == task or (task == "post" and head not in ("sentiment", "condition", "urgency", "spans"))
