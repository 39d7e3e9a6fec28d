"""OpenAI's own client, sync and async, with nothing changed but its base URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types import Moderation, ModerationImageURLInputParam, ModerationTextInputParam

from streams.gateway.intake import Intake
from streams.gateway.keys import Keys, add_key
from streams.gateway.moderations import Moderations
from streams.gateway.refusals import Refusal
from tests.support.gateway import Running, running, settings_for


@pytest.fixture
def client(gateway: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{gateway.url}/v1", api_key="unused") as client:
        yield client


def without_gaps(result: Moderation) -> Moderation:
    """Every one of the 13 names has a value: the client turns a missing one into None, silently."""
    for part in (result.categories, result.category_scores, result.category_applied_input_types):
        values = part.model_dump()
        assert len(values) >= 13
        assert None not in values.values()
    return result


def test_a_string(client: OpenAI) -> None:
    answer = client.moderations.create(input="you are an idiot")
    (result,) = map(without_gaps, answer.results)
    assert result.flagged
    assert result.categories.harassment
    assert result.category_scores.harassment > 0.9
    assert result.category_applied_input_types.harassment == ["text"]
    assert result.category_applied_input_types.illicit == []
    assert answer.id.startswith("modr-")
    assert answer._request_id


def test_ours_are_kept_as_further_names(client: OpenAI) -> None:
    (result,) = client.moderations.create(input="damn").results
    extra = result.categories.model_extra or {}
    assert {name: extra[name] for name in ("toxicity", "profanity", "spam")} == {
        "toxicity": False,
        "profanity": True,
        "spam": False,
    }


def test_a_list_has_a_result_each(client: OpenAI) -> None:
    answer = client.moderations.create(input=["what a day", "you are an idiot"], model="omni-moderation-latest")
    assert [without_gaps(result).flagged for result in answer.results] == [False, True]


def test_parts_have_one_result(client: OpenAI) -> None:
    parts: list[ModerationTextInputParam] = [
        {"type": "text", "text": "what a day"},
        {"type": "text", "text": "you are an idiot"},
    ]
    answer = client.moderations.create(input=parts)
    assert [without_gaps(result).flagged for result in answer.results] == [True]


async def test_the_async_client(gateway: Running) -> None:
    async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="unused") as client:
        answer = await client.moderations.create(input=["what a day", "you are an idiot"])
    assert [without_gaps(result).flagged for result in answer.results] == [False, True]


async def test_the_async_client_reads_errors(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=1) as client:
        with pytest.raises(openai.BadRequestError) as wrong:
            await client.moderations.create(input=[])
        with pytest.raises(openai.InternalServerError) as failed:
            await client.moderations.create(input="poison")
        monkeypatch.setattr(Intake, "place", _no_room)
        with pytest.raises(openai.RateLimitError) as busy:
            await client.moderations.create(input="what a day")
    assert wrong.value.param == "input"
    assert "poison" not in failed.value.message
    assert busy.value.code == "overloaded"


def _no_room(_: object) -> None:
    raise Refusal(429, "overloaded", "Too much is waiting.", retry_after_s=0.001)


def test_a_wrong_key(tiny_artifact: Path, tmp_path: Path) -> None:
    given = add_key(tmp_path / "keys.toml", "reader", ["score"], 10, 20)
    keys = Keys.load(tmp_path / "keys.toml")
    with running(settings_for(tiny_artifact), keys=keys) as gateway:
        with OpenAI(base_url=f"{gateway.url}/v1", api_key=given) as client:
            assert client.moderations.create(input="what a day").results
        with (
            OpenAI(base_url=f"{gateway.url}/v1", api_key="sk-wrong") as client,
            pytest.raises(openai.AuthenticationError) as raised,
        ):
            client.moderations.create(input="what a day")
    assert raised.value.code == "invalid_api_key"
    assert raised.value.request_id


def test_a_wrong_request(client: OpenAI) -> None:
    image: ModerationImageURLInputParam = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    with pytest.raises(openai.BadRequestError) as raised:
        client.moderations.create(input=[image])
    assert (raised.value.param, raised.value.type) == ("input", "invalid_request_error")
    assert "image" in raised.value.message


def test_a_busy_server_is_asked_three_times(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def none_left(self: object) -> None:
        asked.append("")
        raise Refusal(429, "overloaded", "Too much is waiting.", retry_after_s=0.001)

    monkeypatch.setattr(Intake, "place", none_left)
    with (
        OpenAI(base_url=f"{gateway.url}/v1", api_key="unused") as client,
        pytest.raises(openai.RateLimitError) as raised,
    ):
        client.moderations.create(input="what a day")
    assert len(asked) == 3
    assert raised.value.code == "overloaded"


def test_a_defect_of_ours_shows_nothing(tiny_artifact: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fails(self: object, request: object) -> None:
        raise ValueError("what a day")

    with (
        patch.object(Moderations, "create", fails),
        running(settings_for(tiny_artifact)) as gateway,
        OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0) as client,
        pytest.raises(openai.InternalServerError) as raised,
    ):
        client.moderations.create(input="what a day")
    assert raised.value.code == "internal_error"
    assert "what a day" not in raised.value.message + caplog.text
    assert "ValueError at" in caplog.text
