"""Where the model that ships lies, and what says where training data does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RELEASE: Final = Path(__file__).parent / "release"
TRAINING_DATA: Final = "TIDEGATE_TRAINING_DATA"
"""The environment variable that names the folder."""
