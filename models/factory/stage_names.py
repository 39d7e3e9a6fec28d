"""What the folders of a run's stages are called."""

from __future__ import annotations

from itertools import count, takewhile
from pathlib import Path

STAGES = ("teacher", "student", "distilled", "blended")
"""Stages of a run that are compared; of several teachers that is the first one, which the student starts as."""


def teacher_name(number: int) -> str:
    """`teacher`, and `teacher_2` and so on where several vote."""
    return "teacher" if number == 1 else f"teacher_{number}"


def teachers_in(run: Path) -> list[str]:
    """All teachers that have a folder in a run."""
    return list(takewhile(lambda name: (run / name).is_dir(), map(teacher_name, count(1))))


def stages_in(run: Path) -> list[str]:
    """All stages that have a folder in a run and may hold a network."""
    return [*teachers_in(run), *(name for name in STAGES[1:] if (run / name).is_dir())]
