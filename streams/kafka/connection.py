"""How to reach the broker: the part of every aiokafka client's arguments that the settings decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.errors import translate
from streams.kafka.codecs import check_codecs
from streams.kafka.diagnosis import explained
from streams.kafka.tls import FreshContext
from streams.kafka.tokens import TokenFile
from streams.settings import Settings

REQUEST_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 15.0  # bootstrap tries each address in turn; this bounds them together


def connection_options(settings: Settings) -> dict[str, Any]:
    """Arguments for AIOKafkaProducer, AIOKafkaConsumer and AIOKafkaAdminClient alike."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": int(REQUEST_TIMEOUT_S * 1000),
    }
    if settings.security_protocol in ("SSL", "SASL_SSL"):
        options["ssl_context"] = FreshContext.open(settings)
    if settings.security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.sasl_mechanism
    if settings.sasl_token_file is not None:
        options["sasl_oauth_token_provider"] = TokenFile(settings.sasl_token_file)
    elif settings.security_protocol.startswith("SASL"):
        password = settings.sasl_password
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = password.get_secret_value() if password else None
    return options


def reading_options(settings: Settings) -> dict[str, Any]:
    """Arguments for every AIOKafkaConsumer: the connection's, and what it reads. Nothing is committed by itself.

    Raises:
        CodecMissingError: it could not read every batch.
    """
    check_codecs()
    return {
        **connection_options(settings),
        "enable_auto_commit": False,
        "isolation_level": settings.isolation_level,
        "metadata_max_age_ms": int(settings.metadata_max_age_s * 1000),
    }


async def start_client(client: Any, settings: Settings) -> None:
    """Starts a client of aiokafka, within `CONNECT_TIMEOUT_S`; stops it if it cannot be started.

    Raises:
        ClientError: says what kept it.
    """
    try:
        await asyncio.wait_for(client.start(), CONNECT_TIMEOUT_S)
    except (KafkaError, TimeoutError, OSError) as error:
        await _stop(client)
        raise await explained(error, connection_options(settings)) from error
    except BaseException:  # who asked has given up
        await _stop(client)
        raise


async def _stop(client: Any) -> None:
    await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())


@asynccontextmanager
async def connected_admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client.

    Raises:
        ClientError: the broker could not be reached, or something went wrong inside the block.
    """
    admin = AIOKafkaAdminClient(**connection_options(settings))
    await start_client(admin, settings)
    try:
        yield admin
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await admin.close()
