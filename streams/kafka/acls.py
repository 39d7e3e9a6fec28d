"""What each kind of program may do on the broker, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from schemas.channels import BESIDE_WORKERS, REVIEWS
from streams.kafka.group import sightings_group
from streams.kafka.topics import changelog_kinds, sighting_kinds, topic_names
from streams.settings import Settings
from streams.tasks import channels, declared

Role = Literal["worker", "sender", "reader", "reviewer", "assessor", "operator"]
ROLES: Final[tuple[Role, ...]] = ("worker", "sender", "reader", "reviewer", "assessor", "operator")
"""worker: `tidegate worker`; sender: `send`, `serve`, a client that sends; reader: `watch`, `reviews`, a client that
reads; reviewer: a client that sends reviews, and `serve` beside it where a key has the scope `review`; assessor:
`reviews follow`; operator: `topics`, `dead-letters`, `backfill`, rows of reviews for training, and what changes models,
policies and tasks while workers run."""

Operation = Literal["Read", "Write", "Create", "Describe"]


@dataclass(frozen=True, slots=True)
class Acl:
    """Operations that a principal is allowed on a resource of this very name. Read and Write include Describe."""

    resource: Literal["topic", "group", "transactional-id"]
    name: str
    operations: tuple[Operation, ...]


def acls(settings: Settings, role: Role) -> list[Acl]:
    """The least that a role needs with these settings. The group is the workers', or of a reader its own: one that
    may read as the workers' may commit their offsets.
    """
    names = topic_names(settings.topic_prefix)
    allowed = {kind: tuple(_on_topic(kind, role, settings)) for kind in names}
    granted = [Acl("topic", names[kind], operations) for kind, operations in allowed.items() if operations]
    if role in ("worker", "reader"):
        granted.append(Acl("group", settings.group, ("Read",)))
    if role == "worker" and sighting_kinds(settings):
        granted.append(Acl("group", sightings_group(settings), ("Read",)))
    if role == "operator":  # a change is waited for until each worker of the group has it
        granted.append(Acl("group", settings.group, ("Describe",)))
    if role == "operator" or _rolls_back(role, settings):  # a change is a transaction
        granted.append(Acl("transactional-id", names["control"], ("Write",)))
    return granted


def _rolls_back(role: Role, settings: Settings) -> bool:
    """A worker that follows the control topic writes there that a guard has ended a canary."""
    return role == "worker" and settings.control == "on"


def _on_topic(kind: str, role: Role, settings: Settings) -> Iterator[Operation]:
    action = {channel.kind: channel.action for channel in channels()}[kind]
    own = [channel for task in declared().values() for channel in (task.changelog, task.sightings)]
    among_workers = {channel.kind for channel in own if channel is not None}
    live = {task.input.kind for task in declared().values()}
    backfill = {task.backfill.kind for task in declared().values()}
    if role == "worker" and kind in {*changelog_kinds(settings).values(), *sighting_kinds(settings).values()}:
        yield from ("Read", "Write")
    elif role == "worker":
        served = {kind for task in settings.tasks for kind in (task, declared()[task].backfill.kind)}
        reads = action == "receive" and (kind in served or kind not in live | backfill)
        writes = action == "send" and kind not in BESIDE_WORKERS
        yield "Read" if reads else "Write" if writes else "Describe"
        if kind == "control" and _rolls_back(role, settings):
            yield "Write"
    elif kind in {"sender": live, "reviewer": {REVIEWS.kind}}.get(role, ()):
        yield "Write"
    elif role == "assessor" and kind in ("reviews", "labels", *BESIDE_WORKERS):
        yield "Write" if kind in BESIDE_WORKERS else "Read"
    elif role == "reader" and action != "receive" and kind not in among_workers:
        yield "Read"
    elif role == "operator":
        yield "Create"
        if kind in live | backfill | {"control", "events"}:
            yield from ("Read", "Write")  # a backfill and a change read and write, a replay writes
        else:
            yield "Read" if kind in ("dead-letters", "comparisons", "labels", "reviews") else "Describe"


def commands(granted: Iterable[Acl], principal: str, brokers: str) -> Sequence[str]:
    """The same for Kafka's own tool, one line for each resource."""
    return [
        f"kafka-acls.sh --bootstrap-server {brokers} --command-config admin.properties --add "
        f"--allow-principal '{principal}' "
        + " ".join(f"--operation {operation}" for operation in acl.operations)
        + f" --{acl.resource} '{acl.name}'"
        for acl in granted
    ]
