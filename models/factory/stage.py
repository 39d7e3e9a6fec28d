"""One stage of a run, from a network to start with to the last checkpoint; the factory strings stages together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rich.console import Console
from tokenizers import Tokenizer

from models.augmentation.lexicons import Lexicons
from models.examples import Example
from models.factory.dev_check import quick_check
from models.factory.stage_report import write_report
from models.training.augment import Augmenter
from models.training.collate import Collator
from models.training.corpus import Corpus, load_corpus
from models.training.deadline import Deadline
from models.training.encoded_rows import EncodedRows
from models.training.network import Network
from models.training.pretrained import load_network, load_tokenizer_json
from models.training.recipe import BaseModelChoice, Recipe, RecipeError
from models.training.run_folder import RunFolder, write_whole
from models.training.trainer import Advice, Trainer
from models.training.vocabulary import Trimmed, count_pieces, trim


@dataclass(slots=True)
class Material:
    """What all stages of a run share: the rows, the tokenizer and the tables of deformation."""

    corpus: Corpus
    vocabulary: Trimmed
    lexicons: Lexicons
    deadline: Deadline = field(default_factory=Deadline)
    _encoded: EncodedRows | None = None

    def collator(self, recipe: Recipe, pad_id: int) -> Collator:
        """A collator of its own, since a tokenizer's truncation is state."""
        return Collator(self.vocabulary.tokenizer(), recipe.data.max_tokens, pad_id)

    def encoded(self, recipe: Recipe) -> EncodedRows:
        """The training rows as all stages read them; they share `max_tokens`, so they are encoded once."""
        if self._encoded is None:
            self._encoded = EncodedRows(self.corpus.train, self.collator(recipe, 0))
        return self._encoded


def gather(recipe: Recipe, data: Path, out: Path, base: str | None, deadline: Deadline | None = None) -> Material:
    """Read and screen the data, and trim the tokenizer of the base, once per folder `out`."""
    console = Console()
    run = RunFolder(out)
    run.begin(recipe)
    console.print(f"[bold]{recipe.name}[/]: reading {data.name}")
    corpus = load_corpus(data, recipe.data, recipe.seed, cache=out)
    described = {"sources": corpus.sources(), "dropped": dict(corpus.dropped), "rows": corpus.fingerprint()}
    if run.corpus.is_file() and json.loads(run.corpus.read_text()).get("rows", described["rows"]) != described["rows"]:
        raise RecipeError(
            f"{out} holds a run on other rows (the data or the program has changed); choose another folder."
        )
    write_whole(run.corpus, json.dumps(described, indent=1))
    console.print(f"{len(corpus.train):,} training rows, {len(corpus.dropped)} reasons to drop others")
    vocabulary = prepare_vocabulary(choose_base(recipe, base), corpus.train, run)
    return Material(corpus, vocabulary, Lexicons.load(data), deadline or Deadline())


def choose_base(recipe: Recipe, base: str | None) -> BaseModelChoice:
    """The recipe's encoder, or the one of the command line."""
    return recipe.base if base is None else recipe.base.model_copy(update={"name": base})


def pretrained(recipe: Recipe, material: Material, base: str | None) -> Network:
    """The encoder with fresh heads."""
    torch.manual_seed(recipe.seed)  # the heads start at random
    return load_network(choose_base(recipe, base), material.vocabulary)


def run_stage(
    recipe: Recipe,
    material: Material,
    run: RunFolder,
    device: str,
    start: Callable[[], Network],
    advice: Advice | None = None,
) -> Network:
    """Train in a folder from its last checkpoint, or from `start()`; a finished stage is only loaded."""
    run.begin(recipe)
    resumed = run.load_network()
    network = resumed[0] if resumed else start()
    collator = material.collator(recipe, network.shape.pad_id)
    kinds = recipe.data.deformations or None
    augment = Augmenter(recipe.data.augment, material.corpus.blocked, material.lexicons, kinds)
    check = quick_check(material.corpus.dev, collator, device, recipe.seed)
    trainer = Trainer(
        recipe, material.corpus, material.encoded(recipe), collator, run, device, material.deadline
    )  # fmt: skip
    trained = trainer.train(network, augment, check, advice)
    write_report(run)
    return trained


def open_stage(parent: Path, name: str) -> RunFolder:
    """The folder of a stage inside a run, with the tokenizer and the corpus report of the run."""
    stage = RunFolder(parent / name)
    stage.path.mkdir(parents=True, exist_ok=True)
    share_files(parent, stage)
    return stage


def share_files(parent: Path, stage: RunFolder) -> None:
    """Copy what belongs to the whole run into the folder of a stage, which an export reads alone."""
    for path in (
        stage.tokenizer,
        stage.path / "vocabulary.json",
        stage.corpus,
        stage.baseline,
        stage.comparison,
        stage.note,
    ):
        if (parent / path.name).is_file():
            shutil.copyfile(parent / path.name, path)


def prepare_vocabulary(choice: BaseModelChoice, train: Sequence[Example], run: RunFolder) -> Trimmed:
    """Trim the tokenizer by the training texts, once per run folder."""
    known = run.path / "vocabulary.json"
    if run.tokenizer.is_file() and known.is_file():
        return Trimmed(run.tokenizer.read_text(encoding="utf-8"), tuple(json.loads(known.read_text())))
    document = load_tokenizer_json(choice.name)
    counts = count_pieces(Tokenizer.from_str(document), (e.text for e in train))
    trimmed = trim(document, counts, choice.vocabulary)
    write_whole(run.tokenizer, trimmed.tokenizer_json)
    write_whole(known, json.dumps(trimmed.old_ids))
    return trimmed
