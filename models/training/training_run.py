"""A whole training run, from recipe and data folder to the last checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from rich.console import Console
from tokenizers import Tokenizer

from models.compression.vocabulary import Trimmed, count_pieces, trim
from models.training.augment import Augmenter, read_homophones
from models.training.collate import Collator
from models.training.corpus import Corpus, load_corpus
from models.training.dev_check import quick_check
from models.training.network import Network
from models.training.pretrained import load_network, load_tokenizer_json
from models.training.recipe import BaseModelChoice, Recipe
from models.training.report import write_report
from models.training.run_folder import RunFolder
from models.training.trainer import Trainer


def run_training(recipe: Recipe, data: Path, out: Path, device: str = "cpu", base: str | None = None) -> Network:
    """Train, or go on training, in the folder `out`. `base` says where the recipe's encoder lies, if not on the hub."""
    console = Console()
    run = RunFolder(out)
    run.begin(recipe)
    console.print(f"[bold]{recipe.name}[/]: reading {data.name}")
    corpus = load_corpus(data, recipe.data, recipe.seed)
    run.corpus.write_text(
        json.dumps({"sources": corpus.sources(), "dropped": dict(corpus.dropped)}, indent=1), encoding="utf-8"
    )
    console.print(f"{len(corpus.train):,} training rows, {len(corpus.dropped)} reasons to drop others")
    choice = recipe.base if base is None else recipe.base.model_copy(update={"name": base})
    vocabulary = prepare_vocabulary(choice, corpus, run)
    tokenizer = vocabulary.tokenizer()
    resumed = run.load_network()
    torch.manual_seed(recipe.seed)  # the heads start at random
    network = resumed[0] if resumed else load_network(choice, vocabulary)
    collator = Collator(tokenizer, recipe.data.max_tokens, network.shape.pad_id)
    augment = Augmenter(recipe.data.augment, corpus.blocked, read_homophones(data))
    check = quick_check(corpus.dev, collator, device, recipe.seed)
    trained = Trainer(recipe, corpus, collator, run, device).train(network, augment, check)
    write_report(run)
    return trained


def prepare_vocabulary(choice: BaseModelChoice, corpus: Corpus, run: RunFolder) -> Trimmed:
    """Trim the tokenizer by the training texts, once per run folder."""
    known = run.path / "vocabulary.json"
    if run.tokenizer.is_file() and known.is_file():
        return Trimmed(run.tokenizer.read_text(encoding="utf-8"), tuple(json.loads(known.read_text())))
    document = load_tokenizer_json(choice.name)
    counts = count_pieces(Tokenizer.from_str(document), (e.text for e in corpus.train))
    trimmed = trim(document, counts, choice.vocabulary)
    run.tokenizer.write_text(trimmed.tokenizer_json, encoding="utf-8")
    known.write_text(json.dumps(trimmed.old_ids))
    return trimmed
