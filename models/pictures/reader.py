"""OCR: the lines of text in a picture.

The models are those of PaddleOCR that the package rapidocr brings (Apache-2.0, Chinese and English); nothing is
downloaded. A longest side of 640 and no model for upside-down lines: as good on memes as the package's own settings at
a third of the time (60 drawn ones, all read by both).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.pictures.words import SIDE, Box, Line, Read

SURE: Final = 0.5
"""Mean probability of a line's characters below which it is no text."""
FAINT: Final = 0.02
"""Probability from which a space stands where the model would sooner say that nothing does.

It is unsure of spaces between outlined capitals, and of them alone: of 659 between the words of memes that training
saw it left out 37, 35 of them at .026 and more, and in 2,783 places without one it never went above .003.
"""
_NOTHING: Final = 0
"""Class of the columns between two characters."""


def open_reader(threads: int = 1) -> Read:
    """OCR with the models of the package. Takes a second; about 0.4 GB while it reads.

    Raises ImportError where it is not installed.
    """
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "error",
            "Global.text_score": SURE,
            "Det.limit_type": "max",
            "Det.limit_side_len": SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    engine(np.zeros((48, 320, 3), dtype=np.uint8), use_det=False)  # the first line opens the model that reads lines
    recogniser: Any = engine.text_rec
    recogniser.postprocess_op = _with_faint_spaces(recogniser.postprocess_op)

    def read(image: Image.Image) -> list[Line]:
        result: Any = engine(np.asarray(image)[:, :, ::-1], use_det=True)
        if result.boxes is None:
            return []
        size = np.array(image.size)
        corners = [np.asarray(box) / size for box in result.boxes]
        return [
            Line(" ".join(text.split()), Box(*map(float, (*box.min(axis=0), *box.max(axis=0)))), float(sureness))
            for box, text, sureness in zip(corners, result.txts, result.scores, strict=True)
        ]

    return read


def _with_faint_spaces(decode: Any) -> Callable[..., Any]:
    """The package's way from probabilities to lines, to which spaces that it would pass over are made clear."""
    space = decode.character.index(" ")

    def decode_clear(probabilities: NDArray[np.float32], *arguments: Any, **options: Any) -> Any:
        return decode(clear_spaces(probabilities, space), *arguments, **options)

    return decode_clear


def clear_spaces(probabilities: NDArray[np.float32], space: int) -> NDArray[np.float32]:
    """Gives a faint space the probability of the nothing that hides it, and the other way round.

    Args:
        probabilities: lines x columns x classes; changed in place.
        space: class of the space.
    """
    nothing, faint = probabilities[..., _NOTHING], probabilities[..., space]
    hidden = (faint >= FAINT) & (faint < nothing)
    probabilities[..., _NOTHING], probabilities[..., space] = (
        np.where(hidden, faint, nothing),
        np.where(hidden, nothing, faint),
    )
    return probabilities
