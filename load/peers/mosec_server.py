"""The model behind mosec, a model server that batches what comes over HTTP. Started by `model_server`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mosec import Server, Worker

from load.peers.onnx_scorer import OnnxScorer

ARTIFACT, THREADS, DEVICE, REQUESTS = "PEER_ARTIFACT", "PEER_THREADS", "PEER_DEVICE", "PEER_REQUESTS"


PATIENCE_S = 60
"""For an answer. With less, a busy machine is answered with errors."""


class Scoring(Worker):
    """Requests are lists of texts; those that came together run together."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._score = OnnxScorer(Path(os.environ[ARTIFACT]), int(os.environ[THREADS]), os.environ[DEVICE])

    def forward(self, data: Sequence[Sequence[str]]) -> list[Any]:
        rows = iter(self._score([text for texts in data for text in texts]).tolist())
        return [[next(rows) for _ in texts] for texts in data]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Scoring, num=1, max_batch_size=int(os.environ[REQUESTS]), max_wait_time=2, timeout=PATIENCE_S)
    server.run()
