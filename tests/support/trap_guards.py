"""What keeps a worker out of Faust's own traps: taken out one after the other, each has to fail its test."""

from __future__ import annotations

from tests.support.guards import Guard

TESTS = "tests/unit/streams/worker/test_faust_traps.py"
_AGENTS = "streams/worker/agents.py"
_CONSUMER = "streams/worker/faust_consumer.py"
_FAUSTS_OWN = "Faust's own way of finding what may be committed"
_COMMITTABLE = "    def _filter_committable_offsets(self"


def _trap(test: str, misses: str, what: str, path: str, old: str, new: str) -> Guard:
    return Guard(f"{TESTS}::{test}", misses, what, path, old, new)


TRAPS = (
    _trap(
        "test_what_is_in_flight_is_not_committed_past",
        "assert",
        _FAUSTS_OWN,
        _CONSUMER,
        _COMMITTABLE,
        "    def _ours(self",
    ),
    _trap(
        "test_an_exception_acknowledges_nothing_and_ends_the_worker",
        "assert",
        "Faust acknowledges what an agent took, or failed on",
        _AGENTS,
        "stream.noack().events()",
        "stream.events()",
    ),
    _trap(
        "test_an_exception_acknowledges_nothing_and_ends_the_worker",
        "assert",
        "Faust restarts an agent behind the record on which it failed",
        _AGENTS,
        ", supervisor_strategy=CrashingSupervisor",
        "",
    ),
    _trap(
        "test_a_stream_that_ends_by_itself_ends_the_worker",
        "DID NOT RAISE",
        "an agent whose stream has ended is not missed",
        _AGENTS,
        'raise AgentEndedError(f"the stream of {topic} ended")',
        "return",
    ),
    _trap(
        "test_bytes_that_are_no_json_reach_the_service",
        "DecodeError",
        "Faust decodes",
        _AGENTS,
        'key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"',
        'value_type=dict, value_serializer="json"',
    ),
    _trap(
        "test_what_was_released_and_not_committed_outlives_a_rebalance",
        "assert",
        _FAUSTS_OWN,
        _CONSUMER,
        _COMMITTABLE,
        "    def _ours(self",
    ),
    _trap(
        "test_before_partitions_are_given_up_what_was_drained_is_committed",
        "assert",
        "no commit after the drain",
        _CONSUMER,
        "        await self.commit_and_end_transactions()\n",
        "",
    ),
    _trap(
        "test_the_end_waits_for_no_acknowledgement",
        "TimeoutError",
        "Faust's own wait for acknowledgements at the end",
        _CONSUMER,
        "    async def wait_empty(self",
        "    async def _ours(self",
    ),
    _trap(
        "test_a_start_does_not_wait_for_tables_that_there_are_not",
        "assert",
        "Faust's second of waiting for tables",
        "streams/worker/faust_app.py",
        "    async def on_start(self",
        "    async def _ours(self",
    ),
)
