"""The four measurements, each from opening a session to the written report."""

from load.commands.capacity import capacity
from load.commands.intake import intake
from load.commands.memory import memory
from load.commands.run import run

__all__ = ["capacity", "intake", "memory", "run"]
