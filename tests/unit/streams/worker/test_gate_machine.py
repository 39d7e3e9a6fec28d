"""The gate beside a queue and two sums: who waits is let in in order, and cancelling leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.worker.gate import AdmissionGate, Cost

RECORDS, TOKENS = 4, 20
SIZES = 3  # bytes of a token
costs = st.lists(st.integers(1, 30), min_size=1, max_size=6)  # of records that come together; some fill the whole gate


def costs_of(*tokens: int) -> list[Cost]:
    return [Cost(one, SIZES * one) for one in tokens]


class Admissions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.gate = AdmissionGate(RECORDS, TOKENS)
        self.tokens = TOKENS
        self.inside: list[Cost] = []
        self.waiting: deque[tuple[list[int], asyncio.Task[int]]] = deque()

    def teardown(self) -> None:
        for _, task in self.waiting:
            task.cancel()
        self.settle()
        self.loop.close()

    def settle(self) -> None:
        async def some_turns() -> None:
            for _ in range(4):
                await asyncio.sleep(0)

        self.loop.run_until_complete(some_turns())

    @property
    def tokens_inside(self) -> int:
        return sum(cost.tokens for cost in self.inside)

    def fits(self, tokens: int) -> bool:
        inside = self.tokens_inside
        return len(self.inside) < RECORDS and (not inside or inside + tokens <= self.tokens)

    def let_in(self) -> None:
        """What the model lets in: from the front, for as long as it fits."""
        self.settle()
        while self.waiting and self.fits(self.waiting[0][0][0]):
            tokens, task = self.waiting.popleft()
            assert task.done(), "the first who waits fits and was not let in"
            assert task.result() == self.enter(tokens)

    def enter(self, tokens: list[int]) -> int:
        """As many of them as fit, from the front."""
        entered = 0
        for cost in tokens:
            if not self.fits(cost):
                break
            self.inside += costs_of(cost)
            entered += 1
        return entered

    @rule(tokens=costs)
    def come(self, tokens: list[int]) -> None:
        self.waiting.append((tokens, self.loop.create_task(self.gate.admit(costs_of(*tokens)))))
        self.let_in()

    @rule(tokens=costs)
    def try_it(self, tokens: list[int]) -> None:
        admitted = self.gate.admit_now(costs_of(*tokens))
        assert admitted == (0 if self.waiting else self.enter(tokens))

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        cost = self.inside.pop(data.draw(st.integers(0, len(self.inside) - 1)))
        self.gate.release([cost])
        self.let_in()

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def is_scored(self, data: st.DataObject) -> None:
        """And stays inside, because its offset is held back."""
        place = data.draw(st.integers(0, len(self.inside) - 1))
        tokens, self.inside[place] = self.inside[place].tokens, self.inside[place].unscored
        self.gate.yield_tokens(tokens)
        self.let_in()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def gives_up(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.waiting) - 1))
        _, task = self.waiting[place]
        del self.waiting[place]
        task.cancel()
        self.let_in()

    @precondition(lambda self: self.waiting and self.inside)
    @rule()
    def gives_up_in_the_moment_of_being_let_in(self) -> None:
        """Who is let in beside it finds its room taken; then it goes to the next."""
        cost = self.inside.pop()
        tokens, task = self.waiting[0]
        self.gate.release([cost])
        if self.fits(tokens[0]):
            self.waiting.popleft()
            entered = tokens[: self.enter(tokens)]
            task.cancel()
            self.let_in()
            for gone in costs_of(*entered):
                self.inside.remove(gone)
        self.let_in()

    @rule(tokens=st.integers(5, 40))
    def is_resized(self, tokens: int) -> None:
        self.tokens = tokens
        self.gate.resize(tokens)
        self.let_in()

    @invariant()
    def the_sums_are_those_of_who_is_inside(self) -> None:
        size = sum(cost.size for cost in self.inside)
        assert (self.gate.records, self.gate.tokens, self.gate.bytes) == (len(self.inside), self.tokens_inside, size)

    @invariant()
    def nobody_is_let_in_out_of_turn(self) -> None:
        assert not any(task.done() for _, task in self.waiting)


TestAdmissions = Admissions.TestCase
TestAdmissions.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
