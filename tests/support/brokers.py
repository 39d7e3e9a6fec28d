"""Which broker the tests run on, as TIDEGATE_TEST_KAFKA and TIDEGATE_TEST_BROKER say."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from load.kafka.cluster import LocalKafka
from load.worker_process import ROOT

EMBEDDED = "embedded"


def chosen() -> str:
    """`real`, `embedded`, or the address of a broker that runs already."""
    address, kind = os.environ.get("TIDEGATE_TEST_KAFKA"), os.environ.get("TIDEGATE_TEST_BROKER")
    if kind not in (None, "", "real", EMBEDDED):
        raise ValueError(f"TIDEGATE_TEST_BROKER is {kind!r}; it may be `real` or `embedded`")
    return address or kind or "real"


@contextmanager
def _embedded() -> Iterator[str]:
    """In a process of its own: it needs an event loop that nothing blocks."""
    with TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "streams.kafka.embedded_broker", "--port-file", str(port_file)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT)
        deadline = time.monotonic() + 30
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError("the embedded broker did not start")
            time.sleep(0.05)
        try:
            yield port_file.read_text().strip()
        finally:
            process.communicate(timeout=20)


@contextmanager
def running_broker() -> Iterator[str]:
    """The address of the chosen broker.

    Raises:
        KafkaUnavailable: no Java or no Maven; says what to install. Tests fail with it, they are not skipped.
    """
    choice = chosen()
    if choice == EMBEDDED:
        with _embedded() as address:
            yield address
    elif choice == "real":
        with LocalKafka() as kafka:
            yield kafka.bootstrap
    else:
        yield choice
