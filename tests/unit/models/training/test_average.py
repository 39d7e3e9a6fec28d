"""The moving average of the weights: what it holds, and that a stop loses none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from models.training.average import WeightAverage  # noqa: E402
from models.training.network import Network, Shape  # noqa: E402

SHAPE = Shape(50, 16, 2, 2, 32, 16, 3)


def _network() -> Network:
    torch.manual_seed(0)
    network = Network(SHAPE)
    network.word.weight.requires_grad_(False)
    return network


def _set(network: Network, value: float) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.fill_(value)


def test_every_step_moves_it_by_its_share_and_frozen_words_stay(tmp_path: Path) -> None:
    network = _network()
    words = network.word.weight.clone()
    _set(network, 0.0)
    average = WeightAverage(network, keep=0.75)
    _set(network, 1.0)
    average.take()
    average.take()
    average.save(tmp_path)
    average.give()
    learning = [p for p in network.parameters() if p.requires_grad]
    assert all(torch.allclose(p, torch.tensor(1 - 0.75**2)) for p in learning)
    assert torch.equal(network.word.weight, words)


def test_it_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    network = _network()
    _set(network, 0.0)
    average = WeightAverage(network, keep=0.5)
    _set(network, 1.0)
    average.take()
    average.save(tmp_path)
    resumed = WeightAverage(network, keep=0.5, checkpoint=tmp_path)
    resumed.take()
    resumed.give()
    assert all(torch.allclose(p, torch.tensor(0.75)) for p in network.parameters() if p.requires_grad)
