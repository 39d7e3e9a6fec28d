"""The ablations of the report: augmentation by kind, and many tasks against one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from models.augmentation.lexicons import Lexicons
from models.training.ablation import DEFORMED, ablation_table, compare_answers, measures, save_table
from models.training.augment import Augmenter
from models.training.corpus import load_corpus
from models.training.examples import Example
from models.training.final_report import write_final_report
from models.training.network import Network
from models.training.predict import Logits, predict, torch_scorer
from models.training.recipe import DataRules, Recipe
from models.training.run_folder import RunFolder
from models.training.training_run import Material, prepare_vocabulary, pretrained, run_stage

WITHOUT: dict[str, dict[str, Any]] = {
    "word deformation": {"augment": 0.0},
    "contrastive replacement": {"contrast": 0.0},
    "records from the knowledge graph": {"records": 0},
    "written sentences": {"written": False},
    "screening": {"screening": None},
}
"""What each ablation leaves out of the data rules."""
DEFORMED_SHARE = 0.4
"""Share of dev posts of which a deformed copy is measured beside the plain ones."""

Load = Callable[[DataRules], Material]
Start = Callable[[], Network]


class Ablations:
    """Short runs in subfolders of `out`, each resumable; `load` reads the corpus for changed data rules."""

    def __init__(self, recipe: Recipe, load: Load, start: Start, fresh: Start, out: Path, device: str = "cpu") -> None:
        """`start` gives the network that every kind of augmentation goes on from, `fresh` one that learned nothing."""
        self.recipe, self.load, self.start, self.fresh, self.out, self.device = recipe, load, start, fresh, out, device
        whole = load(recipe.data)
        corpus = whole.corpus
        self.dev = [*corpus.dev, *corpus.written, *deformed_copies(corpus.dev, whole, recipe.seed)]
        self.measures = measures(self.dev)

    def augmentation(self, names: Sequence[str] = tuple(WITHOUT)) -> list[str]:
        """One table for each kind: the whole recipe against the recipe without it."""
        whole = self.answers("whole", self.recipe.data)
        tables = []
        for name in names:
            rules = self.recipe.data.model_copy(update=WITHOUT[name])
            answers = self.answers(f"without-{name.replace(' ', '-')}", rules)
            tables.append(self.report(name, whole, answers))
        return tables

    def tasks(self) -> str:
        """Every head trained with the others against trained alone, on the same number of its own rows."""
        together = self.answers("all-tasks", self.recipe.data, start=self.fresh)
        rows = []
        for task, share in self.recipe.data.shares.items():
            shares = dict.fromkeys(self.recipe.data.shares, 0.0) | {task: 1.0}
            alone = self.recipe.data.model_copy(update={"shares": shares})
            answers = self.answers(f"only-{task}", alone, share, self.fresh)
            wanted = [m for m in self.measures if _belongs(m.name, task)]
            rows += compare_answers(wanted, together, answers, self.recipe.seed)
        save_table(self.out / "tasks.json", "many tasks against one", rows)
        return ablation_table("Many tasks (with) against one task alone (without)", rows)

    def report(self, name: str, whole: list[Logits], without: list[Logits]) -> str:
        """The table of one ablation, kept as JSON beside the runs."""
        rows = compare_answers(self.measures, whole, without, self.recipe.seed)
        save_table(self.out / f"{name.replace(' ', '-')}.json", name, rows)
        return ablation_table(name.capitalize(), rows)

    def answers(self, name: str, rules: DataRules, share: float = 1.0, start: Start | None = None) -> list[Logits]:
        """Train (or find) the run and ask it about dev."""
        Console().rule(name)
        steps = max(1, round(self.recipe.schedule.steps * share))
        schedule = self.recipe.schedule.model_copy(update={"steps": steps, "checkpoint_every": steps + 1})
        recipe = self.recipe.model_copy(update={"data": rules, "schedule": schedule})
        material = self.load(rules)
        run = RunFolder(self.out / name)
        run.path.mkdir(parents=True, exist_ok=True)
        run.corpus.write_text(json.dumps({"sources": [], "dropped": {}}), encoding="utf-8")
        network = run_stage(recipe, material, run, self.device, start or self.start)
        collator = material.collator(recipe, network.shape.pad_id)
        return predict(torch_scorer(network, self.device), collator, [e.text for e in self.dev])


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


def run_ablations(
    recipe: Recipe, start: Path, data: Path, out: Path, parts: Sequence[str] | None, device: str, base: str | None
) -> Path:
    """All ablations, or those named in `parts` (names of `WITHOUT`, or `tasks`), from the checkpoint of a run.

    The runs by task start from the pretrained encoder instead, or one task would be helped by what the checkpoint
    learned from the others.
    """
    folder = out / "ablations"
    folder.mkdir(parents=True, exist_ok=True)
    begun = RunFolder(start)
    vocabulary = prepare_vocabulary(recipe.base, [], begun)

    def load(rules: DataRules) -> Material:
        return Material(load_corpus(data, rules, recipe.seed, cache=folder), vocabulary, Lexicons.load(data))

    whole = load(recipe.data)
    runs = Ablations(recipe, load, begun.require_network, lambda: pretrained(recipe, whole, base), folder, device)
    runs.augmentation([name for name in WITHOUT if parts is None or name in parts])
    if parts is None or "tasks" in parts:
        runs.tasks()
    return write_final_report(out)
