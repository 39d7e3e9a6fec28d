"""A bench of child processes that look at pictures: a bomb or a hang costs one of them, never the worker.

The children are pebble's: one that passes its deadline is killed and replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import TimeoutError as LateError
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from pebble import ProcessExpired, ProcessPool

from models.pictures.child import begin, look
from models.pictures.errors import NotLooked, PictureError
from models.pictures.look import Look

if TYPE_CHECKING:
    from models.pictures.classifier import Served

DEADLINE_S: Final = 10.0
MEMORY_BYTES: Final = 2_000_000_000
"""Of address space, of which OCR takes 1.3 GB (0.5 GB of it resident)."""
PICTURES_A_CHILD: Final = 2_000
"""After which it is replaced: decoders of strangers' files may leak."""


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
            initializer=begin,
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
            future = self._pool.schedule(look, args=(data, reads_words, task), timeout=self._deadline_s)
            try:
                return await asyncio.wrap_future(future)
            except (LateError, TimeoutError):
                raise PictureError(NotLooked.TOO_SLOW) from None
            except MemoryError:
                raise PictureError(NotLooked.TOO_MUCH_MEMORY) from None
            except ProcessExpired as error:  # it crashed, or the kernel ended it
                cause = f"the child process ended with exit code {error.exitcode}"
                raise PictureError(NotLooked.DAMAGED, cause) from None

    async def stop(self) -> None:
        """Ends the children, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join, 5)
