"""Losses: what is not labelled teaches nothing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from models.training.losses import class_loss, masked_bce, ordinal_loss, post_loss, spans_loss  # noqa: E402

NAN = float("nan")


def test_unknown_labels_have_no_loss_and_no_gradient() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    targets = torch.tensor([[1.0, NAN, 0.0], [NAN, NAN, NAN]])
    post_loss(logits, targets).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad == 0).tolist() == [[False, True, False], [True, True, True]]


def test_unknown_is_not_negative() -> None:
    logits = torch.full((1, 1), 5.0)
    assert masked_bce(logits, torch.tensor([[NAN]])).item() == 0.0
    assert masked_bce(logits, torch.tensor([[0.0]])).item() > 4.0


def test_rows_weigh_the_same_whoever_is_beside_them() -> None:
    logits, targets = torch.randn(5, 7), torch.randint(0, 2, (5, 7)).float()
    targets[1, 3:] = NAN
    for loss in (post_loss, spans_loss):
        alone = sum(loss(logits[i : i + 1], targets[i : i + 1]).item() for i in range(5))
        assert loss(logits, targets).item() == pytest.approx(alone, rel=1e-5)


def test_class_targets_may_be_unknown() -> None:
    logits = torch.randn(3, 4)
    assert class_loss(logits, torch.tensor([-1, -1, -1])).item() == 0.0
    assert ordinal_loss(logits, torch.tensor([-1, -1, -1])).item() == 0.0


def test_ordinal_loss_rises_with_the_distance() -> None:
    sure_of_level_1 = torch.full((1, 4), -6.0)
    losses = [ordinal_loss(sure_of_level_1, torch.tensor([level])).item() for level in range(5)]
    assert losses == sorted(losses)
    assert losses[0] < 0.01
