"""Losses that skip what is not labelled. Each is a sum over rows, so that every row weighs the same."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from models.training.collate import Batch


def masked_bce(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy per entry, exactly 0 (also in the gradient) where the target is NaN."""
    known = ~torch.isnan(targets)
    losses = functional.binary_cross_entropy_with_logits(logits, torch.nan_to_num(targets), reduction="none")
    return torch.where(known, losses, torch.zeros_like(losses))


def post_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum over rows; a row with many labels counts as the square root of their number."""
    known = (~torch.isnan(targets)).sum(dim=1).clamp(min=1)
    return (masked_bce(logits, targets).sum(dim=1) / known.sqrt()).sum()


def spans_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum over rows of the mean over their labelled tokens."""
    known = (~torch.isnan(targets)).sum(dim=1).clamp(min=1)
    return (masked_bce(logits, targets).sum(dim=1) / known).sum()


def class_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy summed over rows with a target (UNKNOWN, -1, is skipped)."""
    return functional.cross_entropy(logits, targets, ignore_index=-1, reduction="sum")


def ordinal_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cumulative logits: entry k answers whether the class index is above k. Mean over k, sum over rows."""
    steps = torch.arange(logits.shape[1], device=logits.device)
    above = (targets[:, None] > steps).to(logits.dtype)
    losses = functional.binary_cross_entropy_with_logits(logits, above, reduction="none").mean(dim=1)
    return torch.where(targets >= 0, losses, torch.zeros_like(losses)).sum()


def task_losses(logits: Mapping[str, Tensor], batch: Batch) -> dict[str, Tensor]:
    """Unweighted loss sums per head."""
    return {
        "post": post_loss(logits["post"], batch.post),
        "early_post": post_loss(logits["early_post"], batch.post),
        "spans": spans_loss(logits["spans"], batch.spans),
        "sentiment": class_loss(logits["sentiment"], batch.sentiment),
        "condition": class_loss(logits["condition"], batch.condition),
        "urgency": ordinal_loss(logits["urgency"], batch.urgency),
    }
