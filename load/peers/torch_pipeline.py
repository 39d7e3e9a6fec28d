"""A transformers pipeline on torch behind a confluent-kafka consumer.

Its weights are random, for how long a network takes does not depend on them: `--shape artifact` has the size of the
artifact's network, `--shape bert-base` that of the usual choice (Detoxify and the like: 12 layers of 768).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from load.peers.answers import labels_of
from load.peers.arguments import read_arguments
from load.peers.confluent_loop import serve
from load.peers.onnx_scorer import Scores

BERT_BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}


def network_size(artifact: Path, shape: str) -> dict[str, Any]:
    """What a BertConfig takes."""
    manifest = json.loads((artifact / "manifest.json").read_text("utf-8"))
    own = manifest["shape"]
    common = {"vocab_size": int(own["vocabulary"]), "max_position_embeddings": 512}
    if shape == "bert-base":
        return BERT_BASE | common
    return common | {
        "hidden_size": int(own["width"]),
        "num_hidden_layers": int(own["layers"]),
        "num_attention_heads": int(own["attention_heads"]),
        "intermediate_size": int(own["feed_forward"]),
    }


class TorchPipeline:
    """Probabilities of the post labels: [texts, labels]."""

    def __init__(self, artifact: Path, threads: int, device: str, rows: int, shape: str) -> None:
        import torch
        from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast, pipeline

        torch.set_num_threads(threads)
        manifest = json.loads((artifact / "manifest.json").read_text("utf-8"))
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(artifact / "tokenizer.json"))
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(manifest["pad_id"])
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
        labels = labels_of(artifact)
        config = BertConfig(
            **network_size(artifact, shape),
            id2label={number: f"LABEL_{number}" for number in range(len(labels))},
            pad_token_id=manifest["pad_id"],
            problem_type="multi_label_classification",
        )
        network = BertForSequenceClassification(config).eval()
        self._rows = rows
        self._options = {"truncation": True, "max_length": manifest["max_tokens"], "padding": True}
        self._pipeline: Any = pipeline(
            "text-classification", model=network, tokenizer=tokenizer, device=device, top_k=None
        )
        self._order = {f"LABEL_{number}": number for number in range(len(labels))}
        self(["warm up"])

    def __call__(self, texts: Sequence[str]) -> Scores:
        answers = self._pipeline(list(texts), batch_size=self._rows, function_to_apply="sigmoid", **self._options)
        scores = np.empty((len(texts), len(self._order)), dtype=np.float32)
        for row, answer in enumerate(answers):
            for one in answer:
                scores[row, self._order[one["label"]]] = one["score"]
        return scores


def main() -> None:
    arguments = read_arguments()
    shape = arguments.shape
    serve(arguments, TorchPipeline(arguments.artifact, arguments.threads, arguments.device, arguments.rows, shape))


if __name__ == "__main__":
    main()
