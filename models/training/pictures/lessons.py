"""Teaches a network step by step; a run that was stopped goes on where its last checkpoint was."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.nn import functional

from models.training.deadline import Deadline
from models.training.pictures.recipe import Lessons
from models.training.pictures.views import Views

CHECKPOINT: Final = "checkpoint.pt"
_WARM_UP: Final = 0.05

Loss = Callable[[list[Image.Image], Tensor], Tensor]
"""Of images and their classes, a mean over the rows."""


def teach(
    network: nn.Module, lessons: Lessons, views: Views, loss: Loss, folder: Path, seed: int, deadline: Deadline
) -> None:
    """Leaves the network in evaluation mode. A run with stops gives the weights that one without gives.

    Raises SittingOver, after a checkpoint, where the deadline comes first.
    """
    optimizer = torch.optim.AdamW(network.parameters(), lr=lessons.rate, weight_decay=lessons.decay)
    step = _restored(folder / CHECKPOINT, network, optimizer)
    network.train()
    with bar() as shown:
        task = shown.add_task(folder.name, total=lessons.steps, completed=step)
        while step < lessons.steps:
            if deadline.passed:
                _save(folder / CHECKPOINT, network, optimizer, step)
                deadline.check(f"after step {step:,} of {folder.name}")
            torch.manual_seed(seed * 1_000_003 + step)  # by step: a resumed run draws the same dropout
            for group in optimizer.param_groups:
                group["lr"] = lessons.rate * _pace(step / lessons.steps)
            optimizer.zero_grad()
            value = loss(*views.drawn(step, lessons.rows))
            value.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step += 1
            shown.update(task, completed=step)
            if step % lessons.checkpoint_every == 0 or step == lessons.steps:
                _save(folder / CHECKPOINT, network, optimizer, step)
    network.eval()


def soft_loss(logits: Tensor, teacher: Tensor, truth: Tensor, temperature: float, share: float) -> Tensor:
    """The labels' loss, and beside it the distance to a teacher's softened answers (Hinton et al. 2015)."""
    hard = functional.cross_entropy(logits, truth)
    told, wanted = (functional.log_softmax(one / temperature, dim=1) for one in (logits, teacher))
    soft = functional.kl_div(told, wanted, reduction="batchmean", log_target=True) * temperature**2
    return share * soft + (1 - share) * hard


def bar() -> Progress:
    """On stderr, gone when it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _pace(done: float) -> float:
    """Of the rate: up in the beginning, then down along a cosine."""
    return min(1.0, (done + 1e-3) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))


def _save(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    """Beside the old one, then in its place: a kill leaves the old or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, fresh)
    fresh.replace(path)


def _restored(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """The step that a checkpoint was made at; 0 where there is none."""
    if not path.is_file():
        return 0
    saved: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["step"])
