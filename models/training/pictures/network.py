"""Networks of the ladder: a small one from scratch, and an encoder under a linear head."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import torch
from huggingface_hub import hf_hub_download
from torch import Tensor, nn

from models.model_files import file_hash
from models.training.pictures.linear import Linear
from models.training.pictures.recipe import Encoder, SmallNet
from models.training.recipe import RecipeError

WEIGHTS: Final = "model.safetensors"


class SmallNetwork(nn.Module):
    """Four layers of convolutions, each of half the side of the one before, and the mean over what is left."""

    def __init__(self, shape: SmallNet, classes: int) -> None:
        super().__init__()
        widths = [3, *(shape.width * 2**layer for layer in range(4))]
        self.layers = nn.Sequential(*(_layer(*pair) for pair in pairwise(widths)))
        self.dropout = nn.Dropout(shape.dropout)
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, pixels: Tensor) -> Tensor:
        """[rows, 3, side, side] to logits [rows, classes]."""
        logits: Tensor = self.head(self.dropout(self.layers(pixels).mean(dim=(2, 3))))
        return logits


def _layer(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions, the first of which halves the side."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class EncoderNetwork(nn.Module):
    """A pretrained encoder; its head is there once one was fitted."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head: nn.Module = nn.Identity()

    def features(self, pixels: Tensor) -> Tensor:
        """[rows, 3, side, side] to [rows, width]: what it says of the whole picture."""
        said: Any = self.encoder(pixel_values=pixels)
        pooled = getattr(said, "pooler_output", None)
        if pooled is not None:
            return torch.flatten(pooled, 1)
        last: Tensor = said.last_hidden_state
        return last.mean(dim=(2, 3)) if last.dim() == 4 else last.mean(dim=1)

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(pixels))
        return logits

    def put_head(self, linear: Linear) -> None:
        """The head that was fitted to features of the frozen encoder."""
        self.head = nn.Linear(*linear.weight.shape)
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(linear.weight.T))
            self.head.bias.copy_(torch.from_numpy(linear.bias))

    def put_head_of(self, state: Mapping[str, Tensor]) -> None:
        """A head of the size that saved weights have."""
        classes, width = state["head.weight"].shape
        self.head = nn.Linear(width, classes)


def encoder_folder(choice: Encoder, base: str | None = None) -> Path:
    """The encoder's folder, fetched from the hub where it is none, with the hash of its weights checked.

    Raises RecipeError; OSError where the hub cannot be reached.
    """
    name = base or choice.name
    folder = Path(name)
    if not folder.is_dir():
        hf_hub_download(name, "config.json", revision=choice.revision)
        folder = Path(hf_hub_download(name, WEIGHTS, revision=choice.revision)).parent
    if not (folder / WEIGHTS).is_file():
        raise RecipeError(f"{name} has no {WEIGHTS}; other formats of weights are not opened.")
    found = file_hash(folder / WEIGHTS)
    if found != choice.sha256:
        raise RecipeError(
            f'The weights of {name} have the hash {found}; the recipe\'s [encoder] says "{choice.sha256}".'
        )
    return folder


def load_encoder(folder: Path) -> EncoderNetwork:
    """In evaluation mode. Raises RecipeError for what is no encoder of pictures."""
    from transformers import AutoModel
    from transformers.utils import logging as loud

    loud.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    encoder = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, local_files_only=True)
    encoder = getattr(encoder, "vision_model", encoder)  # of CLIP, SigLIP and others of their kind
    if getattr(encoder, "main_input_name", "") != "pixel_values":
        raise RecipeError(f"{folder} is no encoder of pictures: it does not take pixels.")
    return EncoderNetwork(encoder).eval()
