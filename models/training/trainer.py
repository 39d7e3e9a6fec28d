"""The training loop: resumable at any step, seeded, bounded in steps and in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Protocol

import torch
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from torch import Tensor

from models.training.augment import Augmenter
from models.training.average import WeightAverage
from models.training.batch_feed import BatchMaker, Fed, Lookup, Picked, feed, processes_for
from models.training.collate import Batch, Collator
from models.training.corpus import Corpus
from models.training.deadline import Deadline
from models.training.encoded_rows import EncodedRows
from models.training.losses import task_losses
from models.training.network import Encoded, Network
from models.training.recipe import Recipe, Schedule
from models.training.run_folder import Progress, RunFolder, parameter_groups
from models.training.sampling import group_examples, plan_batches


class Advice(Lookup, Protocol):
    """What a teacher adds to the loss of a batch (see models.compression.distill)."""

    def __call__(
        self, targets: dict[str, Tensor], plain: Tensor, batch: Batch, logits: dict[str, Tensor], encoded: Encoded
    ) -> Tensor:
        """Loss summed over the rows. `targets` are those of `lookup`; `plain` says which rows are not deformed."""


Check = Callable[[Network, int], dict[str, float]]
"""Dev figures of the network as it is after a step."""


class Trainer:
    """One run. `train` goes on from the last checkpoint of the folder, or starts with `network`."""

    def __init__(
        self, recipe: Recipe, corpus: Corpus, encoded: EncodedRows, collator: Collator, run: RunFolder, device: str,
        deadline: Deadline | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.corpus, self.encoded, self.collator = recipe, corpus, encoded, collator
        self.run, self.device, self.deadline = run, device, deadline or Deadline()
        self.schedule = recipe.schedule
        # A recipe for a GPU runs on a CPU, too: one without bf16 in its cores takes twenty times as long with it.
        self._is_half = self.schedule.precision == "bf16" and torch.device(device).type != "cpu"
        self.advice: Advice | None = None
        self.average: WeightAverage | None = None

    def train(
        self, network: Network, augment: Augmenter, check: Check | None = None, advice: Advice | None = None
    ) -> Network:
        """Train to the end of the schedule and return the network in evaluation mode.

        Raises SittingOver, after a checkpoint, where the deadline comes first.
        """
        self.advice = advice
        torch.set_num_threads(self.schedule.threads)
        resumed = self.run.load_network()
        network, progress = resumed or (network, Progress())
        if share_done(self.schedule, progress) >= 1.0:
            return self._averaged(network.to(self.device)).eval()
        network.to(self.device).train()
        network.word.weight.requires_grad_(not self.recipe.base.freeze_words)
        groups = parameter_groups(
            network, self.schedule.rate, self.schedule.head_rate, self.schedule.weight_decay
        )  # fmt: skip
        optimizer = torch.optim.AdamW(groups, lr=self.schedule.rate, fused=True)
        if resumed:
            self.run.restore_optimizer(optimizer)
        if self.schedule.average:
            self.average = WeightAverage(network, self.schedule.average, self.run.whole_checkpoint())
        self._loop(network, optimizer, progress, augment, check)
        if self.average is not None:
            self.average.give()
        self._save(network, optimizer, progress, check)
        return network.eval()

    def _averaged(self, network: Network) -> Network:
        """What a checkpoint that was not to be the last one would have ended with."""
        if self.schedule.average:
            WeightAverage(network, self.schedule.average, self.run.whole_checkpoint()).give()
        return network

    def _loop(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        progress: Progress,
        augment: Augmenter,
        check: Check | None,
    ) -> None:
        maker = BatchMaker(
            self.corpus.train, self.encoded, self.collator, augment, self.recipe.walk_seed, self.advice
        )  # fmt: skip
        batches = feed(maker, self._plan(progress.step), self.device, processes_for(self.device))
        sums: dict[str, Tensor] = {}
        began, before = time.monotonic(), progress.elapsed_s
        with _bar() as bar, closing(batches):
            task = bar.add_task(self.recipe.name, total=self.schedule.steps, completed=progress.step)
            while (done := share_done(self.schedule, progress)) < 1.0:
                if self.deadline.passed:
                    self._save(network, optimizer, progress, check)
                    self.deadline.check(f"after step {progress.step:,} of {self.run.path.name}")
                step, fed = progress.step, next(batches)
                for name, value in self._step(network, optimizer, fed, done, step).items():
                    sums[name] = sums[name] + value if name in sums else value
                progress.step, progress.rows = step + 1, progress.rows + len(fed.plain)
                progress.elapsed_s = before + time.monotonic() - began
                bar.update(task, completed=progress.step)
                if progress.step % 50 == 0:
                    self._log(progress, sums)
                if progress.step % self.schedule.checkpoint_every == 0 and share_done(self.schedule, progress) < 1.0:
                    self._save(network, optimizer, progress, check)

    def _plan(self, start: int) -> Iterator[Picked]:
        groups = group_examples(self.corpus.train, self.recipe.data)
        rows, seed = self.schedule.rows, self.recipe.walk_seed
        return enumerate(plan_batches(groups, self.encoded.lengths, rows, seed, start), start)

    def _save(
        self, network: Network, optimizer: torch.optim.Optimizer, progress: Progress, check: Check | None
    ) -> None:
        self.run.save(network, optimizer, progress, self.average)
        if check is not None:
            self.run.log(step=progress.step, kind="dev", **check(network, progress.step))

    def _step(
        self, network: Network, optimizer: torch.optim.Optimizer, fed: Fed, done: float, step: int
    ) -> dict[str, Tensor]:
        """Losses of one step, summed over its rows; they stay on the device, which goes on working meanwhile."""
        torch.manual_seed(self.recipe.walk_seed * 1_000_003 + step)  # by step: a resumed run draws the same dropout
        batch = fed.batch
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate_factor(done, self.schedule.warm_up)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self._is_half):
            encoded = network.encode(batch.ids, batch.mask)
            logits = network.answer(encoded)
        logits = {name: value.float() for name, value in logits.items()}
        losses = task_losses(logits, batch)
        weights = self.recipe.loss_weights
        if self.advice is not None:
            losses["teacher"] = self.advice(fed.targets, fed.plain, batch, logits, encoded)
        loss = torch.stack([weights.get(name, 1.0) * value for name, value in losses.items()]).sum()
        optimizer.zero_grad(set_to_none=True)
        (loss / self.schedule.rows).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), self.schedule.clip)
        optimizer.step()
        if self.average is not None:
            self.average.take()
        values = {name: value.detach().double() for name, value in losses.items()}
        if self.advice is not None:
            values["advised"] = torch.tensor(float(fed.advised))
        return values | {"rows": torch.tensor(float(len(fed.plain)))}

    def _log(self, progress: Progress, sums: dict[str, Tensor]) -> None:
        totals = {name: float(value) for name, value in sums.items()}
        rows = totals.pop("rows")
        advised = {"advised": round(totals.pop("advised") / rows, 4)} if "advised" in totals else {}
        means = {f"loss_{name}": round(value / rows, 5) for name, value in totals.items()} | advised
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
