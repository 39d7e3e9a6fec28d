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
from models.compression.distill import TeacherAdvice, TeacherTargets
from models.evaluation.suite.sets import SuiteSet, read_suite
from models.examples import TASKS as ROWS_OF
from models.examples import Example
from models.factory.ablation import DEFORMED, ablation_table, compare_answers, measures, save_table, span_measure
from models.factory.ablation_suite import suite_measures
from models.factory.final_report import write_final_report
from models.factory.stage import Material, choose_base, prepare_vocabulary, pretrained, run_stage
from models.factory.teachers import answers_of
from models.training.augment import Augmenter
from models.training.corpus import load_corpus
from models.training.data_rules import DataRules
from models.training.network import Network
from models.training.predict import Logits, predict, torch_scorer
from models.training.recipe import Distillation, Recipe, RecipeError
from models.training.run_folder import RunFolder
from models.training.tables import read_examples
from models.training.trainer import Advice

SOURCES = {
    "contrastive replacement": "contrast",
    "records from the knowledge graph": "knowledge_graph",
    "written sentences": "handwritten",
    "posts in company": "company",
}
"""Kinds of augmentation that are rows of a source, which an ablation leaves out."""
ORDINARY = "ordinary text"
RULES: dict[str, dict[str, Any]] = {
    "word deformation": {"augment": 0.0},
    ORDINARY: {"ordinary": 0.0},
    "sampling by source": {"source_shares": {}, "size_exponent": 1.0},
}
"""Parts that are rules of how rows are drawn, and what they are where there is no such part."""
PACKS, SCREENING, TEACHER, TASKS = "packs beside", "screening", "teacher", "tasks"
PARTS = (*RULES, *SOURCES, PACKS, SCREENING, TEACHER, TASKS)
DEV_ROWS = 3000
"""Real dev posts measured, at most; every short run answers all of them."""
SET_ROWS = 2000
"""Rows of each set of other origins, at most."""
DEFORMED_SHARE = 0.5
"""Share of those that are measured in disguise as well."""

Start = Callable[[], Network]


class Ablations:
    """Short runs in subfolders of `out`, each resumable.

    `start` gives the network that every kind of augmentation goes on from, `fresh` one that has learned nothing. `sets`
    are measured as well as dev.
    """

    def __init__(
        self, recipe: Recipe, material: Material, start: Start, fresh: Start, out: Path, device: str = "cpu",
        sets: Sequence[SuiteSet] = (),
    ) -> None:  # fmt: skip
        self.recipe, self.material, self.start, self.fresh = recipe, material, start, fresh
        self.out, self.device = out, device
        corpus = material.corpus
        order = np.random.default_rng(recipe.seed).permutation(len(corpus.dev))
        picked = set(order[:DEV_ROWS].tolist())
        few = {i for i in order if corpus.dev[i].task in ("condition", "urgency")}  # all of them, or they say nothing
        real = [corpus.dev[i] for i in order if i in few or i in picked]
        self.dev = [*real, *corpus.written, *deformed_copies(real, material, recipe.seed)]
        foreign, of_sets = suite_measures(sets, len(self.dev))
        self.texts = [*(e.text for e in self.dev), *foreign]
        self.measures = [*measures(self.dev), *span_measure(self.dev, material.collator(recipe, 0).tokenizer), *of_sets]

    def without(self, part: str, recipe: Recipe, material: Material) -> str:
        """The whole recipe against one without a part, as a table; also kept as JSON beside the runs."""
        whole = self.answers("whole", self.recipe, self.material, self.start)
        answers = self.answers(f"without-{_slug(part)}", recipe, material, self.start)
        return self._table(part, whole, answers)

    def taught(self, advice: Advice) -> str:
        """The whole recipe with a teacher against the same from labels alone."""
        alone = self.answers("whole", self.recipe, self.material, self.start)
        answers = self.answers(f"with-{TEACHER}", self.recipe, self.material, self.start, advice=advice)
        return self._table(TEACHER, answers, alone)

    def _table(self, part: str, with_it: Sequence[Logits], without: Sequence[Logits]) -> str:
        rows = compare_answers(self.measures, with_it, without, self.recipe.seed)
        save_table(self.out / f"{_slug(part)}.json", part, rows)
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

    def answers(
        self, name: str, recipe: Recipe, material: Material, start: Start, share: float = 1.0,
        advice: Advice | None = None,
    ) -> list[Logits]:  # fmt: skip
        """Train (or find) the run and ask it about dev and the sets."""
        Console().rule(name)
        steps = max(1, round(recipe.schedule.steps * share))
        schedule = recipe.schedule.model_copy(update={"steps": steps, "checkpoint_every": steps + 1})
        run = RunFolder(self.out / name)
        run.path.mkdir(parents=True, exist_ok=True)
        run.corpus.write_text(json.dumps({"sources": [], "dropped": {}}), encoding="utf-8")
        network = run_stage(recipe.model_copy(update={"schedule": schedule}), material, run, self.device, start, advice)
        collator = material.collator(recipe, network.shape.pad_id)
        return predict(torch_scorer(network, self.device), collator, self.texts)


def run_ablations(
    recipe: Recipe, start: Path | None, data: Path, out: Path, parts: Sequence[str] | None, device: str,
    base: str | None, suite: Sequence[Path] = (), teacher: Path | None = None,
) -> Path:  # fmt: skip
    """The ablations named in `parts` (of `PARTS`), or all that can be made; returns the report.

    Every run goes on from the checkpoint of the run `start`, which should have seen none of the parts (recipe
    `plain`): what it knows already cannot be taken from it. None: from the pretrained encoder, as the runs by task
    always do, or one task would be helped by what the checkpoint learned from the others. Each run has the steps of the
    recipe's own schedule. `teacher` is a trained stage with the answers that it gave; else there is no such part.
    """
    if unknown := [part for part in parts or () if part not in PARTS]:
        raise RecipeError(f"There is no ablation of {', '.join(unknown)}; the parts are {', '.join(PARTS)}.")
    if parts and TEACHER in parts and teacher is None:
        raise RecipeError("The ablation of the teacher needs the folder of one.")
    folder = out / "ablations"
    folder.mkdir(parents=True, exist_ok=True)
    begun = RunFolder(start) if start else None
    _claim(folder, begun)

    def load(rules: DataRules) -> Material:
        corpus = load_corpus(data, rules, recipe.seed, cache=out)
        vocabulary = prepare_vocabulary(choose_base(recipe, base), corpus.train, begun or RunFolder(out))
        return Material(corpus, vocabulary, Lexicons.load(data))

    def fresh() -> Network:
        return pretrained(recipe, material, base)

    material = load(recipe.data)
    sets = read_suite(suite, {}, SET_ROWS)[0] if suite else []
    runs = Ablations(recipe, material, begun.require_network if begun else fresh, fresh, folder, device, sets)
    for part in parts or [part for part in PARTS if part != TEACHER or teacher]:
        if part == TASKS:
            runs.tasks()
        elif part == TEACHER and teacher:
            rules = Distillation(schedule=recipe.schedule)
            runs.taught(TeacherAdvice(rules, TeacherTargets(answers_of([RunFolder(teacher)]))))
        elif part == SCREENING:
            runs.without(part, recipe, load(recipe.data.model_copy(update={"screening": None})))
        else:
            runs.without(part, *_less(part, recipe, material, data))
    return write_final_report(out)


def _less(part: str, recipe: Recipe, material: Material, data: Path) -> tuple[Recipe, Material]:
    """Recipe and rows without a part: other rules of drawing, or without the rows of some sources."""
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update=RULES.get(part, {}))})
    train = material.corpus.train
    if part == ORDINARY:
        train = [e for e in train if not e.domain]
    elif part not in RULES:
        gone = {SOURCES[part]} if part in SOURCES else _only_beside(data, recipe.data.beside)
        train = [e for e in train if e.domain or e.source not in gone]
    return recipe, Material(replace(material.corpus, train=train), material.vocabulary, material.lexicons)


def _only_beside(data: Path, names: Sequence[str]) -> set[str]:
    """The sources that the packs beside a data folder have and itself has not."""
    beside = (data.absolute().parent / name for name in names)
    return {source for folder in beside for source in _sources(folder)} - _sources(data)


def _sources(folder: Path) -> set[str]:
    return {example.source for task in ROWS_OF for example in read_examples(folder, task, "train")}


def _slug(part: str) -> str:
    return part.replace(" ", "-")


def _claim(folder: Path, start: RunFolder | None) -> None:
    """Make sure that the runs of a folder all go on from the same network; finished ones are not run again."""
    mark, ours = folder / "start.txt", start.fingerprint() if start else "pretrained"
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
