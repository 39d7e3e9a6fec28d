"""Vocabulary trimming: keep the pieces that the corpus uses and every common single character.

The score of a unigram segmentation depends only on the pieces in it, so a text whose pieces are all kept is
cut into exactly the same pieces as before; a text with a dropped piece falls apart into smaller kept ones.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The smaller tokenizer, and for each of its ids the id that the piece had before."""

    tokenizer_json: str
    old_ids: tuple[int, ...]

    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_str(self.tokenizer_json)


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[int]:
    """How often each piece id occurs in the texts."""
    counts: Counter[int] = Counter()
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) == _CHUNK:
            _count(tokenizer, waiting, counts)
            waiting = []
    _count(tokenizer, waiting, counts)
    return counts


def _count(tokenizer: Tokenizer, texts: list[str], counts: Counter[int]) -> None:
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        counts.update(encoding.ids)


def trim(tokenizer_json: str, counts: Counter[int], size: int) -> Trimmed:
    """Keep special tokens and single characters, then fill up to `size` pieces by corpus count.

    Only unigram tokenizers can be trimmed by dropping pieces; others (WordPiece) are returned whole, as is
    every tokenizer when `size` is 0 or it is no larger, such as one that was trimmed before.
    """
    document: dict[str, Any] = json.loads(tokenizer_json)
    model = document["model"]
    if model.get("type") != "Unigram" or size == 0 or len(model["vocab"]) <= size:
        return Trimmed(tokenizer_json, tuple(range(Tokenizer.from_str(tokenizer_json).get_vocab_size())))
    pieces: list[list[Any]] = model["vocab"]
    kept = _choose([piece for piece, _ in pieces], counts, size)
    model["vocab"] = [pieces[i] for i in kept]
    model["unk_id"] = kept.index(model["unk_id"])
    _renumber(document, {old: new for new, old in enumerate(kept)})
    return Trimmed(json.dumps(document, ensure_ascii=False, separators=(",", ":")), tuple(kept))


def _choose(pieces: Sequence[str], counts: Counter[int], size: int) -> list[int]:
    special = {i for i, piece in enumerate(pieces) if piece in SPECIAL}
    required = special | {i for i, piece in enumerate(pieces) if _is_common_character(piece)}
    frequent = [i for i, _ in counts.most_common() if i not in required]
    room = max(0, size - len(required))
    return sorted(required | set(frequent[:room]))


def _is_common_character(piece: str) -> bool:
    """A single character (with or without the word mark) of a script that posts or their disguises use."""
    character = piece[1:] if len(piece) == 2 and piece[0] == "▁" else piece
    if len(character) != 1:
        return False
    if character.isascii() or character == "▁" or unicodedata.category(character) in ("So", "Sk", "Po", "Sm"):
        return True
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "LATIN", "GREEK", "CYRILLIC", "FULLWIDTH", "IDEOGRAPHIC"))


def _renumber(document: dict[str, Any], new_id: dict[int, int]) -> None:
    added = [token for token in document["added_tokens"] if token["id"] in new_id]
    for token in added:
        token["id"] = new_id[token["id"]]
    document["added_tokens"] = added
    template = document.get("post_processor") or {}
    for token in template.get("special_tokens", {}).values():
        token["ids"] = [new_id[i] for i in token["ids"]]
