"""HTML in a post: what a browser would show of it."""

from __future__ import annotations

import html
import html.entities
import re

from models.text.changes import Changes
from models.text.masks import URL

_AGAIN = r"(?:amp;|#0{0,5}38(?![0-9]);?|#[xX]0{0,5}26(?![0-9A-Fa-f]);?)"  # the & of a reference, encoded itself
_ENTITY = re.compile(
    rf"&{_AGAIN}*+(?P<body>#[0-9]{{1,8}}+;?|#[xX][0-9A-Fa-f]{{1,7}}+;?"
    rf"|[A-Za-z][A-Za-z0-9]{{1,31}}+(?:;|(?![A-Za-z0-9=])))|&{_AGAIN}++"
)
_INLINE = (
    "a abbr acronym b big bdi bdo cite code del dfn em font i ins kbd mark nobr q rp rt ruby s samp small span strike "
    "strong sub sup tt u var"
)
_BLOCK = (
    "article aside blockquote body br center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 head "
    "header hr html iframe img li main nav ol p pre script section style svg table tbody td tfoot th thead tr ul"
)
_TAG = re.compile(
    rf"</?(?:(?P<inline>{'|'.join(_INLINE.split())})|(?P<joint>wbr)|{'|'.join(_BLOCK.split())})"
    r"""(?:\s[^<>"'=]{0,200}+=(?:[^<>"']|"[^"]{0,2000}+"|'[^']{0,2000}+')*+)?\s?/?>|<!--(?:[^<>-]|-(?!->)){0,2000}+-->""",
    re.IGNORECASE,
)
_LINK = re.compile(re.escape(URL))


def decode(text: str) -> Changes:
    """Character references, named and by number, with a semicolon or without one, and encoded more than once.

    A character stands where its reference began, the last one of a word where it ended, so that a span holds all.
    """
    changes: dict[int, str] = {}
    for match in _ENTITY.finditer(text):
        meant = _meaning(match["body"] or "amp;")
        if meant is not None:
            first, last = match.start(), match.end() - 1
            changes |= dict.fromkeys(range(first, last + 1), "")
            ends_word = meant.isalnum() and not _continues(text, last + 1) and first and _is_word(text[first - 1])
            changes[last if ends_word else first] = meant
    return changes


def _meaning(body: str) -> str | None:
    if body[0] == "#":
        return html.unescape(f"&{body}")
    return html.entities.html5.get(body)


def _continues(text: str, position: int) -> bool:
    return position < len(text) and (text[position].isalnum() or _ENTITY.match(text, position) is not None)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == ";"


def unwrap(text: str) -> Changes:
    """Tags of formatted text. Those of blocks and lines become a space, links in them stay; what else stands in angle
    brackets is text ("List<String>", "<file>").
    """
    changes: dict[int, str] = {}
    for match in _TAG.finditer(text) if "<" in text else ():
        if match["inline"] and "=" not in match[0] and "</" not in text:
            continue  # the key <i>, or a placeholder: nothing is closed here
        first, last = match.start(), match.end() - 1
        changes |= dict.fromkeys(range(first, last + 1), "")
        links = list(_LINK.finditer(match[0]))
        for link in links:
            changes |= dict(enumerate(link[0], first + link.start()))
        is_block = not (match["inline"] or match["joint"] or match[0].startswith("<!"))
        if links or is_block:
            changes[first] = " "
            changes[last] = " "
    return changes
