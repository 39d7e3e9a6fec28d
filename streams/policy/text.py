"""Words, domains and expressions in a text, all in time linear in its length, whatever a policy asks for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any, Final

import re2

from models.characters import HAN, JAPANESE_KOREAN

Atom = str
"""What can be found, see `atom`. A string knows its hash; a pair would be hashed at every question."""

NEVER: Final = date.max.toordinal()
_MAX_MEMORY: Final = 64 << 20  # of the automaton of all expressions together
# Scripts without spaces: each character is a word, so that a phrase is found inside of a sentence.
_UNSPACED: Final = f"{HAN}{JAPANESE_KOREAN}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_DOT: Final = re.compile(r"\.\w")
_HOST: Final = re.compile(r"[\w.-]+")
_SPACED_HOST: Final = re.compile(rf"(?:[^\W{_UNSPACED}]|[.-])+")  # inside of a sentence without spaces
_MAX_HOST: Final = 253  # characters of a domain, after RFC 1035


def atom(kind: str, name: str) -> Atom:
    """Of kind regex (by its expression), keywords or list (by name)."""
    return f"{kind} {name}"


def words_of(text: str) -> list[str]:
    """Without case, width and whatever is neither letter nor digit."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _WORD.findall(text.casefold())


def domains_of(text: str) -> set[str]:
    """Every domain in the text, and each that it lies below: a.b.example, b.example, example."""
    found: set[str] = set()
    if _DOT.search(text) is None:  # nearly all texts end here
        return found
    text = text.casefold()
    for host in _HOST.findall(text) + ([] if text.isascii() else _SPACED_HOST.findall(text)):
        rest = host.strip(".-") if len(host) <= _MAX_HOST else ""
        while "." in rest:
            found.add(rest)
            rest = rest.partition(".")[2]
    return found


def hash_author(author: str, salt: str) -> str:
    """What stands for an author on a list: 32 hex digits."""
    key = blake2b(salt.encode("utf-8"), digest_size=32).digest()
    return blake2b(author.encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    return options


def check_regex(expression: str) -> None:
    """Raises ValueError: RE2 does not read it; it has no look-around and no back-references."""
    try:
        re2.compile(expression, _options())
    except re2.error as error:
        said = error.args[0] if error.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"is not a regular expression of RE2: {said}") from None


class Expressions:
    """All regular expressions of a policy as one automaton: one pass says which are somewhere in a text.

    Raises ValueError: together they are too large.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        expressions = list(dict.fromkeys(expressions))
        self._atoms = [atom("regex", expression) for expression in expressions]
        self._set = re2.Set.SearchSet(_options())
        for expression in expressions:
            self._set.Add(expression)
        try:
            self._set.Compile()
        except re2.error:
            raise ValueError("the regular expressions are too large together") from None

    def find(self, text: str) -> list[Atom]:
        if not self._atoms:
            return []
        return [self._atoms[number] for number in self._set.Match(text.encode("utf-8", "replace")) or ()]


class Phrases:
    """Words and phrases as a tree of words; the leaves are what is found and the day on which that ends."""

    def __init__(self) -> None:
        self._root: dict[Any, Any] = {}

    def add(self, phrase: str, what: Atom, until: int = NEVER) -> None:
        """Raises ValueError: there is no word in it."""
        words = words_of(phrase)
        if not words:
            raise ValueError("has an entry without a letter or digit")
        node = self._root
        for word in words:
            node = node.setdefault(word, {})
        node.setdefault(None, []).append((what, until))

    def find(self, words: Sequence[str], day: int, found: set[Atom]) -> None:
        root = self._root
        for place, word in enumerate(words):
            node = root.get(word)
            while node is not None:
                for what, until in node.get(None, ()):
                    if day < until:
                        found.add(what)
                place += 1
                node = node.get(words[place]) if place < len(words) else None

    def __bool__(self) -> bool:
        return bool(self._root)


class Finder:
    """Everything that a policy looks for in texts.

    Args:
        expressions: regular expressions.
        phrases: keywords and keyword lists.
        domains: {domain: [(what is found, day on which it ends)]}
    """

    def __init__(
        self, expressions: Expressions, phrases: Phrases, domains: Mapping[str, Sequence[tuple[Atom, int]]]
    ) -> None:
        self._expressions = expressions
        self._phrases = phrases
        self._domains = domains

    def find(self, texts: Sequence[str], day: int) -> set[Atom]:
        """What is in any of the readings of a text; links are looked for in the first, which is as it was sent."""
        found: set[Atom] = set()
        for text in texts:
            found.update(self._expressions.find(text))
            if self._phrases:
                self._phrases.find(words_of(text), day, found)
        if self._domains and texts:
            for domain in domains_of(texts[0]) & self._domains.keys():
                found.update(what for what, until in self._domains[domain] if day < until)
        return found
