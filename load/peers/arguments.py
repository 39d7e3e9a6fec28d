"""The command line that all peers share, and how they say that they are ready."""

import argparse
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

READY_FILE = "TIDEGATE_READY_FILE"


@dataclass(frozen=True, slots=True)
class Arguments:
    """`rows`: posts in a call of the model; `by_length`: cut a larger fetch by length first."""

    bootstrap: str
    prefix: str
    artifact: Path
    threads: int = 1
    device: str = "cpu"
    rows: int = 64
    by_length: bool = False
    client: str = "librdkafka"
    shape: str = "artifact"

    @property
    def posts(self) -> str:
        return f"{self.prefix}.posts"

    @property
    def labels(self) -> str:
        return f"{self.prefix}.labels"

    @property
    def dead_letters(self) -> str:
        return f"{self.prefix}.dead-letters"


def read_arguments(given: Sequence[str] | None = None) -> Arguments:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--artifact", required=True, type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--by-length", action="store_true")
    parser.add_argument("--client", choices=("librdkafka", "aiokafka"), default="librdkafka")
    parser.add_argument("--shape", choices=("artifact", "bert-base"), default="artifact")
    return Arguments(**vars(parser.parse_args(given)))


def report_ready() -> None:
    if path := os.environ.get(READY_FILE):
        Path(path).write_text("ready\n")


def stop_on_sigterm() -> threading.Event:
    """Set once the process is asked to end."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
