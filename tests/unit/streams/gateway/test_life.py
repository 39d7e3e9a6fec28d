"""The command itself: how it starts, what it logs, and how it ends."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from models.serving.types import EngineLostError
from streams.cli.app import build_app
from streams.gateway.keys import Keys
from streams.gateway.life import _Gateway
from streams.gateway.listening import Address, bound
from streams.settings import METRICS_PORT_FILE
from tests.support.expositions import families, get
from tests.support.gateway import settings_for

TEXT = "quibble you idiot"


@contextmanager
def serving(artifact: Path, tmp_path: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that answers, and its port; killed at the end if it still runs."""
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "streams.cli", "serve", "--port", "0", "--artifact", str(artifact), *options]
    variables = {"TIDEGATE_READY_FILE": str(ready), "TIDEGATE_DEVICE": "cpu", "TIDEGATE_LOG_LEVEL": "DEBUG"}
    environment = os.environ | variables
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not (ready.exists() and ready.read_text().endswith("\n")):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process, int(ready.read_text())
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        if process.stderr:
            process.stderr.close()


def ask(connection: http.client.HTTPConnection, path: str, body: str, **headers: str) -> int:
    connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    response.read()
    return response.status


def test_it_answers_logs_nothing_of_a_request_and_ends(tiny_artifact: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    made = CliRunner().invoke(build_app(), ["keys", "add", "reader", "--file", str(file)])
    key = made.output.strip()
    with serving(tiny_artifact, tmp_path, "--keys", str(file)) as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        body = f'{{"input": "{TEXT}"}}'
        analyze = f'{{"comment": {{"text": "{TEXT}"}}, "requestedAttributes": {{"TOXICITY": {{}}}}}}'
        assert ask(connection, "/v1/moderations", body, authorization=f"Bearer {key}") == 200
        assert ask(connection, f"/v1alpha1/comments:analyze?key={key}", analyze) == 200
        assert ask(connection, "/v1/moderations?key=quibble-key", body) == 401
        assert ask(connection, "/v1/moderations", f'{{"input": 7, "{TEXT}": ', authorization=f"Bearer {key}") == 400
        with socket.create_connection(("127.0.0.1", port), timeout=10) as rude:
            rude.sendall(b"quibble HTTP\r\n\r\n")
            rude.recv(1000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr is not None
        log = process.stderr.read()
        connection.close()
    assert f"ready at http://127.0.0.1:{port}" in log
    for secret in ("quibble", "idiot", key, key[:12]):
        assert secret not in log


def test_brokers_that_are_not_there_cost_the_scores_nothing(tiny_artifact: Path, tmp_path: Path) -> None:
    post = '{"id": "1", "text": "a day"}'
    with serving(tiny_artifact, tmp_path, "--no-keys", "--brokers", "127.0.0.1:1") as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert ask(connection, "/v1/posts", post) in (503, 504)
        assert ask(connection, "/v1/posts", post, x_deadline_ms="1") in (503, 504)
        assert ask(connection, "/v1/verdicts", post) == 200
        connection.close()


def test_what_is_in_work_is_finished_and_who_is_idle_does_not_hold_it_up(tiny_artifact: Path, tmp_path: Path) -> None:
    with serving(tiny_artifact, tmp_path, "--no-keys") as (process, port):
        idle = socket.create_connection(("127.0.0.1", port), timeout=30)
        half = socket.create_connection(("127.0.0.1", port), timeout=30)
        half.sendall(b"POST /v1/moderations HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{")
        statuses: list[int] = []
        lines = "\n".join(f'{{"id": "{n}", "text": "what a day {n}"}}' for n in range(200))

        def stream() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            statuses.append(ask(connection, "/v1/verdicts", lines, content_type="application/x-ndjson"))
            connection.close()

        thread = Thread(target=stream)
        thread.start()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        thread.join(20)
        idle.close()
        half.close()
    assert statuses == [200]


def test_a_crash_of_the_engine_ends_it(tiny_artifact: Path, tmp_path: Path) -> None:
    """Nothing serves on with an engine that is gone: whoever started the process starts it anew."""
    gateway = _Gateway(settings_for(tiny_artifact), Address("127.0.0.1", 0), None)
    crashed = asyncio.new_event_loop()
    crashed.call_later(0.5, gateway.life.crash, EngineLostError("The engine is gone."))
    try:
        assert crashed.run_until_complete(gateway.run()) == 1
    finally:
        crashed.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """For localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / "cert.pem", folder / "key.pem"


def test_tls_by_files(tiny_artifact: Path, tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    options = ("--host", "localhost", "--no-keys", "--tls-cert", str(cert), "--tls-key", str(key))
    with serving(tiny_artifact, tmp_path, *options) as (_, port):
        context = ssl.create_default_context(cafile=str(cert))
        connection = http.client.HTTPSConnection("localhost", port, timeout=30, context=context)
        assert ask(connection, "/v1/moderations", '{"input": "a"}') == 200
        connection.close()


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--keys", "k.toml", "--no-keys"),
        ("--keys", "/no/such/file"),
        ("--no-keys", "--host", "0.0.0.0"),
        ("--no-keys", "--host", "192.0.2.1"),
        ("--no-keys", "--host", "example.org"),
        ("--no-keys", "--tls-cert", "cert.pem"),
        ("--no-keys", "--port", "70000"),
        ("--no-keys", "--artifact", "/no/such/folder", "--tls-cert", "/no/cert", "--tls-key", "/no/key"),
    ],
)
def test_a_wrong_start_is_one_sentence_and_no_server(options: tuple[str, ...], tmp_path: Path) -> None:
    result = CliRunner().invoke(build_app(), ["serve", *options])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_an_address_that_is_taken(tiny_artifact: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["--no-keys", "--port", port, "--artifact", str(tiny_artifact)]
        result = CliRunner().invoke(build_app(), ["serve", *options])
    assert result.exit_code == 2
    assert f"Cannot listen at 127.0.0.1:{port}" in result.output


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert Address(host, 0).is_loopback is expected


async def test_what_is_written_leaves_at_once() -> None:
    """An answer is two writes, and the second one would wait for the first to be acknowledged."""
    accepted: list[bool] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.append(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
        writer.close()

    with bound(Address("127.0.0.1", 0)) as listener:
        async with await asyncio.start_server(accept, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
    assert accepted == [True]


def test_a_key_is_shown_once(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    options = ["--file", str(file), "--scope", "score", "--scope", "send", "--rate", "5", "--burst", "9"]
    made = CliRunner().invoke(build_app(), ["keys", "add", "reader", *options])
    assert made.exit_code == 0
    caller = Keys.load(file).caller(made.output.strip())
    assert caller is not None
    assert caller.scopes == {"score", "send"}
    again = CliRunner().invoke(build_app(), ["keys", "add", "reader", *options])
    assert again.exit_code == 2
    wrong = CliRunner().invoke(build_app(), ["keys", "add", "other", "--file", str(file), "--scope", "all"])
    assert wrong.exit_code == 2


def test_metrics_are_on_a_port_of_their_own(
    tiny_artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_METRICS_PORT", "0")
    monkeypatch.setenv(METRICS_PORT_FILE, str(tmp_path / "metrics"))
    with serving(tiny_artifact, tmp_path, "--no-keys") as (process, port):
        metrics = int((tmp_path / "metrics").read_text())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert ask(connection, "/v1/moderations", '{"input": "quibble you idiot"}') == 200
        found = families(metrics)
        assert get(metrics, "/readyz").status == 200
        connection.request("GET", "/metrics")
        assert connection.getresponse().status == 404, "callers do not see it"
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert found["tidegate_requests"].samples
    assert found["process_cpu_seconds"].samples


@pytest.mark.parametrize("command", [("serve", "--no-keys", "--port", "0"), ("worker",), ("worker", "--workers", "2")])
def test_a_metrics_port_that_is_taken_is_one_sentence_and_exit_code_2(command: tuple[str, ...], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = os.environ | {"TIDEGATE_METRICS_PORT": str(port)}
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli", *command], env=environment, capture_output=True, text=True, timeout=60
        )

    assert done.returncode == 2
    assert done.stderr == f"tidegate: Cannot listen for metrics at 127.0.0.1:{port}: Address already in use.\n"
