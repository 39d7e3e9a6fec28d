"""The training loop: resumable at any step, seeded, bounded in steps and in time."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from torch import Tensor

from models.examples import Example
from models.training.augment import Augmenter
from models.training.collate import Batch, Collator
from models.training.corpus import Corpus
from models.training.losses import task_losses
from models.training.network import Encoded, Network
from models.training.recipe import Recipe, Schedule
from models.training.run_folder import Progress, RunFolder, parameter_groups
from models.training.sampling import group_examples, plan_batches


class Advice(Protocol):
    """What a teacher adds to the loss of a batch (see models.compression.distill)."""

    def __call__(
        self, rows: Sequence[Example], plain: Sequence[bool], batch: Batch, logits: dict[str, Tensor], encoded: Encoded
    ) -> Tensor:
        """Loss summed over the rows. `rows` are as they are in the corpus; `plain` says which the student saw so."""

    def known(self, rows: Sequence[Example]) -> int:
        """How many of the rows the teacher was asked about; the others add nothing to the loss."""


Check = Callable[[Network, int], dict[str, float]]
"""Dev figures of the network as it is after a step."""


class Trainer:
    """One run. `train` goes on from the last checkpoint of the folder, or starts with `network`."""

    def __init__(self, recipe: Recipe, corpus: Corpus, collator: Collator, run: RunFolder, device: str) -> None:
        self.recipe, self.corpus, self.collator, self.run, self.device = recipe, corpus, collator, run, device
        self.schedule = recipe.schedule
        self.advice: Advice | None = None

    def train(
        self, network: Network, augment: Augmenter, check: Check | None = None, advice: Advice | None = None
    ) -> Network:
        """Train to the end of the schedule and return the network in evaluation mode."""
        self.advice = advice
        torch.set_num_threads(self.schedule.threads)
        resumed = self.run.load_network()
        network, progress = resumed or (network, Progress())
        if share_done(self.schedule, progress) >= 1.0:
            return network.to(self.device).eval()
        network.to(self.device).train()
        network.word.weight.requires_grad_(not self.recipe.base.freeze_words)
        groups = parameter_groups(
            network, self.schedule.rate, self.schedule.head_rate, self.schedule.weight_decay
        )  # fmt: skip
        optimizer = torch.optim.AdamW(groups, lr=self.schedule.rate, fused=True)
        if resumed:
            self.run.restore_optimizer(optimizer)
        self._loop(network, optimizer, progress, augment, check)
        self._save(network, optimizer, progress, check)
        return network.eval()

    def _loop(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        progress: Progress,
        augment: Augmenter,
        check: Check | None,
    ) -> None:
        examples = self.corpus.train
        lengths = np.array(self.collator.lengths([e.text for e in examples]))
        plan = plan_batches(
            group_examples(examples, self.recipe.data),
            lengths,
            self.schedule.rows,
            self.recipe.walk_seed,
            progress.step,
        )
        sums: dict[str, float] = defaultdict(float)
        began, before = time.monotonic(), progress.elapsed_s
        with _bar() as bar:
            task = bar.add_task(self.recipe.name, total=self.schedule.steps, completed=progress.step)
            while (done := share_done(self.schedule, progress)) < 1.0:
                step = progress.step
                picked = [examples[i] for i in next(plan)]
                values = self._step(network, optimizer, picked, augment, done, step)
                for name, value in values.items():
                    sums[name] += value
                progress.step, progress.rows = step + 1, progress.rows + len(picked)
                progress.elapsed_s = before + time.monotonic() - began
                bar.update(task, completed=progress.step)
                if progress.step % 50 == 0:
                    self._log(progress, sums)
                if progress.step % self.schedule.checkpoint_every == 0 and share_done(self.schedule, progress) < 1.0:
                    self._save(network, optimizer, progress, check)

    def _save(
        self, network: Network, optimizer: torch.optim.Optimizer, progress: Progress, check: Check | None
    ) -> None:
        self.run.save(network, optimizer, progress)
        if check is not None:
            self.run.log(step=progress.step, kind="dev", **check(network, progress.step))

    def _step(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        rows: Sequence[Example],
        augment: Augmenter,
        done: float,
        step: int,
    ) -> dict[str, float]:
        # Seeded by step, so that a resumed run draws the same dropout and the same deformations.
        torch.manual_seed(self.recipe.walk_seed * 1_000_003 + step)
        chance = random.Random(f"{self.recipe.walk_seed}-{step}")  # noqa: S311 - not a secret
        seen = [augment(e, chance) for e in rows]
        batch = self.collator(seen).to(self.device)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate_factor(done, self.schedule.warm_up)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.schedule.precision == "bf16"):
            encoded = network.encode(batch.ids, batch.mask)
            logits = network.answer(encoded)
        logits = {name: value.float() for name, value in logits.items()}
        losses = task_losses(logits, batch)
        weights = self.recipe.loss_weights
        if self.advice is not None:
            plain = [before is after for before, after in zip(rows, seen, strict=True)]
            losses["teacher"] = self.advice(rows, plain, batch, logits, encoded)
        loss = torch.stack([weights.get(name, 1.0) * value for name, value in losses.items()]).sum()
        optimizer.zero_grad(set_to_none=True)
        (loss / self.schedule.rows).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), self.schedule.clip)
        optimizer.step()
        values = dict(zip(losses, torch.stack(list(losses.values())).tolist(), strict=True))
        if self.advice is not None:
            values["advised"] = self.advice.known(rows)
        return values | {"rows": len(rows)}

    def _log(self, progress: Progress, sums: dict[str, float]) -> None:
        rows = sums.pop("rows")
        advised = {"advised": round(sums.pop("advised") / rows, 4)} if "advised" in sums else {}
        means = {f"loss_{name}": round(value / rows, 5) for name, value in sums.items()} | advised
        self.run.log(
            step=progress.step, kind="train", rows=progress.rows, elapsed_s=round(progress.elapsed_s, 1),
            done=round(share_done(self.schedule, progress), 4), **means,
        )  # fmt: skip
        sums.clear()


def share_done(schedule: Schedule, progress: Progress) -> float:
    """Share of the schedule that is behind, by steps or by time, whichever is further."""
    by_time = progress.elapsed_s / 60 / schedule.minutes if schedule.minutes else 0.0
    return max(progress.step / schedule.steps, by_time)


def rate_factor(done: float, warm_up: float) -> float:
    """Linear warm-up, then linear decay to 2 % of the peak."""
    if done < warm_up:
        return max(done / warm_up, 0.02)
    return max((1.0 - done) / (1.0 - warm_up), 0.02)


def _bar() -> Bar:
    return Bar(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
