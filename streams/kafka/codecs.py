"""Whether compressed batches can be read: aiokafka finds out only when one arrives, and again after every restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import codec

from streams.errors import CodecMissingError
from streams.kafka.unpacking import DECODERS, bound_unpacking

Convert = Callable[[bytes], Any]

CODECS: Mapping[str, tuple[Convert, Convert]] = {
    name: (getattr(codec, f"{name}_encode"), decode) for name, decode in DECODERS.items()
}
_SAMPLE = b"tidegate " * 8


def check_codecs(codecs: Mapping[str, tuple[Convert, Convert]] = CODECS) -> None:
    """Compresses and decompresses a few bytes with each codec that Kafka knows, and bounds what aiokafka unpacks.

    Raises:
        CodecMissingError: one of them does not work here; names them all.
    """
    bound_unpacking()
    broken = [name for name, (encode, decode) in codecs.items() if not _works(encode, decode)]
    if broken:
        raise CodecMissingError(
            f"Batches compressed with {', '.join(broken)} cannot be read here: the package cramjam is missing or "
            "does not work; run `pip install --force-reinstall cramjam`."
        )


def _works(encode: Convert, decode: Convert) -> bool:
    try:
        return bytes(decode(encode(_SAMPLE))) == _SAMPLE
    except Exception:  # noqa: BLE001  a package that is absent, too old or broken: each fails in a way of its own
        return False
