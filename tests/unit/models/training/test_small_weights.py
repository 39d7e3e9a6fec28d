"""Weights on the way: a quarter of their size, nearly the same the first time, and exactly the same after that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from models.training.small_weights import read_small, write_small  # noqa: E402


def _weights() -> dict[str, Any]:
    torch.manual_seed(3)
    matrix = torch.randn(20_000, 8) * torch.logspace(-6, 3, 20_000)[:, None]
    matrix[7] = 0.0
    return {"word": matrix, "bias": torch.randn(64)}


def test_a_matrix_loses_at_most_half_a_step_and_a_vector_what_float16_cannot_hold(tmp_path: Path) -> None:
    given = _weights()
    write_small(given, tmp_path / "small")
    found = read_small(tmp_path / "small")
    assert (tmp_path / "small").stat().st_size < given["word"].numel() * 1.7  # a scale for every 8
    step = given["word"].abs().amax(dim=1, keepdim=True) / 127
    assert bool(((found["word"] - given["word"]).abs() <= 0.501 * step).all())
    assert torch.equal(found["bias"], given["bias"].half().float())


def test_what_was_small_once_loses_nothing_any_more(tmp_path: Path) -> None:
    write_small(_weights(), tmp_path / "once")
    once = read_small(tmp_path / "once")
    once["trained"] = torch.randn(30, 64)
    write_small(once, tmp_path / "twice", lossless=True)
    twice = read_small(tmp_path / "twice")
    assert torch.equal(twice["word"], once["word"])
    assert torch.equal(twice["trained"], once["trained"].half().float()), "no multiple of a scale: float16, not int8"
