"""How the graphs of an artifact stop at the early exit, and go on from there."""

from __future__ import annotations

from typing import Final

EARLY_INPUT: Final = "early"
"""Optional input of the model: true leaves out the layers above the early exit. False where it is not given."""
HIDDEN: Final = "hidden_at_exit"
"""[rows, tokens, width], float32, what the early exit reads: an output of the model, an input of the upper graph."""
UPPER: Final = "model_upper.onnx"
"""Optional file of an artifact: the layers above the early exit. A cascade goes on there with what it has computed."""
