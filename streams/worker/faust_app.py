"""The Faust app of a worker: it joins the consumer group, fetches, balances and commits; see faust_consumer.py."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import faust
from faust.tables.manager import TableManager
from faust.types import TP
from mode import ServiceT

from streams.kafka.connection import connection_options
from streams.kafka.group import group_options
from streams.record import Partition
from streams.settings import Settings
from streams.worker.agents import add_agents
from streams.worker.faust_consumer import ByPartition, LedgerConsumer, LedgerTransport
from streams.worker.metrics import LogPlace
from streams.worker.service import Service

NEVER_FULL = 1 << 30  # queues of the agents: the consumer reads no more than they have room for
NOBODY = "no sensor"


class NoTables(TableManager):
    """For which Faust waits a second at the start of every app."""

    logger = logging.getLogger(faust.__name__)  # or Faust's lines would come in our name

    async def on_start(self) -> None:
        """As Faust's own, less the second: nobody was served in it at a restart."""
        await self._update_channels()
        await self.recovery.start()


class TidegateApp(faust.App):
    """A Faust app that carries the service its consumer commits for, and the options that it reads with."""

    logger = logging.getLogger(faust.__name__)  # as above
    tidegate: Service
    reading: Mapping[str, Any]

    def on_init_dependencies(self) -> Iterable[ServiceT]:
        """Without what Faust does for each message and nobody needs here.

        Nobody reads the monitor's statistics, and nothing is ever in the buffer of Faust's own producer.
        """
        dependencies = super().on_init_dependencies()
        self.sensors.remove(self.monitor)
        self.producer.buffer.wait_until_ebb = _no_wait  # type: ignore[method-assign]
        return dependencies

    def on_rebalance_return(self) -> None:
        """Faust would tell the sensors, and warn that there are none."""

    def on_rebalance_end(self) -> None:
        """As above; but this does more than tell them, so it is given the notes of a sensor that nobody asks for."""
        self._rebalancing_sensor_state = {NOBODY: {}}
        super().on_rebalance_end()

    def log_places(self) -> Mapping[Partition, LogPlace]:
        """Of the partitions that this worker holds; for metrics."""
        assert isinstance(self.consumer, LedgerConsumer)
        return self.consumer.log_places()

    def _create_directories(self) -> None:
        """Faust would keep tables in the data folder. There are none, so it may be missing or full."""

    def _new_transport(self) -> LedgerTransport:
        return LedgerTransport(self.conf.broker_consumer, self, self.tidegate, self.reading)


async def _no_wait() -> None: ...


def create_app(
    settings: Settings, service: Service, on_ready: Callable[[], None], client_id: str = "tidegate"
) -> TidegateApp:
    """The app, to be started on the running loop. `on_ready` is called after each assignment of partitions,
    once their records may be decided.
    """
    app = TidegateApp(
        settings.group,
        broker=[f"kafka://{address.strip()}" for address in settings.brokers.split(",")],
        broker_credentials=_credentials(connection_options(settings)),
        broker_commit_interval=settings.commit_interval_s,
        datadir=str(settings.data_dir / "faust"),
        stream_buffer_maxsize=NEVER_FULL,
        ConsumerScheduler=ByPartition,
        stream_wait_empty=True,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        TableManager=NoTables,
    )
    app.tidegate = service
    app.reading = {**group_options(settings), "client_id": client_id}
    add_agents(app, service)

    async def on_revoked(_: Any, revoked: set[TP], *__: Any, **___: Any) -> None:
        await service.revoke({(tp.topic, tp.partition) for tp in revoked})

    async def on_assigned(_: Any, assigned: set[TP], *__: Any, **___: Any) -> None:
        counts = {topic: app.consumer.topic_partitions(topic) for topic in service.topics}
        totals = {topic: count for topic, count in counts.items() if count is not None}
        await service.assign({(tp.topic, tp.partition) for tp in assigned}, totals, on_ready)

    app.on_partitions_revoked.connect(on_revoked, weak=False)  # type: ignore[arg-type]
    app.on_partitions_assigned.connect(on_assigned, weak=False)  # type: ignore[arg-type]
    return app


def _credentials(security: Mapping[str, Any]) -> Any:
    protocol: str = security["security_protocol"]
    if (provider := security.get("sasl_oauth_token_provider")) is not None:
        return faust.OAuthCredentials(oauth_cb=provider, ssl_context=security.get("ssl_context"))
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=security["sasl_plain_username"],
            password=security["sasl_plain_password"],
            ssl_context=security.get("ssl_context"),
            mechanism=security["sasl_mechanism"],
        )
    if protocol == "SSL":
        return faust.SSLCredentials(security["ssl_context"])
    return None
