"""`tidegate demo`: a broker, a worker and a stream on this machine, watched until every record came back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from schemas import Alert, PostVerdict, SymptomVerdict
from streams.cli.demo.children import Children, DemoError
from streams.cli.demo.policy_change import change_unless_stopped, print_change
from streams.cli.demo.stream import Bundled, Pictures, bundled_stream
from streams.cli.demo.summary import print_pictures, print_summary, print_urgent, print_verdict
from streams.cli.demo.tally import Tally
from streams.cli.demo.urgent import Explain, open_explaining
from streams.cli.demo.view import View, open_view
from streams.client import Client, Message, Receipt
from streams.client.messages import Letter
from streams.client.subscription import Subscription
from streams.kafka.topics import create_topics
from streams.settings import Settings

ANSWER_WITHIN_S = 60.0  # after the last record was sent; the first picture waits for OCR to be opened
AFTERGLOW_S = 0.5  # alerts and flags are written together with verdicts; they may be read a moment later
IMAGES_EXTRA = ("PIL", "pdqhash", "rapidocr", "pebble", "fsspec")
KEPT_VARIABLES = ("TIDEGATE_ARTIFACT", "TIDEGATE_POLICY", "TIDEGATE_DEVICE", "TIDEGATE_THREADS")


async def run_demo(rate: float, plain: bool) -> int:
    """Returns 0 only if every record that was sent came back as exactly one verdict or dead letter.

    Ctrl-C or SIGTERM stop the sending, wait for what is on its way, and show the summary; a second one ends at once.
    """
    console = Console(highlight=False)
    stop = _stop_on_signals()
    with tempfile.TemporaryDirectory(prefix="tidegate-demo-") as folder:
        pictures = await asyncio.to_thread(_pictures, Path(folder))
        if not pictures.records:
            console.print("Pictures are not shown: that needs pip install 'tidegate[images]'.", markup=False)
        stream = [*bundled_stream(), *pictures.records]
        tally = Tally(expected=len(stream))
        try:
            async with Children(Path(folder)) as children:
                demo = _Demo(console, tally, stream, pictures.settings, rate, stop)
                return await demo.run(children, Path(folder), plain)
        except DemoError as error:
            console.print(f"tidegate: {error}", style="bold red", markup=False)
            console.print(error.log, style="dim", markup=False, soft_wrap=True)
            return 1


def _pictures(folder: Path) -> Pictures:
    """None where what looks at them is not installed."""
    if any(find_spec(name) is None for name in IMAGES_EXTRA):
        return Pictures()
    from streams.cli.demo.pictures import draw_pictures

    return draw_pictures(folder)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    task = asyncio.current_task()
    assert task is not None

    def on_signal() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    return stop


def _isolate() -> None:
    """Only the model, policy and device are the user's; the broker and everything else are the demo's own."""
    for name in [name for name in os.environ if name.startswith("TIDEGATE_") and name not in KEPT_VARIABLES]:
        del os.environ[name]
    os.environ["TIDEGATE_CONFIG"] = os.devnull


class _Demo:
    def __init__(
        self,
        console: Console,
        tally: Tally,
        stream: Sequence[Bundled],
        settings: Mapping[str, str],
        rate: float,
        stop: asyncio.Event,
    ) -> None:
        self._console = console
        self._tally = tally
        self._stream = stream
        self._settings = settings
        self._rate = rate
        self._stop = stop
        self._sent_at: deque[tuple[str, float]] = deque()
        self._answered = asyncio.Event()

    async def run(self, children: Children, folder: Path, plain: bool) -> int:
        _isolate()
        texts = {bundled.id: bundled.text for bundled in self._stream}
        with open_view(self._console, self._tally, texts, plain) as view:
            starting = asyncio.create_task(self._start(children, folder, view))
            if not await self._first(starting):
                view.say("Stopped before anything was sent.")
                return 0
            settings = starting.result()
            seconds = await self._watch(settings, children, view)
            view.say("Another policy takes over while posts flow.")
            change = await change_unless_stopped(settings, children, self._stop)
        print_summary(self._console, self._tally, seconds)
        print_urgent(self._console, self._tally, texts)
        print_pictures(self._console, self._tally, texts)
        print_verdict(self._console, self._tally)
        if change is not None:
            print_change(self._console, change)
        stopped_early = self._stop.is_set() and not self._tally.sent
        return 0 if self._tally.is_complete() or stopped_early else 1

    async def _first(self, work: asyncio.Task[Settings]) -> bool:
        """False if the stop was asked for before the work was done."""
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
        return not work.cancelled()

    async def _start(self, children: Children, folder: Path, view: View) -> Settings:
        began = time.monotonic()
        view.say("Starting the embedded broker.")
        brokers = await children.start_broker()
        settings = Settings.load(brokers=brokers, data_dir=folder / "data")
        await create_topics(settings)
        view.say("Starting the worker: it loads the model and warms it up.")
        own = {
            "TIDEGATE_BROKERS": brokers,
            "TIDEGATE_DATA_DIR": str(settings.data_dir),
            "TIDEGATE_CONTROL": "on",
        }
        await children.start_worker({**self._settings, **own})
        view.say(f"Ready after {time.monotonic() - began:.1f} s. Sending {len(self._stream)} records.")
        return settings

    async def _watch(self, settings: Settings, children: Children, view: View) -> float:
        """Sends and reads until everything came back, or the time for it is over. Returns the seconds it took."""
        lines = {one.id: one.message.value for one in self._stream if one.message.value is not None}
        explain = await asyncio.to_thread(open_explaining, settings, lines)
        began = time.monotonic()
        async with Client(settings=settings) as client:
            readers = await self._open_readers(client, view, explain)
            working = asyncio.create_task(self._send_and_wait(client, view))
            tasks = {working, *readers, asyncio.create_task(children.until_one_ends())}
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                return time.monotonic() - began - AFTERGLOW_S
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _open_readers(self, client: Client, view: View, explain: Explain) -> list[asyncio.Task[None]]:
        """Subscribed before anything is sent, so that nothing is missed."""
        verdicts, triage = await client.verdicts().open(), await client.triage().open()
        flags, alerts = await client.flags().open(), await client.alerts().open()
        letters = await client.dead_letters().open()
        return [
            asyncio.create_task(reading)
            for reading in (
                self._read_posts(verdicts),
                self._read_triage(triage, view, explain),
                self._read_flags(flags, view),
                self._read_alerts(alerts, view),
                self._read_letters(letters),
            )
        ]

    async def _send_and_wait(self, client: Client, view: View) -> None:
        async for result in client.send_many(self._paced()):
            record_id, sent_at = self._sent_at.popleft()
            if isinstance(result, Receipt):
                self._tally.add_sent((result.topic, result.partition, result.offset), record_id, sent_at)
            else:
                self._tally.add_refused(record_id)
        view.say("All sent. Waiting for what is on its way.")
        deadline = time.monotonic() + ANSWER_WITHIN_S
        with contextlib.suppress(TimeoutError):
            while self._tally.lost:
                self._answered.clear()
                await asyncio.wait_for(self._answered.wait(), deadline - time.monotonic())
        await asyncio.sleep(AFTERGLOW_S)

    async def _paced(self) -> AsyncIterator[Message]:
        """Each record at its own time, whatever the earlier ones took."""
        began = time.monotonic()
        for number, bundled in enumerate(self._stream):
            await asyncio.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            if self._stop.is_set():
                return
            self._sent_at.append((bundled.id, time.monotonic()))
            yield bundled.message

    async def _read_posts(self, verdicts: Subscription[PostVerdict]) -> None:
        async for verdict in verdicts:
            self._tally.add_verdict(verdict, time.monotonic())
            self._answered.set()

    async def _read_triage(self, verdicts: Subscription[SymptomVerdict], view: View, explain: Explain) -> None:
        async for verdict in verdicts:
            self._tally.add_verdict(verdict, time.monotonic())
            why = await asyncio.to_thread(explain, verdict)
            if why is not None:
                self._tally.add_urgent(verdict, why)
            view.triage(verdict, why)
            self._answered.set()

    async def _read_flags(self, verdicts: Subscription[PostVerdict], view: View) -> None:
        async for verdict in verdicts:
            self._tally.add_flag(verdict)
            view.flag(verdict)

    async def _read_alerts(self, alerts: Subscription[Alert], view: View) -> None:
        async for alert in alerts:
            self._tally.add_alert(alert)
            view.alert(alert)

    async def _read_letters(self, letters: Subscription[Letter]) -> None:
        async for letter in letters:
            why = letter.why
            place = (why.original_topic, why.original_partition, why.original_offset)
            self._tally.add_dead_letter(place, why.reason, time.monotonic())
            self._answered.set()
