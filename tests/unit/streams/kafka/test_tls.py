"""Certificates that are replaced while the service runs."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509

from streams.kafka.tls import FreshContext
from streams.kafka.tokens import TokenFile
from streams.settings import Settings, SettingsError
from tests.support.certificates import Authority, Pair


class Server:
    """Notes the serial number of each client's certificate."""

    def __init__(self) -> None:
        self.serials: list[int] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        given = writer.get_extra_info("ssl_object").getpeercert(True)
        self.serials.append(x509.load_der_x509_certificate(given).serial_number)
        writer.write(b"hello\n")
        writer.close()

    async def met_by(self, context: ssl.SSLContext) -> int:
        reader, writer = await asyncio.open_connection("localhost", self.port, ssl=context)
        assert await reader.readline() == b"hello\n"
        writer.close()
        return self.serials[-1]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.path)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(*authority.sign("localhost", hosts=("localhost",), file="server"))
    server = Server()
    async with await asyncio.start_server(server.serve, "localhost", 0, ssl=context) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def serial(pair: Pair) -> int:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).serial_number


def settings_with(authority: Authority, pair: Pair) -> Settings:
    return Settings(
        security_protocol="SSL", ssl_cafile=authority.path, ssl_certfile=pair.certificate, ssl_keyfile=pair.key
    )


async def test_the_next_connection_takes_the_files_as_they_are(
    authority: Authority, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    first = authority.sign("tidegate")
    context = FreshContext.open(settings_with(authority, first))
    before = serial(first)
    assert await server.met_by(context) == await server.met_by(context) == before

    after = serial(authority.sign("tidegate"))  # into the same files
    assert await server.met_by(context) == after != before

    first.key.write_text("half of a k")
    for _ in range(3):
        assert await server.met_by(context) == after
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    first.key.unlink()
    assert await server.met_by(context) == after
    last = serial(authority.sign("tidegate"))
    assert await server.met_by(context) == last


async def test_a_name_that_leads_to_other_files_is_followed(
    authority: Authority, server: Server, tmp_path: Path
) -> None:
    pairs = [authority.sign("tidegate", file=file) for file in ("one", "two")]
    named = Pair(tmp_path / "own.crt", tmp_path / "own.key")
    seen = []
    context: FreshContext | None = None
    for pair in pairs:
        for name, target in zip(named, pair, strict=True):
            draft = tmp_path / "draft"
            os.symlink(target, draft)  # noqa: PTH211  a rename replaces a link, `symlink_to` does not
            draft.replace(name)
        context = context or FreshContext.open(settings_with(authority, named))
        seen.append(await server.met_by(context))
    assert seen == [serial(pair) for pair in pairs]


async def test_a_broker_of_another_name_or_authority_is_refused(
    authority: Authority, server: Server, tmp_path: Path
) -> None:
    own = authority.sign("tidegate")
    stranger = Authority(tmp_path, "stranger")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed certificate|unable to get local issuer"):
        await server.met_by(FreshContext.open(settings_with(stranger, own)))
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        await asyncio.open_connection(
            "localhost", server.port, ssl=FreshContext.open(settings_with(authority, own)), server_hostname="elsewhere"
        )


def test_what_is_no_certificate_stops_the_start(authority: Authority) -> None:
    own = authority.sign("tidegate")
    own.certificate.write_text("nothing")
    with pytest.raises(SettingsError, match=r"^ssl_cafile, ssl_certfile or ssl_keyfile cannot be used: "):
        FreshContext.open(settings_with(authority, own))


async def test_a_token_is_read_for_each_connection(tmp_path: Path) -> None:
    path = tmp_path / "token"
    tokens = TokenFile(path)
    with pytest.raises(SettingsError, match=r"sasl_token_file .* cannot be read: No such file or directory\."):
        await tokens.token()
    for content in ("one", "two"):
        path.write_text(f"{content}\n")
        assert await tokens.token() == content
    path.write_text(" \n")
    with pytest.raises(SettingsError, match="is empty"):
        await tokens.token()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"sasl_mechanism": "OAUTHBEARER"}, "OAUTHBEARER needs sasl_token_file"),
        ({"sasl_token_file": "t", "sasl_username": "u", "sasl_password": "p"}, "is for sasl_mechanism OAUTHBEARER"),
    ],
)
def test_a_token_goes_with_its_mechanism(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.load(security_protocol="SASL_SSL", **given)
