"""Records of one key go one after the other; tests/unit/streams/worker/test_ledger_machine.py has crashes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.pipeline.key_order import KeyOrder
from streams.pipeline.work import Work
from streams.record import RawRecord
from streams.worker.ledger import Ticket


def entered(order: KeyOrder, *keys: bytes | None, partition: int = 0) -> list[Work]:
    nothing: Any = None
    works = [
        Work(Ticket(("t", partition), offset, 0.0), RawRecord("t", partition, offset, key, b""), *[nothing] * 3)
        for offset, key in enumerate(keys)
    ]
    order.enter(works)
    return works


def test_a_record_waits_for_those_before_it_under_its_key() -> None:
    order = KeyOrder()
    first, second, third = entered(order, b"a", b"a", b"a")
    assert order.complete([second]) == []
    assert order.complete([first]) == [first, second]
    assert order.complete([third]) == [third]


def test_it_waits_for_no_other() -> None:
    order = KeyOrder()
    entered(order, b"a", None)
    assert order.complete(same := entered(order, b"b", None)) == same
    assert order.complete(elsewhere := entered(order, b"a", partition=1)) == elsewhere


def test_an_empty_key_is_one() -> None:
    order = KeyOrder()
    _, second = entered(order, b"", b"")
    assert order.complete([second]) == []


def test_what_was_given_up_holds_up_nobody() -> None:
    """It comes again, to the same process, while the first one is still looked at."""
    order = KeyOrder()
    given_up = entered(order, b"a", b"a")
    for work in given_up:
        work.ticket.abandoned = True
    again = entered(order, b"a", b"a")
    assert order.complete(again) == again
    assert order.complete(given_up) == given_up
    assert len(order) == 0


@given(st.lists(st.sampled_from([b"a", b"b", b"c", None]), max_size=20), st.data())
def test_everything_goes_once_as_soon_as_it_may_and_in_the_order_of_its_key(
    keys: list[bytes | None], data: st.DataObject
) -> None:
    order = KeyOrder()
    works = entered(order, *keys)
    gone: list[Work] = []
    complete: set[Work] = set()
    for work in data.draw(st.permutations(works)):
        complete.add(work)
        gone += order.complete([work])
        waiting = [one for one in works if one not in gone and one.raw.key is not None]
        first = {one.raw.key: one for one in reversed(waiting)}
        assert not complete.intersection(first.values())
    assert (len(gone), len(set(gone)), len(order)) == (len(works), len(works), 0)
    of_key: defaultdict[bytes | None, list[int]] = defaultdict(list)
    for work in gone:
        of_key[work.raw.key].append(work.raw.offset)
    of_key.pop(None, None)
    assert all(offsets == sorted(offsets) for offsets in of_key.values())
