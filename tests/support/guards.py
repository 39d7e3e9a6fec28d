"""The service's guards, at least one for each fault scenario: how it is taken out, and what has to be missed then.

Guards are named by the text of the code that is replaced, so that one that has moved is noticed (a unit test looks).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guard:
    """A piece of code without which something fails.

    Args:
        shown_by: the scenario of `load faults`, or the test, that fails without it.
        misses: what it says then: a part of the pass line, a kind of the checker's, or the name of an exception.
        what: how the service is without it, for people.
        path: of the file.
        old, new: its text, and what stands there without the guard.
        bounds: more arguments of `load faults`.
    """

    shown_by: str
    misses: str
    what: str
    path: str
    old: str
    new: str
    bounds: tuple[str, ...] = ()


_CONSUMER = "streams/worker/faust_consumer.py"
_GROUP = "streams/kafka/group.py"
_LIFE = "streams/worker/life.py"
_PIPELINE = "streams/pipeline/pipeline.py"
_SERVICE = "streams/worker/service.py"
_FEW = ("--records", "1000")
_PATIENCE = "PUBLISH_TIMEOUT_S = 300.0"
_DRAIN = "        await self._service.drain()\n        await self.commit_and_end_transactions()\n"
_RELEASED = "return {partition: page.released for partition, page in self._pages.items() if page.released is not None}"
_WHEN_READ = (
    "return {partition: page.unsettled[-1].offset + 1 if page.unsettled else page.released\n"
    "                for partition, page in self._pages.items() if page.unsettled or page.released is not None}"
)


def _impatient(scenario: str, seconds: float) -> Guard:
    return Guard(
        scenario,
        "no worker ends",
        f"the broker is waited for {seconds:g} s",
        _LIFE,
        _PATIENCE,
        f"PUBLISH_TIMEOUT_S = {seconds:g}",
        _FEW,
    )


def _without_drain(scenario: str, misses: str) -> Guard:
    what = "neither drain nor commit before partitions are given up"
    return Guard(scenario, misses, what, _CONSUMER, _DRAIN, "        pass\n", _FEW)


def _long_session(scenario: str, seconds: str) -> Guard:
    return Guard(
        scenario,
        "each recovery under 15 s",
        "a worker's partitions are taken over after a minute, Faust's default",
        _GROUP,
        '"session_timeout_ms": 10_000',
        '"session_timeout_ms": 60_000',
        (*_FEW, "--seconds", seconds),
    )


def _whole_batches(scenario: str) -> Guard:
    return Guard(
        scenario,
        "misjudged",
        "a batch that fails is not halved: all of it fails",
        "models/serving/isolating.py",
        "            if len(part.items) > 1:",
        "            outcomes += [failure(item, _inference_error(error), batch.formed_at) for item in part.items[1:]]\n"
        "            if False:",
        _FEW,
    )


GUARDS = (
    _long_session("kill-9", "10"),
    _long_session("worker-frozen", "70"),
    _without_drain("join-leave", "redelivered under 1 %"),
    _without_drain("rolling-restart", "redelivered under 0.1 %"),
    _without_drain("sigterm", "redelivered 0"),
    Guard(
        "broker-restart",
        "no worker ends",
        "a record that waits for the broker is taken for one that is stuck",
        "streams/worker/watch.py",
        "            if self._watched.sink.waited_s(now) > SLOW_BROKER_S:",
        "            if False:",
        (*_FEW, "--seconds", "75"),
    ),
    _impatient("broker-frozen", 30),
    _impatient("leader-fail-over", 3),
    Guard(
        "broker-lost",
        "its topics cannot be read when it is over",
        "topics have one copy less",
        "streams/kafka/topics.py",
        'copies = replication or min(_COPIES, len(cluster["brokers"]))',
        "copies = 2",
        _FEW,
    ),
    _impatient("network-cut", 5),
    _impatient("network-delay", 0.3),
    _impatient("network-loss", 0.3),
    Guard(
        "poison-1-percent",
        "altered",
        "a dead letter without its key",
        "streams/pipeline/failures.py",
        'Outgoing("dead-letters", raw.key,',
        'Outgoing("dead-letters", None,',
        _FEW,
    ),
    Guard(
        "poison-100-percent",
        "played to its end",
        "no limit of dead letters",
        "streams/worker/dead_letter_limit.py",
        "        recent = self._recent[partition]\n",
        "        return\n        recent = self._recent[partition]\n",
        ("--records", "500"),
    ),
    _whole_batches("engine-raises"),
    Guard(
        "decision-raises",
        "no worker ends",
        "an exception of the decision is nobody's to catch",
        "streams/pipeline/decide.py",
        '                work.failure = unexpected(error, "decide")\n',
        "                raise error\n",
        _FEW,
    ),
    Guard(
        "engine-killed",
        "misjudged",
        "a lost engine is taken for the fault of the records",
        _PIPELINE,
        "            if isinstance(outcome.error, EngineLostError):",
        "            if False:",
        _FEW,
    ),
    Guard(
        "engine-killed",
        "lost",
        "offsets are released as soon as a record is read",
        "streams/worker/ledger.py",
        _RELEASED,
        _WHEN_READ,
        _FEW,
    ),
    Guard(
        "decision-killed",
        "played to its end",
        "a stage of the pipeline that has ended is not noticed",
        _PIPELINE,
        "        if not task.cancelled() and (error := task.exception()) is not None:\n            self._crash(error)",
        "        if not task.cancelled() and task.exception() is not None:\n            pass",
        _FEW,
    ),
    _whole_batches("little-memory"),
    Guard(
        "slow-engine",
        "degraded as declared",
        "nothing is ever degraded",
        "streams/worker/overload.py",
        "        if self._bound <= 0:",
        "        if True:",
    ),
    Guard(
        "output-deleted",
        "no offset of a post is released meanwhile",
        "records are settled before the broker has their answers",
        _SERVICE,
        "        await publish_answers(self._sink, answered)\n",
        "        asyncio.ensure_future(publish_answers(self._sink, answered))\n",
        _FEW,
    ),
    Guard(
        "output-too-small",
        "no worker ends",
        "a batch that is too large is not halved",
        "streams/worker/sink.py",
        "            except MessageSizeTooLargeError:\n                self._shrink(taken)\n",
        "",
        _FEW,
    ),
    Guard(
        "too-many-workers",
        "played to its end",
        "a worker that is given no partition is not ready",
        "streams/worker/faust_app.py",
        "totals, on_ready)",
        "totals, on_ready if assigned else None)",
        _FEW,
    ),
    Guard(
        "partitions-added",
        "the new ones are read within a minute",
        "topics are looked up every five minutes, aiokafka's default",
        "streams/settings/settings.py",
        'default=30.0, gt=0, le=300, description="How often topics',
        'default=300.0, gt=0, le=300, description="How often topics',
        _FEW,
    ),
    Guard(
        "backfill",
        "the p99 of live records at most doubles",
        "what is judged again does not go behind what comes in live",
        "streams/worker/gates.py",
        "return Lane.BACKFILL if partition[0] in self._backfill_topics else Lane.LIVE",
        "return Lane.LIVE",
    ),
    Guard(
        "odd-time-stamps",
        "no wrong degradation",
        "what is years old tells of an overload",
        "streams/worker/overload.py",
        "for one in lateness_s if one < HISTORY_S]",
        "for one in lateness_s]",
        _FEW,
    ),
    Guard(
        "clock-back",
        "backwards",
        "a record may have waited for less than no time",
        "streams/worker/intake.py",
        "waited_s=max(0.0, ticket.waited_s - (now - arrived_at))",
        "waited_s=time.time() - record.timestamp / 1000",
        _FEW,
    ),
    Guard(
        "no-state-folder",
        "played to its end",
        "a folder in which no key can be kept is nobody's to catch",
        "streams/tasks/posts/author_key.py",
        "    except OSError as error:\n",
        "    except ZeroDivisionError as error:\n",
        _FEW,
    ),
    Guard(
        "state-folder-gone",
        "no worker ends",
        "a file that cannot be written is nobody's to catch",
        "streams/tasks/posts/offenders.py",
        "            except OSError as error:\n",
        "            except ZeroDivisionError as error:\n",
        _FEW,
    ),
    Guard(
        "soak",
        "lag bounded",
        "the room of a record is not given back",
        "streams/worker/in_flight.py",
        "        self._gates.release([done for ticket in tickets for done in self._ledger.settle(ticket)])\n",
        "        for ticket in tickets:\n            self._ledger.settle(ticket)\n",
        ("--seconds", "120"),
    ),
    Guard(
        "soak",
        "memory grows by less than 2 MB a minute",
        "what was delivered is not forgotten",
        "models/serving/scheduler.py",
        "        self._pending.difference_update(outcome.item for outcome in wanted)\n",
        "",
        ("--seconds", "240"),
    ),
)
