"""Who gets in at a real broker with SASL, TLS and ACLs, and what is said to who does not."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from typer.testing import CliRunner

from load.kafka.secured import SecuredKafka
from streams.cli.app import build_app
from streams.client import Client, NotAuthorisedError
from streams.client.dead_letters import replay
from streams.kafka.topics import create_topics
from streams.settings import Settings
from tests.support.bench import Bench
from tests.support.certificates import Authority, Pair, keystore
from tests.support.records import bad_values, posts, symptom_records
from tests.support.traffic import Draft

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.broker,
    pytest.mark.real_broker("the embedded one lets everybody in"),
]

ME = "User:tidegate"
PASSWORD = "a long password"


class Secured:
    """The broker, whom it trusts, and the settings of clients that it lets in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority, self.stranger = Authority(folder), Authority(folder, "stranger")
        self.server = self.authority.sign("localhost", hosts=("localhost",), file="broker")
        self.client = self.authority.sign("tidegate")
        self.expired = self.authority.sign("tidegate", ends_in=-timedelta(days=1), file="expired")
        self.unknown = self.stranger.sign("tidegate", file="unknown")
        self.token = folder / "token"
        self.token.write_text(unsigned_token("tidegate"))
        self.kafka = SecuredKafka(keystore(self.server), self.authority.path, {"tidegate": PASSWORD})

    def scram(self, **other: object) -> dict[str, object]:
        how = {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "tidegate"}
        brokers = self.kafka.address("scram")
        return {"brokers": brokers, **how, "sasl_password": PASSWORD, "ssl_cafile": self.authority.path, **other}

    def oauth(self, **other: object) -> dict[str, object]:
        how = {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER", "sasl_token_file": self.token}
        return {"brokers": self.kafka.address("oauth"), **how, "ssl_cafile": self.authority.path, **other}

    def mutual(self, pair: Pair | None = None) -> dict[str, object]:
        pair = pair or self.client
        files = {"ssl_cafile": self.authority.path, "ssl_certfile": pair.certificate, "ssl_keyfile": pair.key}
        return {"brokers": self.kafka.address("mutual"), "security_protocol": "SSL", **files}

    def grant(self, settings: Settings, role: str, principal: str = ME) -> list[AclBinding]:
        """Exactly what `tidegate acls` prints; returns it."""
        bindings = printed_acls(settings, role, principal)
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        for done in admin.create_acls(bindings).values():
            done.result(20)
        self._wait_until_known(admin, bindings)
        return bindings

    def _wait_until_known(self, admin: AdminClient, bindings: Iterable[AclBinding]) -> None:
        """The controller answers before the broker, which goes by what it has heard of it, has them."""
        anybody = None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
        every = AclBindingFilter(ResourceType.ANY, *anybody)  # type: ignore[arg-type]
        deadline = time.monotonic() + 20
        while set(bindings) - set(admin.describe_acls(every).result(20)):
            assert time.monotonic() < deadline, "the broker does not know the ACLs"
            time.sleep(0.05)

    def withdraw(self, bindings: Iterable[AclBinding]) -> None:
        filters = [
            AclBindingFilter(
                one.restype, one.name, one.resource_pattern_type, one.principal, "*", one.operation, one.permission_type
            )
            for one in bindings
        ]
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        for done in admin.delete_acls(filters).values():
            done.result(20)


def unsigned_token(name: str) -> str:
    """What Kafka's validator of unsigned tokens takes."""

    def part(content: Mapping[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    now = time.time()
    return f"{part({'alg': 'none'})}.{part({'sub': name, 'iat': now, 'exp': now + 3600})}."


def printed_acls(settings: Settings, role: str, principal: str) -> list[AclBinding]:
    given = ["--role", role, "--principal", principal, "--prefix", settings.topic_prefix, "--group", settings.group]
    result = CliRunner().invoke(build_app(), ["acls", *given, "--json"])
    assert result.exit_code == 0, result.output
    return [
        AclBinding(
            ResourceType[acl["resource"].upper().replace("-", "_")],
            acl["name"],
            ResourcePatternType.LITERAL,
            acl["principal"],
            "*",
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for acl in map(json.loads, result.stdout.splitlines())
        for operation in acl["operations"]
    ]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    secured = Secured(tmp_path_factory.mktemp("secured"))
    with secured.kafka:
        yield secured


WRONG: dict[str, tuple[Callable[[Secured], dict[str, object]], str]] = {
    "a wrong password": (lambda s: s.scram(sasl_password="nope"), "refused: Authentication failed"),
    "a token that is none": (lambda s: s.oauth(sasl_token_file=s.authority.path), "refused: Authentication failed"),
    "a mechanism that is not offered": (lambda s: s.scram(brokers=s.kafka.address("oauth")), "mechanism"),
    "an authority of another": (
        lambda s: s.scram(ssl_cafile=s.stranger.path), "is not accepted: unable to get local issuer certificate.",
    ),
    "a wrong host name": (
        lambda s: s.scram(brokers=s.kafka.address("scram", "127.0.0.1")),
        "is not accepted: IP address mismatch, certificate is not valid for '127.0.0.1'.",
    ),
    "an expired certificate": (lambda s: s.mutual(s.expired), "does not accept this client's certificate"),
    "a certificate of a stranger": (lambda s: s.mutual(s.unknown), "does not accept this client's certificate"),
    "no TLS": (lambda s: {"brokers": s.kafka.address("scram")}, "it may want TLS"),
    "TLS where there is none": (lambda s: {**s.mutual(), "brokers": s.kafka.bootstrap}, "speaks no TLS"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("command", [["topics", "list"], ["watch", "labels"], ["dead-letters", "replay"]])
def test_who_is_not_let_in_reads_why(
    what: str, command: list[str], secured: Secured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    how, sentence = WRONG[what]
    for name, value in {**how(secured), "data_dir": tmp_path}.items():
        monkeypatch.setenv(f"TIDEGATE_{name.upper()}", str(value))
    result = CliRunner().invoke(build_app(), command)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1), result.output
    assert sentence in result.stderr
    assert PASSWORD not in result.output


def the_settings(bench: Bench, how: Mapping[str, object]) -> Settings:
    return Settings(topic_prefix=bench.prefix, group=bench.prefix, data_dir=bench.folder, **dict[str, Any](how))


@pytest.fixture
async def bench(secured: Secured, open_bench: Callable[[str], Bench]) -> Bench:
    """Sends and reads through the listener that lets everybody in; its workers do not."""
    bench = open_bench(secured.kafka.bootstrap)
    await bench.create_topics()
    return bench


def drafts(bench: Bench, count: int = 30) -> list[Draft]:
    bad = [Draft(bench.topic("posts"), value) for value, _ in zip(bad_values(), range(5), strict=False)]
    return [*posts(bench.topic("posts"), count), *symptom_records(bench.topic("symptoms"), 5), *bad]


@pytest.mark.parametrize("way", ["scram", "oauth", "mutual"])
async def test_a_worker_runs_under_just_the_acls_that_are_printed(way: str, secured: Secured, bench: Bench) -> None:
    how: dict[str, object] = getattr(secured, way)()
    secured.grant(the_settings(bench, how), "worker")
    worker = await bench.start_worker(**how)
    places = await bench.send(drafts(bench))
    (await bench.answers(places)).assert_exactly_once()
    await bench.wait_committed(places)
    assert worker.stop() == 0


async def test_without_one_of_them_a_worker_ends_with_a_sentence_and_nothing_is_lost(
    secured: Secured, bench: Bench
) -> None:
    how = secured.scram()
    granted = secured.grant(the_settings(bench, how), "worker")
    places = await bench.send(drafts(bench))
    for name in (bench.prefix, *map(bench.topic, ("posts", "labels", "dead-letters", "posts-backfill"))):
        missing = [acl for acl in granted if acl.name == name]
        secured.withdraw(missing)
        worker = bench.begin_worker(**how)
        assert await asyncio.to_thread(worker.wait_exit, 60) == 1, name
        (last,) = [line for line in worker.tail().splitlines() if "tidegate acls" in line][-1:]
        assert name in last
        assert "Traceback" not in worker.tail()
        secured.grant(the_settings(bench, how), "worker")
    worker = await bench.start_worker(**how)
    (await bench.answers(places)).assert_at_least_once()
    assert worker.stop() == 0


async def test_an_acl_that_is_withdrawn_while_a_worker_runs_loses_nothing(secured: Secured, bench: Bench) -> None:
    how = secured.scram()
    granted = secured.grant(the_settings(bench, how), "worker")
    worker = await bench.start_worker(**how)
    secured.withdraw([acl for acl in granted if acl.name == bench.topic("labels")])
    places = await bench.send(drafts(bench))
    assert await asyncio.to_thread(worker.wait_exit, 90) == 1
    assert f"topic {bench.topic('labels')} did not take an output" in worker.tail()
    secured.grant(the_settings(bench, how), "worker")
    worker = await bench.start_worker(**how)
    (await bench.answers(places)).assert_at_least_once()
    assert worker.stop() == 0


async def test_senders_readers_reviewers_and_operators_need_no_more_than_is_printed(
    secured: Secured, bench: Bench
) -> None:
    """Each over a certificate of its own name, and the operator on topics that are not there yet."""
    own = {
        role: the_settings(bench, secured.mutual(secured.authority.sign(f"{role}-{bench.prefix}")))
        for role in ("sender", "reader", "reviewer", "operator")
    }
    for role, settings in own.items():
        secured.grant(settings, role, f"User:{role}-{bench.prefix}")
    async with Client(settings=own["sender"]) as client:
        await client.send_post({"id": "1", "text": "a fine day"})
        with pytest.raises(NotAuthorisedError, match="tidegate acls"):
            async for _ in client.verdicts(from_beginning=True, timeout_s=5):
                pass
    worker = await bench.start_worker()
    async with Client(settings=own["reader"]) as client:
        subscription = client.verdicts(group=bench.prefix + "-r", from_beginning=True, timeout_s=20)
        with pytest.raises(NotAuthorisedError, match="group"):
            await anext(subscription)
        verdicts = client.verdicts(group=bench.prefix, from_beginning=True, timeout_s=20)
        verdict = await anext(verdicts)
        assert verdict.post_id == "1"
        with pytest.raises(NotAuthorisedError):
            await client.send_post({"id": "2", "text": "a fine day"})
    review = {"verdict_id": verdict.id, "post_id": "1", "action": "remove"}
    async with Client(settings=own["reviewer"]) as client:
        assert (await client.send_review(review)).topic == bench.topic("reviews")
        with pytest.raises(NotAuthorisedError):
            await client.send_post({"id": "2", "text": "a fine day"})
    async with Client(settings=own["sender"]) as client:
        with pytest.raises(NotAuthorisedError):
            await client.send_review(review)
    await bench.send([Draft(bench.topic("posts"), b"{")])
    await bench.read(["dead-letters"], until=lambda letters: len(letters) == 1)
    assert (await replay(own["operator"])).total.sent == 1
    anew = own["operator"].model_copy(update={"topic_prefix": f"{bench.prefix}.new"})
    secured.grant(anew, "operator", f"User:operator-{bench.prefix}")
    assert all(state.created for state in await create_topics(anew, 1, 1))
    assert worker.stop() == 0


async def test_certificates_change_on_both_sides_and_the_worker_goes_on(secured: Secured, bench: Bench) -> None:
    """Last in this file: from here on the broker trusts another authority."""
    files = secured.folder / "rotated"
    files.mkdir()
    ours = {"ssl_cafile": files / "ca.pem", "ssl_certfile": files / "own.crt", "ssl_keyfile": files / "own.key"}
    for path, source in zip(ours.values(), (secured.authority.path, *secured.client), strict=True):
        path.write_bytes(source.read_bytes())
    how = {**secured.mutual(), **ours}
    secured.grant(the_settings(bench, how), "worker")
    worker = await bench.start_worker(**how)
    before = await bench.send(drafts(bench))
    await bench.answers(before)

    new = Authority(secured.folder, "new-authority")
    pair = new.sign("tidegate", file="new-client")
    for path, source in zip(ours.values(), (new.path, *pair), strict=True):
        path.write_bytes(source.read_bytes())
    await asyncio.to_thread(secured.kafka.stop)
    keystore(secured.server).write_bytes(keystore(new.sign("localhost", hosts=("localhost",), file="b2")).read_bytes())
    secured.authority.path.write_bytes(new.path.read_bytes())
    await asyncio.to_thread(secured.kafka.start)

    after = await bench.send(drafts(bench))
    (await bench.answers([*before, *after], quiet_s=90)).assert_at_least_once()
    assert worker.stop() == 0
