"""What a measurement was made on, for its report. Names no host and no user."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from load.session import Setup
from models.artifact import read_manifest


def describe_environment(setup: Setup) -> dict[str, object]:
    manifest = read_manifest(setup.artifact)
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "load_average_1m": round(os.getloadavg()[0], 2),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        **{name: _installed(name) for name in ("tidegate", "faust-streaming", "aiokafka", "onnxruntime")},
        "broker": "Apache Kafka on this machine" if setup.brokers is None else "the one given",
        "workers": setup.workers,
        "partitions": setup.partitions,
        "device": setup.device,
        **({"gpu": _gpu()} if setup.device != "cpu" else {}),
        "threads": setup.threads or "default",
        "artifact": f"{manifest.name} {manifest.full_version}",
        **({"settings": dict(setup.extra)} if setup.extra else {}),
    }


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _gpu() -> str:
    """Name, memory and driver of the first one."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        found = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found[0] if found else "none"


def _installed(name: str) -> str:
    for candidate in (f"{name}-gpu", name):  # where both are, the one for GPUs is what `--device cuda` ran on
        try:
            return version(candidate)
        except ModuleNotFoundError:  # PackageNotFoundError is one
            continue
    return "not installed"
