"""Weights in a quarter or half of their size, for a way on which every megabyte counts.

A matrix may be int8 with a scale a row. Scales have 11 bits of mantissa, so that the product with a weight is exact:
what was int8 once, such as a frozen word table, is int8 again without any loss. What is not int8 is float16. bzip2
takes a quarter off int8; it is as good as the best of zstd there, and xz is worse.
"""

from __future__ import annotations

import bz2
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor

SMALL = "weights.small"
_SCALE = ".scale"
_LARGEST = 127
_MANTISSA = 2.0**11


def write_small(weights: Mapping[str, Tensor], path: Path, lossless: bool = False) -> None:
    """Write every matrix as int8; `lossless`: only those whose rows are whole multiples of a scale already."""
    tensors: dict[str, Tensor] = {}
    for name, value in weights.items():
        rows = _rows8(value.detach().float().cpu()) if value.ndim == 2 else None
        if rows is None or (lossless and not torch.equal(rows[0] * rows[1], value.float().cpu())):
            tensors[name] = value.detach().half().cpu().contiguous()
        else:
            tensors[name], tensors[name + _SCALE] = rows[0].contiguous(), rows[1]
    path.write_bytes(bz2.compress(save(tensors)))


def read_small(path: Path) -> dict[str, Tensor]:
    """The weights in float32."""
    tensors = load(bz2.decompress(path.read_bytes()))
    return {
        name: value * tensors[name + _SCALE] if name + _SCALE in tensors else value.float()
        for name, value in tensors.items() if not name.endswith(_SCALE)
    }  # fmt: skip


def _rows8(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """int8 [rows, columns] and float32 [rows, 1]; a scale is rounded up, so that no weight exceeds 127."""
    mantissa, exponent = torch.frexp(matrix.abs().amax(dim=1, keepdim=True) / _LARGEST)
    scale = torch.ldexp(torch.ceil(mantissa * _MANTISSA) / _MANTISSA, exponent)
    scale = torch.where(scale == 0, 1.0, scale)
    return torch.round(matrix / scale).to(torch.int8), scale
