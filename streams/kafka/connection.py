"""How to reach the broker: the part of every aiokafka client's arguments that the settings decide."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from streams.errors import translate
from streams.kafka.codecs import check_codecs
from streams.settings import Settings, SettingsError

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
        options["ssl_context"] = tls_context(settings)
    if settings.security_protocol.startswith("SASL"):
        password = settings.sasl_password
        options["sasl_mechanism"] = settings.sasl_mechanism
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


@asynccontextmanager
async def connected_admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client.

    Raises:
        ClientError: the broker could not be reached, or something went wrong inside the block.
    """
    admin = AIOKafkaAdminClient(**connection_options(settings))
    try:
        await asyncio.wait_for(admin.start(), CONNECT_TIMEOUT_S)
        yield admin
    except (KafkaError, TimeoutError, OSError) as error:
        raise translate(error, settings.brokers) from error
    finally:
        await admin.close()


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Verifies the broker's certificate and host name, always.

    Raises:
        SettingsError: a file is no certificate or key.
    """
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=_text(settings.ssl_cafile),
            certfile=_text(settings.ssl_certfile),
            keyfile=_text(settings.ssl_keyfile),
        )
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"ssl_cafile, ssl_certfile or ssl_keyfile cannot be used: {error}.") from None
    return context


def _text(path: object) -> str | None:
    return None if path is None else str(path)
