"""Threads of a worker, by the cores that this process may use."""

from __future__ import annotations

import os

import pytest

from models.serving.cores import default_threads


@pytest.mark.parametrize(("cores", "workers", "threads"), [(8, 2, 3), (2, 4, 1), (1, 1, 1), (16, 3, 5)])
def test_workers_share_the_cores_and_leave_one(
    cores: int, workers: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cores that it may use, and not those of the machine: a container is pinned to a few of many."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert default_threads(workers) == threads
