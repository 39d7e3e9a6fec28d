"""The AsyncAPI 3.0 document: which messages travel on which topics, seen from the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from schemas.base import SCHEMA_VERSION
from schemas.channels import DEAD_LETTERS, Channel
from schemas.dead_letter import HEADER_NAMES

_KAFKA: Final = "0.5.0"  # version of the Kafka bindings
_BYTES: Final = "application/octet-stream"
_PLAIN_KEY: Final = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z$][\w.-]*", re.ASCII | re.IGNORECASE)


def asyncapi_document(channels: Sequence[Channel], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Describes these channels.

    Args:
        definitions: schemas by class name, which refer to each other as `#/components/schemas/NAME`.
    """
    messages: dict[str, Channel] = {}
    for channel in channels:
        messages.setdefault(channel.message.__name__, channel)
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
        "channels": {channel.kind: _channel(channel) for channel in channels},
        "operations": {
            f"{channel.action}-{channel.kind}": _operation(channel) for channel in channels if channel.action
        },
        "components": {
            "messages": {name: _message(name, first) for name, first in messages.items()},
            "schemas": dict(definitions),
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    name = channel.message.__name__
    binding = _binding(channel)
    return {
        "address": f"{{prefix}}.{channel.kind}",
        "description": channel.about,
        "parameters": {"prefix": {"description": "The setting `topic_prefix`.", "default": "moderation"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        **({"bindings": {"kafka": {**binding, "bindingVersion": _KAFKA}}} if binding else {}),
    }


def _binding(channel: Channel) -> dict[str, Any]:
    said = {"partitions": channel.partitions, "topicConfiguration": dict(channel.config)}
    return {name: value for name, value in said.items() if value}


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.kind}"},
        "summary": channel.about,
        "messages": [{"$ref": f"#/channels/{channel.kind}/messages/{channel.message.__name__}"}],
    }


def _message(name: str, channel: Channel) -> dict[str, Any]:
    """By the first channel that it travels on."""
    bindings = {"kafka": {"key": {"type": "string", "description": channel.key}, "bindingVersion": _KAFKA}}
    if channel is DEAD_LETTERS:
        return {
            "name": name,
            "contentType": _BYTES,
            "summary": "The original message. Its own headers come first, these follow.",
            "headers": _dead_letter_headers(),
            "payload": {"description": "The original's value, untouched: any bytes, or none."},
            "bindings": bindings,
            "examples": [{"name": "no-text", "headers": dict(channel.example), "payload": {"id": "c-20932"}}],
        }
    return {
        "name": name,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": bindings,
        "examples": [{"name": "typical", "payload": dict(channel.example)}],
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
