"""The server.properties of a small KRaft node on loopback."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Node:
    """One Kafka process that is broker and controller at once."""

    id: int
    broker_port: int
    controller_port: int
    folder: Path
    inner_port: int = 0
    proxy_port: int = 0
    """Not 0: `inner_port` is a listener for clients that are told to come to `proxy_port`."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.broker_port}"

    @property
    def properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "kafka.log"


def server_properties(node: Node, cluster: list[Node], **others: object) -> str:
    """Kafka's defaults except where they would slow a short-lived cluster down or make it heavy.

    Args:
        others: properties that go before these, with underscores for dots.

    `message.max.bytes` is left alone, so that the input topics refuse what a default broker refuses.
    """
    replicas = min(3, len(cluster))
    voters = ",".join(f"{each.id}@127.0.0.1:{each.controller_port}" for each in cluster)
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": node.id,
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "BROKER",
        "listeners": f"BROKER://{node.address},CONTROLLER://127.0.0.1:{node.controller_port}",
        "advertised.listeners": f"BROKER://{node.address}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": node.folder / "data",
        "auto.create.topics.enable": "false",  # a topic that nobody created is a mistake
        "default.replication.factor": replicas,
        "min.insync.replicas": max(1, replicas - 1),
        "offsets.topic.num.partitions": 3,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.num.partitions": 3,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": max(1, replicas - 1),
        "share.coordinator.state.topic.replication.factor": replicas,
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,  # the default takes 128 MiB of the heap
        "broker.session.timeout.ms": 6000,  # a restarted node is let in when its former session has ended
        "broker.heartbeat.interval.ms": 1000,
    }
    if node.proxy_port:
        settings["listeners"] = f"{settings['listeners']},PROXIED://127.0.0.1:{node.inner_port}"
        settings["advertised.listeners"] = f"BROKER://{node.address},PROXIED://127.0.0.1:{node.proxy_port}"
        settings["listener.security.protocol.map"] = "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"
    settings |= {name.replace("_", "."): value for name, value in others.items()}
    return "".join(f"{name}={value}\n" for name, value in settings.items())


LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
