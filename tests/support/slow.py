"""Looks of which none ever comes to its end; a child process imports them by name."""

from __future__ import annotations

import time


def look(data: bytes, reads_words: bool, task: str) -> None:
    while True:
        time.sleep(60)
