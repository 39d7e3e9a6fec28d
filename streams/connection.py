"""How to reach the broker: the part of every aiokafka client's arguments that the settings decide."""

from __future__ import annotations

import ssl
from typing import Any

from aiokafka.helpers import create_ssl_context

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
