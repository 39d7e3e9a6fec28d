"""The AsyncAPI 3.0 document: which messages travel on which topics, seen from the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.base import SCHEMA_VERSION
from schemas.dead_letter import HEADER_NAMES
from schemas.examples import DEAD_LETTER_HEADERS, EXAMPLES

_KAFKA: Final = "0.5.0"  # version of the Kafka bindings
_BYTES: Final = "application/octet-stream"
_PLAIN_KEY: Final = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z$][\w.-]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic. `action`: what the service does there; None: nothing yet."""

    kind: str
    message: str
    action: str | None
    key: str
    about: str
    binding: Mapping[str, Any] = field(default_factory=dict)


CHANNELS: Final = (
    Channel("posts", "Post", "receive", "The author, so that an author's posts stay in order.", "Posts to judge."),
    Channel(
        "symptoms",
        "SymptomRecord",
        "receive",
        "The patient's reference.",
        "Symptom records to triage.",
    ),
    Channel("labels", "PostVerdict", "send", "The post's key.", "A verdict for every post."),
    Channel("flags", "PostVerdict", "send", "The post's key.", "The same verdicts, where the action is not allow."),
    Channel("triage", "SymptomVerdict", "send", "The record's key.", "A verdict for every symptom record."),
    Channel("alerts", "Alert", "send", "The subject of the alert.", "What people should look at."),
    Channel(
        "dead-letters",
        "DeadLetter",
        "send",
        "The original's key, untouched.",
        "Records that got no verdict, byte for byte, with the reason in headers.",
        {"topicConfiguration": {"max.message.bytes": 4_194_304}},
    ),
    Channel(
        "reviews",
        "Review",
        None,
        "The post's identifier.",
        "What people decided. The topic is created; this version does not read it.",
    ),
    Channel(
        "control",
        "Control",
        None,
        "Kind and name of the entry.",
        "Which model, policy and tasks are active. The topic is created; this version does not read it.",
        {"partitions": 1, "topicConfiguration": {"cleanup.policy": ["compact"]}},
    ),
)


def asyncapi_document(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Args:
    definitions: schemas by class name, which refer to each other as `#/components/schemas/NAME`.
    """
    keys: dict[str, str] = {}
    for channel in CHANNELS:
        keys.setdefault(channel.message, channel.key)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidegate",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": "Posts and symptom records in; verdicts, flags, triage, alerts and dead letters out.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:9092", "protocol": "kafka"}},
        "channels": {channel.kind: _channel(channel) for channel in CHANNELS},
        "operations": {
            f"{channel.action}-{channel.kind}": _operation(channel) for channel in CHANNELS if channel.action
        },
        "components": {
            "messages": {name: _message(name, key) for name, key in keys.items()},
            "schemas": dict(definitions),
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "address": f"{{prefix}}.{channel.kind}",
        "description": channel.about,
        "parameters": {"prefix": {"description": "The setting `topic_prefix`.", "default": "moderation"}},
        "messages": {channel.message: {"$ref": f"#/components/messages/{channel.message}"}},
        **({"bindings": {"kafka": {**channel.binding, "bindingVersion": _KAFKA}}} if channel.binding else {}),
    }


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.kind}"},
        "summary": channel.about,
        "messages": [{"$ref": f"#/channels/{channel.kind}/messages/{channel.message}"}],
    }


def _message(name: str, key: str) -> dict[str, Any]:
    bindings = {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": _KAFKA}}
    if name == "DeadLetter":
        return {
            "name": name,
            "contentType": _BYTES,
            "summary": "The original message. Its own headers come first, these follow.",
            "headers": _dead_letter_headers(),
            "payload": {"description": "The original's value, untouched: any bytes, or none."},
            "bindings": bindings,
            "examples": [{"name": "no-text", "headers": DEAD_LETTER_HEADERS, "payload": {"id": "c-20932"}}],
        }
    return {
        "name": name,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": bindings,
        "examples": [{"name": "typical", "payload": EXAMPLES[name]}],
    }


def _dead_letter_headers() -> dict[str, Any]:
    """All are UTF-8 text on the wire, numbers too."""
    said: dict[str, dict[str, Any]] = {name: {"type": "string"} for name in HEADER_NAMES}
    said["reason"] = {"$ref": "#/components/schemas/Reason"}
    for name in ("original-partition", "original-offset", "attempts"):
        said[name] |= {"pattern": "^[0-9]+$"}
    said["failed-at"] |= {"format": "date-time"}
    return {"type": "object", "required": list(HEADER_NAMES), "properties": said}


def to_yaml(value: Any) -> str:
    """JSON values as YAML in block style. Strings are JSON strings, which are YAML's double-quoted ones.

    Written here because serving depends on no YAML library.
    """
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [line for name, inner in value.items() for line in _entry(f"{_key(name)}:", inner)]
    if isinstance(value, list) and value:
        return [line for inner in value for line in _item(inner)]
    return [_scalar(value)]


def _entry(name: str, value: Any) -> list[str]:
    lines = _lines(value)
    if isinstance(value, (Mapping, list)) and value:
        return [name, *(f"  {line}" for line in lines)]
    return [f"{name} {lines[0]}"]


def _item(value: Any) -> list[str]:
    first, *rest = _lines(value)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else _scalar(name)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
