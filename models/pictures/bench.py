"""A bench of child processes that look at pictures: a bomb or a hang costs one of them, never the worker.

The children are pebble's: one that passes its deadline is killed and replaced. Each has a limit of memory, and may
neither leave a core dump nor write a file.
"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Sequence
from concurrent.futures import TimeoutError as LateError
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from pebble import ProcessExpired, ProcessPool

from models.pictures.errors import NotLooked, PictureError
from models.pictures.look import Look, Looker

if TYPE_CHECKING:
    from models.pictures.classifier import Served

DEADLINE_S: Final = 10.0
MEMORY_BYTES: Final = 2_000_000_000
"""Of address space, of which OCR takes 1.3 GB (0.5 GB of it resident)."""
PICTURES_A_CHILD: Final = 2_000
"""After which it is replaced: decoders of strangers' files may leak."""
BEHIND: Final = 5
"""Steps of niceness: a picture takes a thousand times as long as a text, and should not keep texts waiting."""


class Bench:
    """Looks at pictures in child processes. Call it on one event loop."""

    def __init__(
        self, children: int = 1, reads_words: bool = True, served: Sequence[Served] = (),
        deadline_s: float = DEADLINE_S, memory_bytes: int = MEMORY_BYTES,
    ) -> None:  # fmt: skip
        """Args:
        reads_words: whether the children open OCR, which takes seconds and 0.4 GB each.
        served: classifiers, for which each of them has a session of its own.
        """
        self._deadline_s = deadline_s
        self._pool = ProcessPool(
            max_workers=children,
            max_tasks=PICTURES_A_CHILD,
            initializer=_begin,
            initargs=(memory_bytes, reads_words, tuple(served)),
            context=get_context("spawn"),  # a forked child would have the worker's own gigabyte counted as its own
        )
        self._room = asyncio.Semaphore(2 * children)
        """What waits inside the pool waits under its deadline: the rest waits here."""

    async def look(self, data: bytes, reads_words: bool, task: str = "") -> Look:
        """Raises PictureError.

        Args:
            task: whose classifiers are asked.
        """
        async with self._room:
            future = self._pool.schedule(_look, args=(data, reads_words, task), timeout=self._deadline_s)
            try:
                return await asyncio.wrap_future(future)
            except (LateError, TimeoutError):
                raise PictureError(NotLooked.TOO_SLOW) from None
            except MemoryError:
                raise PictureError(NotLooked.TOO_MUCH_MEMORY) from None
            except ProcessExpired:  # it crashed, or the kernel ended it
                raise PictureError(NotLooked.DAMAGED) from None

    async def stop(self) -> None:
        """Ends the children, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join, 5)


def _begin(memory_bytes: int, reads_words: bool, served: Sequence[Served]) -> None:
    os.nice(BEHIND)
    if hasattr(os, "SCHED_BATCH"):  # on Linux; where the worker has real-time priority, a child would keep it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _looker().open(reads_words, served)


def _look(data: bytes, reads_words: bool, task: str) -> Look:
    """Whatever a library comes up with over a picture is that picture's fault. Raises PictureError, MemoryError."""
    try:
        return _looker()(data, reads_words, task)
    except (PictureError, MemoryError):
        raise
    except Exception as error:
        is_memory = "bad_alloc" in str(error)  # onnxruntime says it in words alone
        raise PictureError(NotLooked.TOO_MUCH_MEMORY if is_memory else NotLooked.DAMAGED) from None


@cache
def _looker() -> Looker:
    """A child's own, which opens OCR and classifiers once."""
    return Looker()
