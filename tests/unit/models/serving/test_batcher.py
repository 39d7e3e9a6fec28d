"""The batcher's guarantees, over random sequences of pushes and pops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.serving.batcher import BACKFILL_EVERY, BACKFILL_SHARE, TokenBudgetBatcher
from models.serving.types import Batch, Encoding, Item, Lane


def make_item(tokens: int, intake_at: float = 0.0, lane: Lane = Lane.LIVE, payload: object = None) -> Item:
    encoding = Encoding(np.ones(tokens, np.int32), np.zeros((tokens, 2), np.int32))
    return Item(encoding, payload, frozenset({"post"}), intake_at, queued_at=0.0, lane=lane)


@dataclass(frozen=True)
class Push:
    tokens: int
    intake_at: int
    lane: Lane


pushes = st.builds(Push, st.integers(0, 256), st.integers(0, 20), st.sampled_from(Lane))
actions = st.lists(
    st.one_of(pushes, pushes, pushes, st.just("pop")),
    min_size=30,  # without it most lists are empty, and none fills a turn
    max_size=120,
)
batchers = st.builds(
    TokenBudgetBatcher,
    grid=st.sampled_from([(256,), (16, 32, 64, 128, 256), (7, 100, 256)]),
    max_batch_tokens=st.integers(256, 2000),
    max_batch_rows=st.integers(1, 20),
    window=st.integers(1, 40),
    run_cost_tokens=st.sampled_from([0, 64, 10_000]),
)


class Recorder:
    """Plays actions on a batcher and keeps what a correct one must agree with."""

    def __init__(self, batcher: TokenBudgetBatcher) -> None:
        self.batcher = batcher
        self.waiting: list[Item] = []
        self.pushed: list[Item] = []
        self.turns: list[list[Batch]] = []

    def play(self, actions: list[Push | str]) -> None:
        for action in actions:
            if isinstance(action, Push):
                item = make_item(action.tokens, action.intake_at, action.lane, payload=len(self.pushed))
                self.batcher.push(item)
                self.pushed.append(item)
                self.waiting.append(item)
            elif action == "pop":
                self.pop()
        while self.pop():
            pass

    def pop(self) -> list[Batch]:
        turn = self.batcher.pop()
        if turn:
            self.check_oldest_first(turn)
            self.turns.append(turn)
        gone = {id(item) for batch in turn for item in batch.items}
        self.waiting = [item for item in self.waiting if id(item) not in gone]
        return turn

    def check_oldest_first(self, turn: list[Batch]) -> None:
        """What a turn takes is exactly the front of its lane."""
        taken = [item for batch in turn for item in batch.items]
        lane = [i for i in self.waiting if i.lane is taken[0].lane]
        lane.sort(key=lambda item: item.intake_at)  # stable: ties by arrival
        assert {i.payload for i in taken} == {i.payload for i in lane[: len(taken)]}
        assert lane[0] is turn[0].items[0]
        for batch in turn:
            assert batch.items == sorted(batch.items, key=lane.index)


@given(batchers, actions)
def test_nothing_is_lost_or_duplicated(batcher: TokenBudgetBatcher, actions: list[Push | str]) -> None:
    recorder = Recorder(batcher)
    recorder.play(actions)
    ran: list[Any] = [item.payload for turn in recorder.turns for batch in turn for item in batch.items]
    assert sorted(ran) == list(range(len(recorder.pushed)))
    assert (len(batcher), batcher.waiting_tokens, batcher.full) == (0, 0, False)


@given(batchers, actions)
def test_budgets_hold_and_every_row_fits(batcher: TokenBudgetBatcher, actions: list[Push | str]) -> None:
    recorder = Recorder(batcher)
    recorder.play(actions)
    for turn in recorder.turns:
        assert sum(batch.padded_tokens for batch in turn) <= batcher.max_batch_tokens
        assert sum(len(batch.items) for batch in turn) <= batcher._window
        for batch in turn:
            assert 1 <= len(batch.items) <= batcher.max_batch_rows
            assert batch.length in batcher.grid
            assert all(item.encoding.tokens <= batch.length for item in batch.items)


@given(actions)
def test_equal_calls_give_equal_turns(actions: list[Push | str]) -> None:
    def play() -> list[list[tuple[int, list[object]]]]:
        recorder = Recorder(TokenBudgetBatcher((16, 32, 64, 128, 256), 1024))
        recorder.play(actions)
        return [[(b.length, [item.payload for item in b.items]) for b in turn] for turn in recorder.turns]

    assert play() == play()


def test_similar_lengths_share_a_batch_and_the_oldest_leads() -> None:
    batcher = TokenBudgetBatcher(run_cost_tokens=0)
    for tokens in (200, 10, 20, 12, 210):
        batcher.push(make_item(tokens))
    turn = batcher.pop()
    assert [[item.encoding.tokens for item in batch.items] for batch in turn] == [[200, 210], [10, 12], [20]]
    assert [batch.length for batch in turn] == [256, 16, 32]


def test_a_small_group_joins_a_longer_batch_when_that_is_cheaper_than_a_run() -> None:
    batcher = TokenBudgetBatcher(run_cost_tokens=64)
    for tokens in (30, 10, 200):
        batcher.push(make_item(tokens))
    assert [batch.length for batch in batcher.pop()] == [32, 256]


def test_a_small_group_does_not_join_where_the_turn_would_break_its_budget() -> None:
    batcher = TokenBudgetBatcher((16, 128), max_batch_tokens=160, run_cost_tokens=10_000)
    for tokens in (10, 100):
        batcher.push(make_item(tokens))
    assert [batch.length for batch in batcher.pop()] == [16, 128]


def test_a_group_joins_a_longer_batch_only_while_it_costs_less_than_a_run() -> None:
    for run_cost, lengths in ((16, [16, 32]), (17, [32])):
        batcher = TokenBudgetBatcher((16, 32), 1024, run_cost_tokens=run_cost)
        for tokens in (10, 30):
            batcher.push(make_item(tokens))
        assert [batch.length for batch in batcher.pop()] == lengths


def test_what_one_group_spends_is_not_there_for_the_next() -> None:
    batcher = TokenBudgetBatcher((16, 48, 64), max_batch_tokens=16 + 48 + 64 + 40, run_cost_tokens=10_000)
    for tokens in (10, 40, 60):
        batcher.push(make_item(tokens))
    assert [(batch.length, len(batch.items)) for batch in batcher.pop()] == [(48, 2), (64, 1)]


def test_batches_leave_in_the_order_of_their_oldest_items() -> None:
    batcher = TokenBudgetBatcher(max_batch_rows=1, run_cost_tokens=0)
    for tokens in (10, 200, 12):
        batcher.push(make_item(tokens))
    assert [batch.items[0].encoding.tokens for batch in batcher.pop()] == [10, 200, 12]


def test_earliest_intake_at_goes_first() -> None:
    batcher = TokenBudgetBatcher(window=1)
    for intake_at in (3.0, 1.0, 2.0):
        batcher.push(make_item(10, intake_at))
    assert [batcher.pop()[0].items[0].intake_at for _ in range(3)] == [1.0, 2.0, 3.0]


def test_live_goes_first_but_backfill_keeps_its_share() -> None:
    batcher = TokenBudgetBatcher(window=1)
    for lane in (Lane.BACKFILL, Lane.LIVE):
        for _ in range(3 * BACKFILL_EVERY):
            batcher.push(make_item(10, lane=lane))
    lanes = [batcher.pop()[0].items[0].lane for _ in range(2 * BACKFILL_EVERY)]
    assert lanes == ([Lane.LIVE] * (BACKFILL_EVERY - 1) + [Lane.BACKFILL]) * 2


def test_a_turn_of_backfill_is_a_small_part_of_one_for_live() -> None:
    """A live record that comes while it runs waits for the end of it."""
    batcher = TokenBudgetBatcher(max_batch_tokens=8192)
    for lane in Lane:
        for _ in range(160):
            batcher.push(make_item(100, lane=lane))
    turns = [sum(batch.padded_tokens for batch in batcher.pop()) for _ in range(4)]
    assert turns == [8192, 8192, 4096, 8192 // BACKFILL_SHARE]


def test_a_turn_of_backfill_holds_its_longest_record() -> None:
    batcher = TokenBudgetBatcher(max_batch_tokens=256)
    batcher.push(make_item(256, lane=Lane.BACKFILL))
    assert len(batcher.pop()) == 1


def test_backfill_alone_waits_for_nobody() -> None:
    batcher = TokenBudgetBatcher()
    batcher.push(make_item(10, lane=Lane.BACKFILL))
    assert len(batcher.pop()) == 1


def test_a_pop_looks_at_no_more_than_it_takes() -> None:
    batcher = TokenBudgetBatcher(window=8)
    for _ in range(1000):
        batcher.push(make_item(10))

    class Untouchable(Item):
        __slots__ = ()

        def __getattribute__(self, name: str) -> object:
            raise AssertionError("a pop touched an item beyond its window")

    queue = batcher._lanes[Lane.LIVE]
    for item in list(queue)[8:]:
        item.__class__ = Untouchable
    assert sum(len(batch.items) for batch in batcher.pop()) == 8


def test_refuses_a_budget_in_which_one_record_does_not_fit() -> None:
    told = "max_batch_tokens is 255, but one record may have 256 tokens; set it to 256 or more"
    with pytest.raises(ValueError, match=told):
        TokenBudgetBatcher((16, 32, 256), max_batch_tokens=255)
    TokenBudgetBatcher((16, 32, 256), max_batch_tokens=256)


@pytest.mark.parametrize("bounds", [(0, 1), (1, 0)])
def test_refuses_a_turn_without_room(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be 1 or more"):
        TokenBudgetBatcher((16, 256), 256, *bounds)
    TokenBudgetBatcher((1, 256), max_batch_rows=1, window=1)


@pytest.mark.parametrize("grid", [(), (32, 16), (16, 16), (0, 16)])
def test_refuses_a_grid_that_does_not_rise(grid: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="grid"):
        TokenBudgetBatcher(grid)


def test_refuses_an_encoding_longer_than_the_grid() -> None:
    batcher = TokenBudgetBatcher()
    with pytest.raises(ValueError, match="257 tokens, at most 256 are served"):
        batcher.push(make_item(257))
    assert len(batcher) == 0
