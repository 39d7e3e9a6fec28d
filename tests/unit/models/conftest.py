"""A made-up encoder and a run over made-up data."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.unit.models.made_up import make_tokenizer, mood_row, post_row, span_row, symptom_row, visit_row, write_table


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in transformers' format: two layers of width 64 and a unigram tokenizer."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("base")
    tokenizer = make_tokenizer()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", cls_token="<s>", sep_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=128, max_position_embeddings=64, pad_token_id=1,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five tables in the canonical format, with rude posts that a linear model can tell apart."""
    folder = tmp_path_factory.mktemp("data")
    for split, rows, seed in (("train", 240, 1), ("dev", 60, 2)):
        chance = random.Random(seed)
        write_table(folder / "posts" / f"{split}.parquet", [post_row(chance, split, i) for i in range(rows)])
        write_table(folder / "spans" / f"{split}.parquet", [span_row(chance, split, i) for i in range(rows // 4)])
        write_table(folder / "sentiment" / f"{split}.parquet", [mood_row(chance, split, i) for i in range(rows // 4)])
        write_table(folder / "symptoms" / f"{split}.parquet", [symptom_row(split, i) for i in range(rows // 8)])
        write_table(folder / "urgency" / f"{split}.parquet", [visit_row(split, i) for i in range(rows // 8)])
    (folder / "blocked.txt").write_text("0000000000000000\n")
    return folder


@pytest.fixture(scope="session")
def tiny_recipe(tiny_base: Path) -> Any:
    """A recipe over the made-up encoder: forty steps."""
    from models.training.recipe import Recipe

    return Recipe.model_validate({
        "name": "tiny",
        "base": {"name": str(tiny_base), "layers": 2, "early_layer": 1, "vocabulary": 120, "freeze_words": False},
        "data": {"max_tokens": 32, "augment": 0.1},
        "schedule": {"steps": 40, "rows": 16, "rate": 2e-3, "head_rate": 5e-3, "checkpoint_every": 20, "threads": 1},
    })  # fmt: skip


@pytest.fixture(scope="session")
def tiny_run(tiny_recipe: Any, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    from tests.unit.models.stages import train_stage

    out = tmp_path_factory.mktemp("runs") / "tiny"
    train_stage(tiny_recipe, tiny_data, out)
    return out


@pytest.fixture(scope="session")
def tiny_artifact(tiny_run: Path, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported artifact of that run."""
    from models.factory.export import export_run

    out = tmp_path_factory.mktemp("artifacts") / "tiny"
    export_run(tiny_run, out, tiny_data, threads=1)
    return out
