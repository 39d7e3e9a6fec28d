"""A newer worker may say more than an older reader knows: what is new is passed over, and only what is sent is held to
the schema.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import BaseModel, ValidationError

from schemas import DeadLetter
from schemas.base import Output
from schemas.channels import Channel
from streams.tasks import channels

OUTPUTS = [one for one in channels() if issubclass(one.message, Output) and one.message is not DeadLetter]


def newer(value: Any) -> Any:
    """With a field more in each part."""
    if isinstance(value, BaseModel):
        return {name: newer(getattr(value, name)) for name in type(value).model_fields} | {"added": {"deep": [1]}}
    if isinstance(value, list):
        return [newer(one) for one in value]
    if isinstance(value, dict):
        return {name: newer(one) for name, one in value.items()}
    return value


@pytest.mark.parametrize("channel", OUTPUTS, ids=lambda channel: channel.kind)
def test_fields_that_are_not_known_are_passed_over_and_not_sent(channel: Channel) -> None:
    assert issubclass(channel.message, Output)
    known = channel.message.model_validate(channel.example)
    value = orjson.dumps(newer(known))
    assert channel.message.decode(value) == known
    with pytest.raises(ValidationError, match="added"):
        channel.message.model_validate_json(value)


@pytest.mark.parametrize("channel", OUTPUTS, ids=lambda channel: channel.kind)
@pytest.mark.parametrize("value", [None, b"", b"secret", b"[1]", b"{}", b'{"added": "secret"}'])
def test_what_is_no_such_message_is_refused_without_being_quoted(channel: Channel, value: bytes | None) -> None:
    assert issubclass(channel.message, Output)
    with pytest.raises(ValueError, match=": ") as refused:
        channel.message.decode(value)
    assert "secret" not in str(refused.value)


def test_headers_that_are_no_dead_letters_are_not_quoted() -> None:
    with pytest.raises(ValueError, match="reason: ") as refused:
        DeadLetter.from_headers([("reason", b"secret")])
    assert "secret" not in str(refused.value)
