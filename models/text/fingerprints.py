"""What near-identical copies of a text share."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container

from models.text.masks import PLACEHOLDER

_NOT_WORD = re.compile(r"[\W_]+")
_PLACEHOLDER = re.compile(PLACEHOLDER)


def fingerprint(text: str) -> str:
    """The text without case, width, white space and punctuation: equal for near-identical copies."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower())


def content_hash(text: str) -> str:
    """First 16 hex digits of SHA-1 over the fingerprint: the rule of the data's list of blocked texts."""
    return hashlib.sha1(fingerprint(text).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:16]


def is_blocked(text: str, blocked: Container[str]) -> bool:
    """Whether a text is one of those hashes, as it stands or without the placeholders of masking."""
    return content_hash(text) in blocked or content_hash(_PLACEHOLDER.sub("", text)) in blocked
