"""The tasks this service knows. A new one is a module beside this and a line in `REGISTRY`."""

from __future__ import annotations

from streams.tasks.base import Case, Decision, Moments, Origin, Rendered, Task, alert_id, timings_ms, verdict_id

__all__ = [
    "Case",
    "Decision",
    "Moments",
    "Origin",
    "Rendered",
    "Task",
    "alert_id",
    "timings_ms",
    "verdict_id",
]
