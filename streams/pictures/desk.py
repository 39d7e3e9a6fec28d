"""The desk where pictures of records are looked at: fetched, looked at in child processes, compared with known ones."""

from __future__ import annotations

import asyncio
import base64
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from models.pictures.bench import Bench
from models.pictures.errors import NotLooked, PictureError
from models.pictures.look import Look
from schemas import Picture
from streams.pictures.known import KnownPictures, KnownPicturesError
from streams.pictures.seen import Seen
from streams.pictures.store import Store, checked

logger = logging.getLogger(__name__)

REMEMBERED: Final = 2_000
"""Looks kept by the hash of the file, about 4 KB each."""
LIST_AGE_S: Final = 5.0
"""How long a list of known pictures is taken for unchanged."""


class Desk:
    """Lives on one event loop. Pictures wait for one another here, and never for texts, nor texts for them."""

    def __init__(self, bench: Bench, store: Store | None, known: Path | None, reads_words: bool) -> None:
        """Raises KnownPicturesError."""
        self._bench = bench
        self._store = store
        self._list_path = known
        self._list = None if known is None else KnownPictures.load(known)
        self._list_stamp = _stamp(known)
        self._looked_up_at = time.monotonic()
        self._reads_words = reads_words
        self.looked_at = -math.inf
        """When somebody was last done with a picture, in monotonic seconds."""
        self._looks: OrderedDict[tuple[str, bool, str], Look] = OrderedDict()
        self._told: set[str] = set()
        """Causes that the log knows: places in the code, so there are few."""

    async def look(self, pictures: Sequence[Picture], for_words: bool, task: str = "") -> list[Seen]:
        """All pictures of a record. Raises nothing that a picture is the cause of.

        Args:
            for_words: whether text in them is looked for, if the desk does that at all.
            task: whose record it is; its classifiers are asked.
        """
        known = await asyncio.to_thread(self._known)
        reads = for_words and self._reads_words
        seen = (self._seen(number, one, reads, task, known) for number, one in enumerate(pictures))
        return list(await asyncio.gather(*seen))

    async def _seen(
        self, number: int, picture: Picture, reads: bool, task: str, known: KnownPictures | None
    ) -> Seen:  # fmt: skip
        digest = None
        version = "" if known is None else known.version
        try:
            data = await self._data(picture)
            digest = await asyncio.to_thread(checked, picture, data)
            look = await self._look(digest, data, reads, task)
        except PictureError as error:
            self._tell(error)
            return Seen(number, digest, refused=error.reason, list_version=version)
        finally:
            self.looked_at = time.monotonic()
        self._told.clear()
        match = None if known is None else await asyncio.to_thread(known.find, look.fingerprints)
        return Seen(number, digest, look, match, list_version=version)

    def _tell(self, error: PictureError) -> None:
        """The verdict says that it was not looked at, the log what nobody foresaw: once, until a look succeeds."""
        if error.cause and error.cause not in self._told:
            self._told.add(error.cause)
            logger.warning("a picture was not looked at (%s): %s", error.reason, error.cause)

    async def _data(self, picture: Picture) -> bytes:
        if picture.data is not None:
            return await asyncio.to_thread(base64.b64decode, picture.data)
        if self._store is None:
            raise PictureError(NotLooked.NO_STORE)
        return await self._store.fetch(picture)

    async def _look(self, digest: str, data: bytes, reads: bool, task: str) -> Look:
        key = digest, reads, task
        if (look := self._looks.get(key)) is None:
            look = await self._bench.look(data, reads, task)
            self._looks[key] = look
            if len(self._looks) > REMEMBERED:
                self._looks.popitem(last=False)
        else:
            self._looks.move_to_end(key)
        return look

    def _known(self) -> KnownPictures | None:
        """The list as it is on disk; one that became wrong changes nothing until it is mended."""
        if self._list_path is None or time.monotonic() - self._looked_up_at < LIST_AGE_S:
            return self._list
        self._looked_up_at = time.monotonic()
        stamp = _stamp(self._list_path)
        if stamp != self._list_stamp:
            self._list_stamp = stamp
            try:
                self._list = KnownPictures.load(self._list_path)
            except KnownPicturesError as error:
                logger.error("%s The list before it stays in force.", error)
        return self._list

    async def stop(self) -> None:
        await self._bench.stop()


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
