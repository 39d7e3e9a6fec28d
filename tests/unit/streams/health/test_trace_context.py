"""Which headers name a trace, and which do not."""

from __future__ import annotations

import pytest

from schemas.wire import Header
from streams.health.trace_context import MOST_STATE_BYTES, is_sampled, trace_headers

TRACE, SPAN = b"0af7651916cd43dd8448eb211c80319c", b"b7ad6b7169203331"
PARENT = b"00-" + TRACE + b"-" + SPAN + b"-01"
STATE = ("tracestate", b"rojo=00f067aa0ba902b7")


def test_both_headers_go_on_in_whatever_order_they_came_and_nothing_else_does() -> None:
    headers = [STATE, ("author", b"lea"), ("traceparent", PARENT), ("baggage", b"user=lea")]
    assert trace_headers(headers) == (("traceparent", PARENT), STATE)


def test_the_last_one_counts() -> None:
    later = PARENT.replace(b"b7", b"c8")
    assert trace_headers([("traceparent", PARENT), ("traceparent", later)]) == (("traceparent", later),)


@pytest.mark.parametrize(
    "parent",
    [
        None,
        b"",
        b"lea",
        PARENT[:-1],
        PARENT + b"0",
        PARENT + b"\n",
        PARENT.upper(),
        PARENT.replace(TRACE, b"0" * 32),
        PARENT.replace(SPAN, b"0" * 16),
        b"ff" + PARENT[2:],
        "00-\u0660".encode() + PARENT[5:],
    ],
)
def test_what_is_no_trace_names_none(parent: bytes | None) -> None:
    headers: list[Header] = [("traceparent", parent), STATE]
    assert trace_headers(headers) == ()
    assert not is_sampled(trace_headers(headers))


@pytest.mark.parametrize("state", [None, b"", b"a" * (MOST_STATE_BYTES + 1), b"a=\xff", b"a=\n"])
def test_a_state_that_is_none_does_not_go_on(state: bytes | None) -> None:
    assert trace_headers([("traceparent", PARENT), ("tracestate", state)]) == (("traceparent", PARENT),)


@pytest.mark.parametrize(("flags", "sampled"), [(b"00", False), (b"01", True), (b"02", False), (b"03", True)])
def test_the_lowest_bit_says_whether_it_is_wanted(flags: bytes, sampled: bool) -> None:
    assert is_sampled(trace_headers([("traceparent", PARENT[:-2] + flags)])) is sampled
