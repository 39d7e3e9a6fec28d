"""The measurements, each from opening a session to the written report."""

from load.commands.bench import bench
from load.commands.bench_from_memory import bench_from_memory
from load.commands.beside import beside
from load.commands.capacity import capacity
from load.commands.dry_run import dry_run
from load.commands.intake import intake
from load.commands.memory import memory
from load.commands.metrics import metrics
from load.commands.profile import profile
from load.commands.run import run
from load.commands.serve import serve
from load.commands.swap import swap

__all__ = [
    "bench",
    "bench_from_memory",
    "beside",
    "capacity",
    "dry_run",
    "intake",
    "memory",
    "metrics",
    "profile",
    "run",
    "serve",
    "swap",
]
