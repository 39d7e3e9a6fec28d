"""A real Apache Kafka (KRaft) on this machine's Java, for tests, load and fault runs.

    python -m load.kafka.cluster fetch     copy the jars that load/kafka/pom.xml names, by Maven
    python -m load.kafka.cluster run       start a broker, print its address, stop it on Ctrl-C

Data lives in a temporary folder that goes away with the broker; if the parent dies, so does the broker.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

import psutil
import typer

from load.kafka.config import LOGGING, Node, server_properties
from load.kafka.jars import KafkaUnavailable, fetch, require_java
from streams.cli.terminal import reporting
from streams.leash import start_leashed, stop_leashed, tail

_CLUSTER_ID = "dGlkZWdhdGVjbHVzdGVyMQ"
_FOLDER_PREFIX = "tidegate-kafka-"


class LocalKafka:
    """A cluster of `brokers` nodes. Use as a context manager, or call start() and close().

    `properties` are Kafka's, with underscores for dots, where the defaults of kafka_config.py do not suit.
    stop() and start() again keep ports and data, as a restart of a real broker does.
    With `behind_proxies` each node has one more listener, whose advertised port is for somebody else to listen on.
    `spare_ports` more are free for listeners of a kind of its own: picked at once, for one at a time may be the same.
    """

    format_options: Sequence[str] = ()
    """More arguments for `kafka-storage format`."""

    def __init__(
        self,
        brokers: int = 1,
        *,
        heap_mb: int = 512,
        start_within_s: float = 90.0,
        behind_proxies: bool = False,
        spare_ports: int = 0,
        **properties: object,
    ) -> None:
        self._java = require_java()
        self._classpath = f"{fetch()}/*"
        self._heap_mb = heap_mb
        self._start_within_s = start_within_s
        self._properties = properties
        sweep_abandoned()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{os.getpid()}-"))
        ports = iter(free_ports(4 * brokers + spare_ports))
        self.nodes = [
            Node(i, next(ports), next(ports), self.folder / str(i), next(ports), next(ports) if behind_proxies else 0)
            for i in range(1, brokers + 1)
        ]
        self.spare_ports = list(ports)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def bootstrap(self) -> str:
        return ",".join(node.address for node in self.nodes)

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the nodes that run."""
        return tuple(process.pid for process in self._processes.values())

    @property
    def proxied(self) -> str:
        """The same by way of the proxies."""
        return ",".join(f"127.0.0.1:{node.proxy_port}" for node in self.nodes)

    @property
    def links(self) -> dict[int, int]:
        """The port that leads to a node behind each port that a proxy is to listen on."""
        return {node.proxy_port: node.inner_port for node in self.nodes}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, *node_ids: int) -> None:
        """Start the named nodes (default all) and wait until each accepts connections."""
        self.launch(*node_ids)
        self.await_listening(*node_ids)

    def launch(self, *node_ids: int) -> None:
        """The first half of `start`; call it in a thread that lives as long as the nodes should."""
        for node in self._chosen(node_ids):
            if not (node.folder / "data").exists():
                self._format(node)
            self._processes[node.id] = start_leashed(self._command(node, "kafka.Kafka"), output=node.log)

    def await_listening(self, *node_ids: int) -> None:
        """The second half of `start`."""
        deadline = time.monotonic() + self._start_within_s
        for node in self._chosen(node_ids):
            self._await_listening(node, deadline)

    def _chosen(self, node_ids: tuple[int, ...]) -> list[Node]:
        return [node for node in self.nodes if not node_ids or node.id in node_ids]

    def stop(self, *node_ids: int, within_s: float = 20.0) -> None:
        """Shut the named nodes (default all) down, by force after `within_s`; their data stays."""
        stopping = [self._processes.pop(number) for number in node_ids or tuple(self._processes)]
        for process in stopping:  # tell all before waiting for one: the last needs its quorum
            process.terminate()
        for process in stopping:
            stop_leashed(process, within_s=within_s)

    def kill(self, *node_ids: int) -> None:
        """End the named nodes (default all) at once with SIGKILL, as a power cut would; their data stays."""
        for number in node_ids or tuple(self._processes):
            process = self._processes.pop(number)
            process.kill()
            process.wait(10)

    def freeze(self, *node_ids: int) -> None:
        """Stop the named nodes (default all) where they are; their connections stay open."""
        self._signal(signal.SIGSTOP, node_ids)

    def thaw(self, *node_ids: int) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT, node_ids)

    def _signal(self, number: signal.Signals, node_ids: tuple[int, ...]) -> None:
        for node_id in node_ids or tuple(self._processes):
            self._processes[node_id].send_signal(number)

    def close(self) -> None:
        """Kill what runs (nobody reads this data again) and delete the folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def properties_of(self, node: Node) -> dict[str, object]:
        """What goes before the defaults for this node; a cluster of another kind says more."""
        return self._properties

    def _format(self, node: Node) -> None:
        node.folder.mkdir(parents=True, exist_ok=True)
        node.properties.write_text(server_properties(node, self.nodes, **self.properties_of(node)))
        (node.folder / "log4j2.properties").write_text(LOGGING)
        command = self._command(node, "kafka.tools.StorageTool")
        command[-1:] = ["format", "-t", _CLUSTER_ID, "-c", str(node.properties), *self.format_options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=self._start_within_s, check=False)
        if done.returncode != 0:
            raise KafkaUnavailable(f"Kafka could not format {node.folder}:\n{(done.stdout + done.stderr)[-2000:]}")

    def _command(self, node: Node, main: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={node.folder / 'log4j2.properties'}"
        small = [f"-Xmx{self._heap_mb}m", "-Xms128m", "-XX:+UseSerialGC", "-Xshare:auto"]
        return [self._java, *small, logging, "-cp", self._classpath, main, str(node.properties)]

    def _await_listening(self, node: Node, deadline: float) -> None:
        def answered() -> bool:
            if self._processes[node.id].poll() is not None:
                raise KafkaUnavailable(f"Kafka ended while starting:\n{tail(node.log)}")
            return _listens(node.broker_port)

        if not _wait_for(answered, deadline):
            raise KafkaUnavailable(f"Kafka did not listen on {node.address} in time:\n{tail(node.log)}")


def sweep_abandoned(parent: Path | None = None) -> None:
    """Delete data folders whose owner is gone (it was killed before it could)."""
    for folder in (parent or Path(tempfile.gettempdir())).glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _wait_for(claim: Callable[[], bool], deadline: float) -> bool:
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


cli = typer.Typer(add_completion=False, help=(__doc__ or "").splitlines()[0])


@cli.command("fetch")
def fetch_command() -> None:
    """Copy Apache Kafka's jars with Maven."""
    with reporting():
        typer.echo(fetch())


@cli.command("run")
def run_command(
    brokers: Annotated[int, typer.Option(min=1, max=5)] = 1,
    heap_mb: Annotated[int, typer.Option(min=128)] = 512,
) -> None:
    """Start a cluster and print its address; it ends with Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with reporting(), LocalKafka(brokers, heap_mb=heap_mb) as kafka:
        typer.echo(kafka.bootstrap)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    cli()
