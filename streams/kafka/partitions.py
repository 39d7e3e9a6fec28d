"""How many partitions topics get. Here, because the command line shows it before anything of Kafka is loaded."""

from __future__ import annotations

from typing import Final

DEFAULT_PARTITIONS: Final = 6
"""Of each topic for which the operator says nothing else."""
