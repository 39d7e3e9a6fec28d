"""The folder of a run: recipe, tokenizer, metrics, checkpoints. Nothing in it is ever unpickled as code."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from models.model_files import file_hash
from models.training.average import WeightAverage
from models.training.network import Network
from models.training.pretrained import rebuild
from models.training.recipe import Recipe, RecipeError, fixed_part


@dataclass(slots=True)
class Progress:
    """How far a run is. `elapsed_s` is training time over all sittings."""

    step: int = 0
    elapsed_s: float = 0.0
    rows: int = 0


class RunFolder:
    """Paths and formats of one run. A checkpoint is written beside the old one and then swapped in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint"
        self.tokenizer = path / "tokenizer.json"
        self.metrics = path / "metrics.jsonl"
        self.report = path / "report.md"
        self.corpus = path / "corpus.json"
        self.baseline = path / "baseline.json"
        self.comparison = path / "comparison.json"
        self.note = path / "note.txt"
        """Written by hand, where a run was not plain; the model card quotes it."""

    def begin(self, recipe: Recipe) -> None:
        """Create the folder, or make sure that it belongs to the same recipe (schedules may change)."""
        self.path.mkdir(parents=True, exist_ok=True)
        config = self.path / "recipe.json"
        if config.is_file():
            before = Recipe.model_validate_json(config.read_bytes())
            if fixed_part(before) != fixed_part(recipe):
                raise RecipeError(f"{self.path} holds a run of another recipe; choose another folder.")
        write_whole(config, recipe.model_dump_json(indent=2) + "\n")

    def recipe(self) -> Recipe:
        return Recipe.model_validate_json((self.path / "recipe.json").read_bytes())

    def title(self) -> str:
        """The recipe's name, or the folder's where no recipe was run in it."""
        return self.recipe().name if (self.path / "recipe.json").is_file() else self.path.name

    def trained_after(self, path: Path) -> bool:
        """Whether the checkpoint is younger than a file made from it: a schedule may be extended when all is done."""
        folder = self.whole_checkpoint()
        return folder is not None and (folder / "state.json").stat().st_mtime_ns > path.stat().st_mtime_ns

    def start_anew_after(self, maker: RunFolder) -> None:
        """Forget the checkpoint if the stage that it was made from has been trained on since."""
        folder = self.whole_checkpoint()
        if folder is not None and maker.trained_after(folder / "state.json"):
            for path in (self.checkpoint, self.path / "checkpoint.old"):
                shutil.rmtree(path, ignore_errors=True)
            self.metrics.unlink(missing_ok=True)

    def log(self, **values: Any) -> None:
        """Append one line to metrics.jsonl."""
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def history(self) -> list[dict[str, Any]]:
        """Lines of metrics.jsonl, in order of steps. Where a run was killed and went on from an earlier step, what it
        wrote beyond that step is left out, and so is a line that the kill cut short."""
        if not self.metrics.is_file():
            return []
        kept: list[dict[str, Any]] = []
        for text in self.metrics.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue
            again = line["step"], line["kind"]
            kept = [k for k in kept if k["step"] <= line["step"] and (k["step"], k["kind"]) != again]
            kept.append(line)
        return kept

    def save(
        self, network: Network, optimizer: torch.optim.Optimizer | None = None, progress: Progress | None = None,
        average: WeightAverage | None = None,
    ) -> None:  # fmt: skip
        """Write a checkpoint; a kill at any point leaves the old or the new one whole."""
        progress = progress or Progress()
        fresh = self.path / "checkpoint.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        save_file(
            {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()},
            fresh / "weights.safetensors",
        )
        if optimizer is not None:
            torch.save(optimizer.state_dict(), fresh / "optimizer.pt")
        if average is not None:
            average.save(fresh)
        state = {"step": progress.step, "elapsed_s": progress.elapsed_s, "rows": progress.rows}
        (fresh / "state.json").write_text(json.dumps({"shape": network.shape.as_dict(), "progress": state}))
        old = self.path / "checkpoint.old"
        if self.checkpoint.is_dir():  # if not, a kill between two renames has left the old one alone
            shutil.rmtree(old, ignore_errors=True)
            self.checkpoint.replace(old)
        fresh.replace(self.checkpoint)
        shutil.rmtree(old, ignore_errors=True)

    def load_network(self) -> tuple[Network, Progress] | None:
        """The last whole checkpoint, or None where there is none yet."""
        folder = self.whole_checkpoint()
        if folder is None:
            return None
        state = json.loads((folder / "state.json").read_text())
        return rebuild(state["shape"], load_file(folder / "weights.safetensors")), Progress(**state["progress"])

    def fingerprint(self) -> str:
        """A hash of the last checkpoint's weights. Raises RecipeError where there is none."""
        folder = self.whole_checkpoint()
        if folder is None:
            raise RecipeError(f"{self.path} holds no checkpoint.")
        return file_hash(folder / "weights.safetensors")

    def require_network(self) -> Network:
        """The network of the last checkpoint. Raises RecipeError where there is none."""
        loaded = self.load_network()
        if loaded is None:
            raise RecipeError(f"{self.path} holds no checkpoint.")
        return loaded[0]

    def restore_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        """Bring back the moments of the last whole checkpoint, where it has any: one that came from another machine
        has none. Rates and decay stay as they are in `optimizer`, because the schedule may have changed since."""
        folder = self.whole_checkpoint()
        if folder is not None and (folder / "optimizer.pt").is_file():
            saved = torch.load(folder / "optimizer.pt", weights_only=True, map_location="cpu")
            for old, new in zip(saved["param_groups"], optimizer.param_groups, strict=True):
                old |= {name: value for name, value in new.items() if name != "params"}
            optimizer.load_state_dict(saved)

    def whole_checkpoint(self) -> Path | None:
        """The folder of the last checkpoint that was written to its end."""
        candidates = (self.checkpoint, self.path / "checkpoint.old")
        return next((folder for folder in candidates if (folder / "state.json").is_file()), None)


def write_whole(path: Path, text: str) -> None:
    """Write a file beside the old one and swap it in: a kill leaves the old or the new one, never half of one.

    Processes that train teachers of one run write the same files; each has a name of its own for what it is writing.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def parameter_groups(network: nn.Module, rate: float, head_rate: float, decay: float) -> list[dict[str, Any]]:
    """Heads learn faster; biases and norms do not decay. `peak` is the rate that the schedule scales."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith("heads."), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "peak": head_rate if is_head else rate,
            "weight_decay": decay if is_matrix else 0.0,
        }
        for (is_head, is_matrix), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]
