"""A moving average of the weights: flatter than the last ones, and better on text of other origins.

As in Polyak and Juditsky 1992, with exponential weights; Izmailov et al. 2018 say why it generalises.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models.training.network import Network

_FILE = "average.safetensors"


class WeightAverage:
    """Of the weights that learn: `keep` of the average stays with every step, the rest is the network's as it is.

    Goes on from the one that lies in `checkpoint`, else begins at the network.
    """

    def __init__(self, network: Network, keep: float, checkpoint: Path | None = None) -> None:
        self._share = 1.0 - keep
        self._learning = {name: value for name, value in network.named_parameters() if value.requires_grad}
        found = checkpoint is not None and (checkpoint / _FILE).is_file()
        before = load_file(checkpoint / _FILE) if checkpoint is not None and found else self._learning
        self._values = {
            name: before.get(name, value).detach().clone().to(value.device) for name, value in self._learning.items()
        }  # fmt: skip

    def take(self) -> None:
        """Moves the average by one step."""
        with torch.no_grad():
            for name, value in self._learning.items():
                self._values[name].lerp_(value, self._share)

    def give(self) -> None:
        """Sets the network's weights to the average."""
        with torch.no_grad():
            for name, value in self._learning.items():
                value.copy_(self._values[name])

    def save(self, checkpoint: Path) -> None:
        """Writes it into a checkpoint's folder."""
        save_file({name: value.cpu().contiguous() for name, value in self._values.items()}, checkpoint / _FILE)
