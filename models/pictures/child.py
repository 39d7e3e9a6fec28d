"""What a child process of the bench does. It has a limit of memory, may neither leave a core dump nor write a file, and
stands behind the worker for the processor: before it imports what is heavy.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

from models.errors import place_of
from models.pictures.errors import NotLooked, PictureError

if TYPE_CHECKING:
    from models.pictures.classifier import Served
    from models.pictures.look import Look, Looker

BEHIND: Final = 5
"""Steps of niceness: a picture takes a thousand times as long as a text, and should not keep texts waiting."""


def begin(memory_bytes: int, reads_words: bool, served: Sequence[Served]) -> None:
    _stand_behind()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _looker().open(reads_words, served)


def _stand_behind() -> None:
    """A courtesy: where a sandbox refuses it, pictures are looked at all the same."""
    with suppress(OSError):
        os.nice(BEHIND)
    if hasattr(os, "SCHED_BATCH"):  # on Linux; where the worker has real-time priority, a child would keep it
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def look(data: bytes, reads_words: bool, task: str) -> Look:
    """Whatever a library comes up with over a picture is that picture's fault. Raises PictureError, MemoryError."""
    try:
        return _looker()(data, reads_words, task)
    except (PictureError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  OCR, classifiers and hashes have no one kind of error
        is_memory = "bad_alloc" in str(error)  # onnxruntime says it in words alone
        reason = NotLooked.TOO_MUCH_MEMORY if is_memory else NotLooked.DAMAGED
        raise PictureError(reason, place_of(error)) from None


@cache
def _looker() -> Looker:
    """A child's own, which opens OCR and classifiers once."""
    from models.pictures.look import Looker

    return Looker()
