"""A whole artifact, made in milliseconds: a model of lookup tables whose answers can be told from the words.

A text scores high on a label if it holds one of the label's words. `poison` makes the model fail, but not its
early exit, so that tests can see which layers ran. Chinese characters are words of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from models.artifact import Artifact
from models.labels import POST_LABELS, SENTIMENTS, URGENCY_LEVELS

HIGH, LOW = 4.0, -4.0
"""Logits: probabilities of 0.9820 and 0.0180."""

CONDITIONS = ("common_cold", "pneumonia", "migraine")
POISON = "poison"

_WORDS: Mapping[str, Mapping[str, Sequence[int]]] = {
    # word: {head: which of its logits are high}
    "idiot": {"post": (0, 1), "spans": (0,), "sentiment": (0,)},
    "傻": {"post": (0, 1), "spans": (0,), "sentiment": (0,)},
    "vermin": {"post": (0, 2), "spans": (0,), "sentiment": (0,)},
    "kill": {"post": (0, 3), "spans": (0,), "sentiment": (0,)},
    "damn": {"post": (6,), "spans": (0,)},
    "casino": {"post": (7,)},
    "lovely": {"sentiment": (2,)},
    "sneezing": {"condition": (0,)},
    "cough": {"condition": (1,), "urgency": (3,)},
    "headache": {"condition": (2,), "urgency": (3,)},
    "chest": {"condition": (1,), "urgency": (1, 2, 3)},
    "unresponsive": {"urgency": (0, 1, 2, 3)},
}
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_PLAIN = (
    "you",
    "are",
    "an",
    "a",
    "i",
    "will",
    "the",
    "have",
    "pain",
    "你",
    "我",
    "好",
    "what",
    "day",
    "fever",
    ".",
    ",",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789!?:;'-/()[]@#&=_+*%$"
"""Other words are spelled with these, so that only what stands in no list is unknown."""
_HAN = "今天气很们一起去公园散步然后吃饭晚上再见谢头痛恶心"
"""Characters of the records that tests send."""
_SPELLED = (*_HAN, *(one for one in _LETTERS if one not in _PLAIN), *(f"##{one}" for one in _LETTERS))
VOCABULARY = (*_SPECIAL, *_PLAIN, *_SPELLED, *_WORDS, POISON)  # poison is last: out of reach for the guard table

_WIDTHS = {
    "post": len(POST_LABELS),
    "spans": 1,
    "sentiment": len(SENTIMENTS),
    "condition": len(CONDITIONS),
    "urgency": len(URGENCY_LEVELS) - 1,
    "early_post": len(POST_LABELS),
}
_KINDS = {"spans": "token_sigmoid", "sentiment": "softmax", "condition": "softmax", "urgency": "ordinal"}
_LABELS = {
    "spans": ("toxic",),
    "sentiment": SENTIMENTS,
    "condition": CONDITIONS,
    "urgency": tuple(map(str, URGENCY_LEVELS)),
}


def write_tiny_artifact(folder: Path, max_tokens: int = 256, prefix: str = "") -> Artifact:
    """Write the folder and load it, hashes checked."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_model(), str(folder / "model.onnx"))
    _tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "golden.json").write_text(json.dumps(_golden()), encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text("# A model for tests\n", encoding="utf-8")
    write_manifest(folder, max_tokens=max_tokens, prefix=prefix)
    return Artifact.load(folder)


def write_manifest(folder: Path, **changes: Any) -> None:
    """The manifest of the files as they are now; again after a test changed one."""
    files = ("model.onnx", "tokenizer.json", "golden.json", "MODEL_CARD.md")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    manifest = {
        "format": 1,
        "name": "tiny",
        "version": "2026.11.24",
        "created": "2026-11-24T00:00:00Z",
        "files": hashes,
        "heads": {
            name: {
                "output": name,
                "kind": _KINDS.get(name, "sigmoid"),
                "labels": list(_LABELS.get(name, POST_LABELS)),
            }
            for name in _WIDTHS
        },
        "max_tokens": 256,
        "pad_id": VOCABULARY.index("[PAD]"),
        "thresholds": {label: {"en": 0.5, "zh": 0.5} for label in (*POST_LABELS, "spans")},
        "licence": "none",
    }
    (folder / "manifest.json").write_text(json.dumps(manifest | changes), encoding="utf-8")


def teach(folder: Path, word: str, label: str, **changes: Any) -> None:
    """Makes the model of a folder find a label in a word, which no golden case may hold."""
    model = onnx.load(str(folder / "model.onnx"))
    for constant in model.graph.initializer:
        if constant.name in ("post_table", "early_post_table"):
            values = numpy_helper.to_array(constant).copy()
            values[VOCABULARY.index(word), POST_LABELS.index(label)] = HIGH
            constant.CopyFrom(numpy_helper.from_array(values, constant.name))
    onnx.save(model, str(folder / "model.onnx"))
    write_manifest(folder, **changes)


def table(head: str) -> NDArray[np.float32]:
    """[vocabulary, width]: the logits of each word."""
    values = np.full((len(VOCABULARY), _WIDTHS[head]), LOW, np.float32)
    if head == "sentiment":
        values[:, 1] = 0.0  # neutral, unless a word says otherwise
    for word, heads in _WORDS.items():
        for column in heads.get("post" if head == "early_post" else head, ()):
            values[VOCABULARY.index(word), column] = HIGH
    return values


def _model() -> onnx.ModelProto:
    """A head looks up, masks, and takes the highest over the tokens. All but the early exit come after a switch."""
    constants = {
        "one": np.float32(1.0),
        "ten": np.float32(10.0),
        "last": np.array([2], np.int64),
        "tokens": np.array([1], np.int64),
        "early": np.array(False),
    } | {f"{head}_table": table(head) for head in _WIDTHS}
    deep_heads = [head for head in _WIDTHS if head != "early_post"]
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["mask", "one"], ["absent"]),
        helper.make_node("Mul", ["absent", "ten"], ["penalty_flat"]),
        helper.make_node("Unsqueeze", ["penalty_flat", "last"], ["penalty"]),
        *_head("early_post", "early_post", "penalty"),
        helper.make_node("If", ["early"], deep_heads, then_branch=_skipped(), else_branch=_deep(deep_heads)),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [*inputs, helper.make_tensor_value_info("early", TensorProto.BOOL, [])],
        [_output(head, head) for head in _WIDTHS],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _deep(heads: Sequence[str]) -> onnx.GraphProto:
    """What the switch leaves out. Its guard fails on the last word of the vocabulary."""
    nodes = [
        helper.make_node("Gather", ["guard", "input_ids"], ["guarded_flat"]),
        helper.make_node("Unsqueeze", ["guarded_flat", "last"], ["guarded_zero"]),
        helper.make_node("Add", ["guarded_zero", "penalty"], ["guarded"]),
    ]
    for head in heads:
        nodes += _head(head, f"deep_{head}", "guarded")
    guard = numpy_helper.from_array(np.zeros(len(VOCABULARY) - 1, np.float32), "guard")
    return helper.make_graph(nodes, "deep", [], [_output(head, f"deep_{head}") for head in heads], [guard])


def _skipped() -> onnx.GraphProto:
    """No rows, so that nobody takes them for scores."""
    nodes, outputs, constants = [], [], []
    for head, width in _WIDTHS.items():
        if head != "early_post":
            constants.append(numpy_helper.from_array(np.zeros((0, width), np.float32), f"no_{head}"))
            nodes.append(helper.make_node("Identity", [f"no_{head}"], [f"skipped_{head}"]))
            outputs.append(helper.make_tensor_value_info(f"skipped_{head}", TensorProto.FLOAT, [0, width]))
    return helper.make_graph(nodes, "skipped", [], outputs, constants)


def _head(head: str, output: str, penalty: str) -> list[onnx.NodeProto]:
    over = "last" if head == "spans" else "tokens"
    return [
        helper.make_node("Gather", [f"{head}_table", "input_ids"], [f"{output}_all"]),
        helper.make_node("Add", [f"{output}_all", penalty], [f"{output}_kept"]),
        helper.make_node("ReduceMax", [f"{output}_kept", over], [f"{output}_max"], keepdims=0),
        # Urgent words lower the level: theirs are the logits of P(level <= k).
        helper.make_node("Neg" if head == "urgency" else "Identity", [f"{output}_max"], [output]),
    ]


def _output(head: str, name: str) -> onnx.ValueInfoProto:
    shape: list[str | int | None] = ["rows", "length" if head == "spans" else _WIDTHS[head]]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(dict(zip(VOCABULARY, range(1000), strict=False)), unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(word, VOCABULARY.index(word)) for word in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _golden() -> dict[str, Any]:
    high, low = 0.98201, 0.01799
    return {
        "tolerance": 0.001,
        "cases": [
            {
                "name": "insult",
                "task": "posts",
                "text": "you are an idiot",
                "expected": {"post": [high, high, low, low, low, low, low, low]},
            },
            {
                "name": "urgent",
                "task": "symptoms",
                "text": "unresponsive",
                "expected": {"urgency": [high, 0.0, 0.0, 0.0, low]},
            },
        ],
    }
