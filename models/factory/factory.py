"""The whole factory: teacher, student, pruning, distillation, export. A stage has a folder and is never run twice."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.compression.distill import TeacherAdvice, TeacherTargets
from models.compression.prune import keep_layers, measure_importance, prune
from models.errors import TidegateError
from models.factory.compare import compare
from models.factory.final_report import write_final_report
from models.factory.former_run import blend, check_former, former_network, take_over
from models.factory.recipe_file import find_suite
from models.factory.stage import Material, gather, open_stage, pretrained, run_stage, share_files
from models.factory.stage_names import STAGES
from models.factory.teachers import answers_of, check_encoders, teacher_folders, train_teachers, walk
from models.serving.cores import usable_cores
from models.training.baseline import baseline_figures
from models.training.collate import Collator
from models.training.corpus import load_corpus
from models.training.deadline import Deadline
from models.training.network import Network
from models.training.recipe import Distillation, Pruning, Recipe
from models.training.run_folder import RunFolder, write_whole
from models.training.sampling import group_examples, plan_batches
from models.training.trainer import share_done


class NoExporterError(TidegateError):
    """Every network is trained, but what makes an artifact of them is not installed on this machine."""


def run_factory(
    recipe: Recipe, data: Path, out: Path, device: str = "cpu", base: str | None = None,
    deadline: Deadline | None = None, former: Path | None = None,
) -> Path:  # fmt: skip
    """Run every stage that the recipe has and return the artifact's folder; run again after a stop, it goes on.

    Raises SittingOver, with all that was learned saved, where the deadline comes first.

    Run again with a longer schedule, the stage is trained further, and what was made of it is made anew. With `former`,
    the folder of another run, the stages go on from its networks.

    Stages: `baseline.json` (linear models on the same rows), `teacher` (the whole encoder learns from the labels),
    `student` (its lowest layers do, on their own), `distilled` (the student, pruned, learns from labels and teacher),
    `blended` (with the network that the run goes on from, where the recipe keeps a share of it), `artifact` (compared,
    quantised and checked) and `report.md`.
    """
    console = Console()
    check_encoders(recipe, base)
    if recipe.operating is not None:
        find_suite(data, recipe.operating)
    if former is not None:
        take_over(former, out, len(teacher_folders(recipe, out)) if recipe.distillation else None)
    check_former(recipe, out)
    material = gather(recipe, data, out, base, deadline)
    _baseline(RunFolder(out), material, recipe)
    material.deadline.check("with the baselines made")
    teachers = train_teachers(recipe, recipe.teacher, material, out, device, base) if recipe.teacher else []
    console.rule("student")
    last, student = train_student(recipe, material, out, teachers, device, base)
    if recipe.distillation is not None:
        last = open_stage(out, "distilled")
        last.start_anew_after(RunFolder(out / "student"))
        distil(recipe, recipe.distillation, material, (out, last), device, (teachers, student))
    if recipe.keep:
        last = blend(recipe, out, last)
    material.deadline.check("with every network trained")
    console.rule("comparison")
    found = ((name, RunFolder(out / name).load_network()) for name in STAGES)
    networks = {name: stage[0] for name, stage in found if stage is not None}
    # Whole texts, as when serving; training cuts them shorter.
    collator = Collator(material.vocabulary.tokenizer(), student.shape.positions, student.shape.pad_id)
    compare(networks, recipe, material.corpus, collator, out, device)
    try:
        return make_artifact(networks, last, material, data, out)
    finally:
        write_final_report(out)  # there even where the artifact is refused


def make_artifact(
    networks: Mapping[str, Network], last: RunFolder, material: Material, data: Path, out: Path
) -> Path:  # fmt: skip
    """The graphs and the artifact of the last stage, where they are not younger than it already."""
    if missing := [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]:
        raise NoExporterError(
            f"All networks in {out} are trained; the artifact needs {' and '.join(missing)}, which is not installed "
            f"here: take {last.path.name} to where it is and run `tidegate export`."
        )
    from models.factory.export import export_run, write_plain_graphs

    write_plain_graphs(networks, out / "graphs")
    artifact = out / "artifact"
    manifest = artifact / "manifest.json"
    if not manifest.is_file() or last.trained_after(manifest):
        material.deadline.check("with the artifact still to be made")
        Console().rule("artifact")
        share_files(out, last)
        export_run(last.path, artifact, data, threads=max(2, usable_cores() // 2), corpus=material.corpus)
    return artifact


def run_baseline(recipe: Recipe, data: Path, out: Path) -> Path:
    """The linear models alone; they need no encoder."""
    run = RunFolder(out)
    run.begin(recipe)
    corpus = load_corpus(data, recipe.data, recipe.seed, cache=out)
    write_whole(run.baseline, json.dumps(baseline_figures(corpus, recipe.data), indent=1) + "\n")
    return run.baseline


def _baseline(run: RunFolder, material: Material, recipe: Recipe) -> None:
    if not run.baseline.is_file():
        write_whole(run.baseline, json.dumps(baseline_figures(material.corpus, recipe.data), indent=1) + "\n")


def train_student(
    recipe: Recipe, material: Material, out: Path, teachers: Sequence[Network], device: str, base: str | None
) -> tuple[RunFolder, Network]:
    """The stage `student`. Where it is the only one of a run that goes on from another, it begins with that one's
    network."""
    run = open_stage(out, "student")
    for folder in teacher_folders(recipe, out):
        run.start_anew_after(folder)

    def start() -> Network:
        begun = former_network(out) if recipe.distillation is None else None
        return begun or first_student(recipe, material, teachers, base)

    return run, run_stage(walk(recipe, recipe.schedule, 1), material, run, device, start)


def first_student(recipe: Recipe, material: Material, teachers: Sequence[Network], base: str | None) -> Network:
    """The lowest layers of the first teacher with its heads (as DistilBERT starts); where there is no teacher, or one
    made of another encoder, those of the pretrained encoder.

    Cutting off the top loses less than any other choice of layers (Sajjad et al. 2020).
    """
    if not teachers or (recipe.teacher is not None and recipe.teacher.name):
        return pretrained(recipe, material, base)
    return keep_layers(teachers[0].to("cpu"), range(recipe.base.layers))


def distil(
    recipe: Recipe,
    rules: Distillation,
    material: Material,
    folders: tuple[Path, RunFolder],
    device: str,
    networks: tuple[Sequence[Network], Network],
) -> Network:
    """Ask the teachers about the rows that the student will see, prune the student and train it again."""
    (out, run), (teachers, student) = folders, networks
    again = walk(recipe, rules.schedule, 2)
    run.begin(again)
    finished = run.load_network()
    if finished is not None and share_done(rules.schedule, finished[1]) >= 1.0:
        return finished[0]
    advice = None
    if recipe.teacher is not None:
        targets = TeacherTargets(answers_of(teacher_folders(recipe, out)))
        collator = material.collator(recipe, teachers[0].shape.pad_id)
        texts = planned_texts(again, material, recipe.teacher.rows)
        targets.extend([teacher.to(device) for teacher in teachers], collator, texts, device, material.deadline)
        advice = TeacherAdvice(rules, targets)

    def start() -> Network:
        if (begun := former_network(out)) is not None:
            return begun
        return student if recipe.pruning is None else prune_student(again, recipe.pruning, material, student, device)

    return run_stage(again, material, run, device, start, advice)


def prune_student(recipe: Recipe, rules: Pruning, material: Material, student: Network, device: str) -> Network:
    """Measure importance on training rows, then cut."""
    student = student.to(device)
    collator = material.collator(recipe, student.shape.pad_id)
    plan = _plan(recipe, material, rows=8)
    batches = (collator([material.corpus.train[i] for i in picked]) for picked in islice(plan, rules.rows // 8))
    importance = measure_importance(student, (batch.to(device) for batch in batches), recipe.loss_weights)
    return prune(student.to("cpu"), importance, rules.attention_heads, rules.feed_forward)


def planned_texts(recipe: Recipe, material: Material, rows: int) -> list[str]:
    """The first distinct texts, at most `rows`, of the plan that training with this recipe will follow."""
    texts: dict[str, None] = {}
    for picked in islice(_plan(recipe, material, recipe.schedule.rows), recipe.schedule.steps):
        texts |= dict.fromkeys(material.corpus.train[i].text for i in picked)
        if len(texts) >= rows:
            break
    return list(texts)[:rows]


def _plan(recipe: Recipe, material: Material, rows: int) -> Iterator[NDArray[np.int64]]:
    """Row numbers of each batch; lengths are those of the plain texts, as in training."""
    examples = material.corpus.train
    groups = group_examples(examples, recipe.data)
    return plan_batches(groups, material.encoded(recipe).lengths, rows, recipe.walk_seed, 0)
