"""Whole texts in the escapes of JSON ("\\u6211") or of addresses ("%E6%88%91", "%20")."""

from __future__ import annotations

import re

from models.text.changes import Changes

_UNICODE = re.compile(r"(?:\\u[0-9A-Fa-f]{4})++")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})++")
_SPACE = re.compile(r"\s")
_SHORTEST = 9  # characters of escapes: fewer may be the path of a file
_FEWEST = 3  # places, of a text that has no spaces but escaped ones


def unescape(text: str) -> Changes:
    """The characters for their escapes, where these are most of a text; in a text without spaces those of addresses,
    however few. In a sentence they stay.
    """
    changes: dict[int, str] = {}
    for escape in (_UNICODE, _PERCENT):
        runs = list(escape.finditer(text))
        size = sum(len(run[0]) for run in runs)
        is_address = escape is _PERCENT and len(runs) >= _FEWEST and _SPACE.search(text) is None
        if size >= _SHORTEST and (2 * size >= len(text) or is_address):
            for run in runs:
                changes |= _unescaped(run)
    return changes


def _unescaped(run: re.Match[str]) -> Changes:
    """A character stands where its escape began, inside of a word where it ended, so that a span holds all."""
    encoding = "utf-8" if run[0][0] == "%" else "utf-16-be"
    try:
        codes = re.sub(r"%|\\u", "", run[0])
        meant = bytes.fromhex(codes).decode(encoding, "strict" if encoding == "utf-8" else "replace")
    except UnicodeDecodeError:
        return {}
    changes = dict.fromkeys(range(*run.span()), "")
    start, before = run.start(), run.string[run.start() - 1 : run.start()]
    for character in meant:
        end = start + 3 * len(character.encode(encoding))  # "%E6" is a byte, "\u6211" are two
        changes[end - 1 if before.isalnum() else start] = character
        start, before = end, character
    return changes
