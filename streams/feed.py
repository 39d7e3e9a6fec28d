"""Items of a source that may have nothing to say for long, such as standard input, on an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def fed(source: Iterable[T]) -> AsyncIterator[T]:
    """The items of a source, one read ahead, in a thread that nobody waits for: the loop can end while it reads.

    `asyncio.to_thread` would keep an interrupted command until its pipe says something or ends.

    Raises: what the source raises.
    """
    loop = asyncio.get_running_loop()
    items = asyncio.Queue[tuple[T] | BaseException | None]()
    asked, ended = threading.Semaphore(1), threading.Event()

    def tell(item: tuple[T] | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(items.put_nowait, item)

    def read() -> None:
        try:
            for item in source:
                asked.acquire()
                if ended.is_set():
                    return
                tell((item,))
        except BaseException as error:  # noqa: BLE001  it is raised where somebody waits for it
            tell(error)
        else:
            tell(None)

    threading.Thread(target=read, name="feed", daemon=True).start()
    try:
        while (item := await items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            asked.release()
            yield item[0]
    finally:
        ended.set()
        asked.release()
