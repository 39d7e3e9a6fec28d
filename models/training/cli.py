"""Commands of the factory; heavy imports happen inside, so that importing this module stays cheap."""

from __future__ import annotations

from pathlib import Path


def train(
    config: Path,
    data: Path | None = None,
    out: Path | None = None,
    device: str = "cpu",
    base: str | None = None,
) -> Path:
    """Run a recipe to its last checkpoint and return the run folder; run it again to go on after a stop.

    `config` is a TOML file or the name of a recipe that ships; `data` defaults to TIDEGATE_TRAINING_DATA;
    `base` is a folder that holds the recipe's encoder, where the hub cannot be reached.
    """
    from models.training.recipe import find_data, read_recipe
    from models.training.training_run import run_training

    recipe = read_recipe(config)
    folder = out or Path("runs") / recipe.name
    run_training(recipe, find_data(data), folder, device, base)
    return folder


def export(run: Path, out: Path, data: Path | None = None, dev_rows: int | None = None) -> Path:
    """Write the artifact of a run to the folder `out`; nothing is written where the parity gate fails."""
    from models.compression.export import export_run
    from models.training.recipe import find_data

    export_run(run, out, find_data(data), dev_rows=dev_rows)
    return out


def evaluate(artifact: Path, data: Path | None = None, config: Path = Path("release"), rows: int | None = None) -> None:
    """Print the dev figures of an artifact, over the rows that the recipe `config` allows."""
    from rich.console import Console
    from rich.table import Table
    from tokenizers import Tokenizer

    from models.artifact import Artifact
    from models.compression.runtime import onnx_scorer, open_session
    from models.training.collate import Collator
    from models.training.corpus import load_corpus
    from models.training.evaluate import evaluate_heads
    from models.training.metrics import flatten
    from models.training.predict import predict
    from models.training.recipe import find_data, read_recipe

    loaded, recipe = Artifact.load(artifact), read_recipe(config)
    dev = load_corpus(find_data(data), recipe.data, recipe.seed).dev[:rows]
    tokenizer = Tokenizer.from_file(str(loaded.tokenizer_path))
    collator = Collator(tokenizer, loaded.manifest.max_tokens, loaded.manifest.pad_id)
    answers = predict(onnx_scorer(open_session(loaded.model_path, 2)), collator, [e.text for e in dev])
    figures = evaluate_heads(dev, answers, loaded.manifest.thresholds, tokenizer)
    table = Table("figure", "value", title=f"{loaded.version} on {len(dev):,} dev rows")
    for name, value in flatten(figures).items():
        table.add_row(name, str(value))
    Console().print(table)


def baseline(config: Path, data: Path | None = None, out: Path | None = None) -> Path:
    """Train the linear baseline on a recipe's rows; an export of the run in `out` shows its figures beside."""
    import json

    from models.training.baseline import baseline_figures
    from models.training.corpus import load_corpus
    from models.training.recipe import find_data, read_recipe

    recipe = read_recipe(config)
    folder = out or Path("runs") / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    figures = baseline_figures(load_corpus(find_data(data), recipe.data, recipe.seed))
    (folder / "baseline.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return folder
