"""How a match of a phrase can begin, so that it is tried nowhere else."""

from __future__ import annotations

import re
from typing import Final

_OPEN: Final = "'/*.+{\\"  # what follows is not known from the phrase


def beginnings(phrase: str, length: int) -> set[str]:
    """The first characters that a match can have, a blank for the end of a word: at most `length`, fewer where the
    phrase leaves more open."""
    if length == 0:
        return {""}
    first, rest = phrase[:1], phrase[1:]
    if first in ("(", "["):
        return _of_a_choice(phrase, length)
    if not first or first == " ":
        return {" "}
    if first in _OPEN:
        return {""}
    if first == "#":
        return set("0123456789")
    longer = {first + more for more in beginnings(rest.removeprefix("?"), length - 1)}
    return longer | beginnings(rest[1:], length) if rest.startswith("?") else longer


def _of_a_choice(phrase: str, length: int) -> set[str]:
    """Of a phrase that begins with a choice, which may be left out."""
    end = _closing(phrase)
    inside, rest = phrase[1:end], phrase[end + 1 :]
    if inside.startswith("?"):  # looks ahead or behind
        return beginnings(rest, length)
    is_class = (phrase[0] == "[" and not inside.isascii()) or re.fullmatch(r"(?:\d-\d)+", inside) is not None
    choices = set(_members(inside)) if is_class else set(_alternatives(inside))
    is_left_out = rest.startswith("?") or (phrase[0] == "[" and not is_class)
    if is_left_out:
        choices.add("")
        rest = rest.removeprefix("?")
    if phrase[0] == "[" and not is_class:  # its blank goes with it
        rest = rest.removeprefix(" ")
        choices = {f"{choice} " if choice else "" for choice in choices}
    return set[str]().union(*(beginnings(f"{choice}{rest}", length) for choice in choices))


def _closing(phrase: str) -> int:
    opening, closing, depth = phrase[0], ")" if phrase[0] == "(" else "]", 0
    for place, character in enumerate(phrase):
        depth += (character == opening) - (character == closing)
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not closed in {phrase!r}")


def _alternatives(inside: str) -> list[str]:
    """Those of one choice, which may hold choices."""
    found, depth = [""], 0
    for character in inside:
        depth += (character in "([") - (character in ")]")
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def _members(inside: str) -> str:
    return re.sub(r"(.)-(.)", lambda match: "".join(map(chr, range(ord(match[1]), ord(match[2]) + 1))), inside)
