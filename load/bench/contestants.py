"""Who takes part, how each is started, and what it needs."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

UNIQUE, REALISTIC = "unique", "realistic"
STREAMS = {UNIQUE: "steady", REALISTIC: "stream"}
"""What each stream is called in load.scenarios."""


class Group(StrEnum):
    LIMIT = "limit"
    TIDEGATE = "tidegate"
    PEER = "alternative"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One program between the topics. `module` is a peer's; without it, it is Tidegate with these settings."""

    name: str
    group: Group
    streams: Sequence[str] = (UNIQUE, REALISTIC)
    workers: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    module: str = ""
    arguments: Sequence[str] = ()
    needs: Sequence[str] = ()
    """Packages beyond those of the service."""
    python: str = sys.executable
    is_preloaded: bool = False
    """Too fast for a sender beside it: its backlog is there before it starts."""


ENGINE, ENGINE_CASCADE, TOKENIZER = "bare engine", "bare engine, cascade", "tokenizer alone"
"""Measured in this process, not between topics."""
HOP = "bare hop, librdkafka"
ONE = "Tidegate, 1 worker"
ONE_CASCADE = "Tidegate, 1 worker, cascade"
_CASCADE = {"cascade": "on"}


def contestants(workers: int, quix_python: Path | None) -> list[Contestant]:
    """All of them, whether or not their packages are there. `workers`: of the larger Tidegate."""
    librdkafka = Contestant(HOP, Group.LIMIT, (UNIQUE,), module="load.peers.hop", needs=("confluent_kafka",))
    aiokafka = replace(librdkafka, name="bare hop, aiokafka", arguments=("--client", "aiokafka"), needs=())
    found = [
        *(replace(hop, is_preloaded=True) for hop in (librdkafka, aiokafka)),
        Contestant(ONE, Group.TIDEGATE),
        Contestant(ONE_CASCADE, Group.TIDEGATE, settings=_CASCADE),
    ]
    if workers > 1:
        found += [
            Contestant(f"Tidegate, {workers} workers", Group.TIDEGATE, workers=workers),
            Contestant(f"Tidegate, {workers} workers, cascade", Group.TIDEGATE, workers=workers, settings=_CASCADE),
        ]
    return found + _peers(quix_python)


def _peers(quix_python: Path | None) -> list[Contestant]:
    aiokafka, confluent = "load.peers.aiokafka_loop", "load.peers.confluent_loop"
    torch, torch_needs = "load.peers.torch_pipeline", ("confluent_kafka", "torch", "transformers")

    def peer(name: str, module: str, *arguments: str, needs: Sequence[str] = (), python: str = "") -> Contestant:
        python = python or sys.executable
        return Contestant(name, Group.PEER, module=module, arguments=arguments, needs=needs, python=python)

    return [
        peer("aiokafka, one call a message", aiokafka, "--rows", "1"),
        peer("aiokafka, batches of 32", aiokafka, "--rows", "32"),
        peer("confluent-kafka, batches of 64", confluent, "--rows", "64", needs=("confluent_kafka",)),
        peer("confluent-kafka, 64 by length", confluent, "--rows", "64", "--by-length", needs=("confluent_kafka",)),
        peer("Quix Streams", "load.peers.quix", needs=("quixstreams",), python=str(quix_python or "")),
        peer("transformers pipeline on torch", torch, "--rows", "32", needs=torch_needs),
        peer("model server (mosec) over HTTP", "load.peers.model_server", needs=("mosec",)),
        peer("BERT base (12 x 768) on torch", torch, "--rows", "32", "--shape", "bert-base", needs=torch_needs),
    ]


def missing(contestant: Contestant) -> list[str]:
    """The packages that its interpreter does not have."""
    if contestant.python == sys.executable:
        return [name for name in contestant.needs if find_spec(name) is None]
    check = "import sys; from importlib.util import find_spec; print(*[n for n in sys.argv[1:] if not find_spec(n)])"
    try:
        command = [contestant.python, "-c", check, *contestant.needs]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return list(contestant.needs)
    return done.stdout.split()
