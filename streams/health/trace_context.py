"""The trace that a record or a request belongs to, in W3C's headers. It goes on even where nobody traces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from schemas.wire import Header

TRACE_PARENT: Final = "traceparent"
TRACE_STATE: Final = "tracestate"
MOST_STATE_BYTES: Final = 512  # as much as W3C wants passed on; nobody can make outputs large with it

_PARENT: Final = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_STATE: Final = re.compile(rb"[\x20-\x7e]+")
_SAMPLED: Final = 1


def trace_headers(headers: Iterable[Header]) -> tuple[Header, ...]:
    """Of these headers, those that name a trace; none where they are not as W3C wants them.

    The last of a name counts: some producers append theirs to what they pass on.
    """
    named = dict(headers)
    parent, state = named.get(TRACE_PARENT), named.get(TRACE_STATE)
    if parent is None or not _PARENT.fullmatch(parent):
        return ()
    if state is None or len(state) > MOST_STATE_BYTES or not _STATE.fullmatch(state):
        return ((TRACE_PARENT, parent),)
    return (TRACE_PARENT, parent), (TRACE_STATE, state)


def is_sampled(headers: tuple[Header, ...]) -> bool:
    """Whether who began the trace wants it recorded. Takes what `trace_headers` gives."""
    return bool(headers) and bool(int((headers[0][1] or b"0")[-2:], 16) & _SAMPLED)
