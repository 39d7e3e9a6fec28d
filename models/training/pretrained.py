"""Starts a network from a pretrained BERT-architecture encoder, by hub name or folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from models.labels import CONDITION_CLASSES
from models.training.data_rules import MAX_POSITIONS
from models.training.network import Network, Shape
from models.training.recipe import BaseModelChoice, Recipe, RecipeError
from models.training.small_weights import SMALL, read_small, write_small
from models.training.vocabulary import Trimmed

_WORDS = "embeddings.word_embeddings.weight"


def load_tokenizer_json(name: str) -> str:
    """The fast tokenizer of a checkpoint as its JSON document."""
    # False, not None: transformers takes a large vocabulary in a folder for Mistral's and warns of a wrong pattern.
    text: str = AutoTokenizer.from_pretrained(name, fix_mistral_regex=False).backend_tokenizer.to_str()
    return text


def load_network(choice: BaseModelChoice, vocabulary: Trimmed) -> Network:
    """A network with pretrained encoder weights, the lowest `choice.layers` layers, and fresh heads."""
    config = _config(choice)
    shape = Shape(
        vocabulary=len(vocabulary.old_ids),
        width=config.hidden_size,
        layers=choice.layers,
        attention_heads=config.num_attention_heads,
        feed_forward=config.intermediate_size,
        positions=min(MAX_POSITIONS, config.max_position_embeddings),
        conditions=len(CONDITION_CLASSES),
        early_layer=min(choice.early_layer, choice.layers),
        layer_norm_eps=config.layer_norm_eps,
        pad_id=vocabulary.tokenizer().token_to_id("<pad>") or config.pad_token_id or 0,
    )
    network = Network(shape)
    network.load_state_dict(convert_weights(_encoder_weights(choice.name), shape, vocabulary), strict=False)
    _initialise_heads(network)
    return network


def _encoder_weights(name: str) -> Mapping[str, Tensor]:
    small = Path(name) / SMALL
    if small.is_file():
        return read_small(small)
    weights: Mapping[str, Tensor] = AutoModel.from_pretrained(name, dtype=torch.float32).state_dict()
    return weights


def save_encoder(choice: BaseModelChoice, vocabulary: Trimmed, folder: Path) -> None:
    """Write what `load_network` needs of an encoder: the lowest `choice.layers` layers, the kept pieces, in int8."""
    config = _config(choice)
    config.num_hidden_layers, config.vocab_size = choice.layers, len(vocabulary.old_ids)
    config.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=vocabulary.tokenizer()).save_pretrained(folder)
    layers = tuple(f"encoder.layer.{number}." for number in range(choice.layers))
    weights = {
        name: value
        for name, value in _encoder_weights(choice.name).items()
        if name.startswith(("embeddings.", *layers))
    }
    weights[_WORDS] = weights[_WORDS][torch.tensor(vocabulary.old_ids)]
    write_small(weights, folder / SMALL)


def check_sizes(recipe: Recipe, student: BaseModelChoice, teacher: BaseModelChoice | None) -> None:
    """Raise RecipeError for stages that cannot be made of these encoders, before hours are spent on the first."""
    config = _config(student)
    if recipe.pruning is not None:
        for what, kept, there in (
            ("attention heads", recipe.pruning.attention_heads, config.num_attention_heads),
            ("neurons", recipe.pruning.feed_forward, config.intermediate_size),
        ):
            if kept > there:
                raise RecipeError(f"[pruning] keeps {kept} {what} a layer, but {student.name} has {there}.")
    if teacher is not None and (width := _config(teacher).hidden_size) != config.hidden_size:
        raise RecipeError(
            f"The teacher {teacher.name} is {width} wide, its student {config.hidden_size}: they must match."
        )


def _config(choice: BaseModelChoice) -> Any:
    config = AutoConfig.from_pretrained(choice.name)
    if config.model_type != "bert":
        raise RecipeError(f"{choice.name} is a {config.model_type} model; only the BERT architecture is supported.")
    if choice.layers > config.num_hidden_layers:
        raise RecipeError(f"{choice.name} has {config.num_hidden_layers} layers, fewer than {choice.layers}.")
    return config


def convert_weights(source: Mapping[str, Tensor], shape: Shape, vocabulary: Trimmed) -> dict[str, Tensor]:
    """Names and layout of the checkpoint to those of `Network`; token types are folded into the positions."""
    embeddings = "embeddings."
    old_ids = torch.tensor(vocabulary.old_ids)
    positions = source[embeddings + "position_embeddings.weight"][: shape.positions]
    converted = {
        "word.weight": source[_WORDS][old_ids],
        "position.weight": positions + source[embeddings + "token_type_embeddings.weight"][0],
        "embedding_norm.weight": source[embeddings + "LayerNorm.weight"],
        "embedding_norm.bias": source[embeddings + "LayerNorm.bias"],
    }
    for number in range(shape.layers):
        converted |= _convert_layer(source, number)
    return converted


def _convert_layer(source: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    old, new = f"encoder.layer.{number}.", f"layers.{number}."
    names = {
        "attention_out": "attention.output.dense",
        "attention_norm": "attention.output.LayerNorm",
        "feed_in": "intermediate.dense",
        "feed_out": "output.dense",
        "feed_norm": "output.LayerNorm",
    }
    converted: dict[str, Tensor] = {}
    for kind in ("weight", "bias"):
        parts = [source[f"{old}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        converted[f"{new}qkv.{kind}"] = torch.cat(parts)
        converted |= {f"{new}{ours}.{kind}": source[f"{old}{theirs}.{kind}"] for ours, theirs in names.items()}
    return converted


def _initialise_heads(network: Network) -> None:
    for module in network.heads.values():
        assert isinstance(module, torch.nn.Linear)
        torch.nn.init.normal_(module.weight, std=0.02)
        torch.nn.init.zeros_(module.bias)


def rebuild(shape: Mapping[str, Any], weights: Mapping[str, Tensor]) -> Network:
    """A network from the shape and the weights that a checkpoint holds."""
    network = Network(Shape(**shape))
    network.load_state_dict(dict(weights))
    return network
