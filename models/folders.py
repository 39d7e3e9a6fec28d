"""Where the model and the rules that ship lie, and what says where training data does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RELEASE: Final = Path(__file__).parent / "release"
TRAINING_DATA: Final = "TIDEGATE_TRAINING_DATA"
"""The environment variable that names the folder."""

_COMPLAINT: Final = Path(__file__).parent / "complaint"
FINDINGS: Final = _COMPLAINT / "findings.toml"
BODY_PARTS: Final = _COMPLAINT / "body_parts.toml"
CONTEXT: Final = _COMPLAINT / "context.toml"
PASSAGE_WEIGHTS: Final = _COMPLAINT / "passages.npz"
"""What complaints are read with. Settings know the files, and need not load what reads them."""
