"""Bytes to a JSON object, whatever can still be read of them. Only what orjson refuses comes this way."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any, Final

from schemas.reasons import InvalidRecord, Reason

Header = tuple[str, bytes | None]

_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_READ: Final = frozenset({"", "identity", "utf-8", "gzip", "x-gzip", "deflate", "zlib"})
_MARKED: Final = zlib.MAX_WBITS + 32  # gzip or zlib, by their first bytes
_BARE: Final = -zlib.MAX_WBITS

_DEEPEST = 512  # less than any Python's parser refuses, whose limit differs by version and by what stands on the stack
_READ_DEPTH: Final = 6  # how deep the deepest field lies that anybody reads
_MAX_DIGITS: Final = 4_000  # of an integer; Python refuses to convert more than 4,300
_HALF: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")

NOT_UTF8: Final = "record: not UTF-8; what is no character was replaced with U+FFFD"
HALF_A_PAIR: Final = "record: half of a surrogate pair; it was replaced with U+FFFD"


def unpack(value: bytes | None, headers: Iterable[Header], max_bytes: int) -> bytes | None:
    """The value without the compression that its header `content-encoding` or its first bytes tell of.

    Raises:
        InvalidRecord: it unpacks to more than `max_bytes`, is damaged, or is encoded in a way that is not read here.
    """
    # A JSON object is no compressed value, whatever a header says: a good record pays for this one look.
    if value is None or value.startswith(b"{"):
        return value
    named = _content_encoding(headers)
    if value.startswith((_GZIP, *_ZLIB)):
        return _inflate(value, _MARKED, max_bytes)
    if named == "deflate" and not value.lstrip().startswith(b"{"):
        return _inflate(value, _BARE, max_bytes)
    if named not in _READ:
        _expect_json(value)
    return value


def _content_encoding(headers: Iterable[Header]) -> str:
    """The last one counts."""
    named = ""
    for name, content in headers:
        if name.lower().replace("_", "-") == "content-encoding":
            named = (content or b"").decode("ascii", "replace").strip().lower()
    return named


def _expect_json(value: bytes) -> None:
    try:
        parse(value)
    except InvalidRecord:
        detail = "the header content-encoding names an encoding that is not read here; gzip, deflate and none are"
        raise InvalidRecord(Reason.UNKNOWN_ENCODING, detail) from None


def _inflate(value: bytes, wbits: int, max_bytes: int) -> bytes:
    """What is packed, read no further than one byte past the limit."""
    if len(value) > max_bytes:
        return value  # too large as it is, and refused for that
    stream = zlib.decompressobj(wbits)
    try:
        plain = stream.decompress(value, max_bytes + 1)
    except zlib.error:
        raise InvalidRecord(Reason.INVALID_JSON, "the record is not JSON, and damaged if it is compressed") from None
    if len(plain) > max_bytes:
        raise InvalidRecord(Reason.RECORD_TOO_LARGE, f"the record unpacks to more than {max_bytes} bytes")
    if not stream.eof or stream.unused_data:
        raise InvalidRecord(Reason.INVALID_JSON, "the record is compressed, and cut off or followed by something else")
    return plain


def parse(value: bytes) -> tuple[dict[str, Any], list[str]]:
    """A JSON object, and warnings about what had to be replaced in it.

    Reads UTF-8, UTF-16 and UTF-32, with or without a byte-order mark, control characters inside strings, NaN and
    Infinity, and half surrogate pairs. The last of two keys of one name counts, as it does in orjson.

    Raises:
        InvalidRecord: there is no JSON object in it.
    """
    text, is_damaged = _decoded(value)
    warnings = [NOT_UTF8] if is_damaged else []
    try:
        document = json.loads(text.rstrip("\0"), strict=False, parse_int=_integer)
        if _HALF.search(text) or _ESCAPED_HALF.search(text):
            document, had_halves = _whole(document, _READ_DEPTH)
            warnings += [HALF_A_PAIR] * (had_halves and not is_damaged)
    except json.JSONDecodeError as error:
        raise _not_json(value, error) from None
    except RecursionError:
        raise _too_deep() from None
    if _is_deeper(document, _DEEPEST):
        raise _too_deep()
    if not isinstance(document, dict):
        raise InvalidRecord(Reason.WRONG_TYPE, f"the record is a JSON {type(document).__name__}, not an object")
    return document, warnings


def _decoded(value: bytes) -> tuple[str, bool]:
    """The text, and whether its bytes were not what its encoding allows."""
    encoding = json.detect_encoding(value)
    for errors in ("strict", "surrogatepass"):  # surrogates written as bytes, as CESU-8 does: pairs are joined later
        try:
            return value.decode(encoding, errors), errors != "strict"
        except UnicodeDecodeError:
            continue
    return value.decode(encoding, "replace"), True


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def _too_deep() -> InvalidRecord:
    return InvalidRecord(Reason.INVALID_JSON, "the record is nested too deeply")


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects lie inside each other more than so many times."""
    level = [value]
    for _ in range(most + 1):
        if not (level := [each for each in level if isinstance(each, list | dict)]):
            return False
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]
    return True


def _whole(value: Any, depth: int) -> tuple[Any, bool]:
    """The same with pairs of surrogates joined and half ones replaced, and whether there were any."""
    if isinstance(value, str) and _HALF.search(value):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"), True
    if isinstance(value, list) and depth:
        items = [_whole(item, depth - 1) for item in value]
        return [item for item, _ in items], any(had for _, had in items)
    if isinstance(value, dict) and depth:
        items = [_whole(item, depth - 1) for item in value.values()]
        return dict(zip(value, (item for item, _ in items), strict=True)), any(had for _, had in items)
    return value, False


def _not_json(value: bytes, error: json.JSONDecodeError) -> InvalidRecord:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as bad:
        return InvalidRecord(Reason.NOT_UTF8, f"the record is not UTF-8 at byte {bad.start}, and not JSON either")
    # The decoder's message names the defect and never quotes the text; its position does no harm either.
    return InvalidRecord(Reason.INVALID_JSON, f"the record is not JSON: {error.msg} at character {error.pos}")
