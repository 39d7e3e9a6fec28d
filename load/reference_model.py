"""A graph to compare with: the shape of MiniLM-L6 in int8, built like ours. Speed does not depend on the weights."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.compression.graph import build_graph
from models.compression.linear import Matrix
from models.labels import POST_LABELS, SENTIMENTS, URGENCY_LEVELS

MINILM_L6: Mapping[str, int | float] = {
    "vocabulary": 30_522,
    "width": 384,
    "layers": 6,
    "attention_heads": 12,
    "feed_forward": 1_536,
    "positions": 256,
    "conditions": 28,
    "early_layer": 2,
    "layer_norm_eps": 1e-12,
}


def write_reference(path: Path, shape: Mapping[str, int | float] = MINILM_L6) -> Path:
    """Writes the graph with random weights: activations quantised per batch (`dynamic8`), as exporters do by default.

    Every operator but the integer product is the one in our graphs, so that only shape and quantisation differ.
    """
    path.write_bytes(build_graph(random_weights(shape), shape, "dynamic8").SerializeToString())
    return path


def random_weights(shape: Mapping[str, int | float]) -> dict[str, Matrix]:
    """Weights of a network of that shape, named as in a checkpoint."""
    chance = np.random.default_rng(0)
    width, wide = int(shape["width"]), int(shape["feed_forward"])
    weights: dict[str, Matrix] = {}

    def normal(*size: int) -> Matrix:
        return (chance.standard_normal(size, dtype=np.float32) * 0.02).astype(np.float32)

    def linear(name: str, inputs: int, outputs: int) -> None:
        weights.update({f"{name}.weight": normal(outputs, inputs), f"{name}.bias": normal(outputs)})

    def norm(name: str) -> None:
        weights.update({f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": normal(width)})

    weights |= {"word.weight": normal(int(shape["vocabulary"]), width)}
    weights |= {"position.weight": normal(int(shape["positions"]), width)}
    norm("embedding_norm")
    for layer in (f"layers.{number}" for number in range(int(shape["layers"]))):
        linear(f"{layer}.qkv", width, 3 * width)
        linear(f"{layer}.attention_out", width, width)
        linear(f"{layer}.feed_in", width, wide)
        linear(f"{layer}.feed_out", wide, width)
        norm(f"{layer}.attention_norm")
        norm(f"{layer}.feed_norm")
    heads = {"post": len(POST_LABELS), "spans": 1, "sentiment": len(SENTIMENTS), "urgency": len(URGENCY_LEVELS) - 1}
    for head, outputs in (heads | {"condition": int(shape["conditions"])}).items():
        linear(f"heads.{head}", width, outputs)
    linear("heads.early_post", 2 * width, len(POST_LABELS))
    return weights
