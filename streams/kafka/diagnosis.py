"""Why no broker could be reached: aiokafka tries them all, writes each reason to its log, and raises none of them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, Final

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.errors import (
    BrokerUnreachableError,
    CertificateError,
    ClientError,
    NotAuthorisedError,
    TidegateError,
    translate,
)

ATTEMPT_S: Final = 5.0
_CONNECTION: Final = (
    "bootstrap_servers", "security_protocol", "ssl_context", "sasl_mechanism", "sasl_plain_username",
    "sasl_plain_password", "sasl_oauth_token_provider",
)  # fmt: skip


async def explained(error: Exception, options: Mapping[str, Any]) -> TidegateError:
    """What an error of aiokafka's (or a timeout) means, after one more attempt at each address where it says nothing.

    Args:
        options: the client's; see `connection_options`.
    """
    brokers: str = options["bootstrap_servers"]
    reason = translate(error, brokers)
    if not isinstance(reason, BrokerUnreachableError):
        return reason
    others = {name: options[name] for name in _CONNECTION[1:] if name in options}
    for host, port, _ in collect_hosts(brokers):
        try:
            async with asyncio.timeout(ATTEMPT_S):
                connection = await create_conn(host, port, request_timeout_ms=int(ATTEMPT_S * 1000), **others)
                connection.close()
        except TidegateError as told:
            return told
        except (KafkaError, OSError, TimeoutError) as told:
            known = _known(told, f"{host}:{port}", options)
            if known is not None:
                return known
    return reason


def _known(error: BaseException, address: str, options: Mapping[str, Any]) -> ClientError | None:
    """The sentence about an error that says more than that nobody answered."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return CertificateError(f"The certificate of the broker at {address} is not accepted: {why}.")
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLError):
        return _about_handshake(cause, address)
    if isinstance(error, (ConnectionRefusedError, TimeoutError)):
        return None
    if isinstance(error, (ConnectionError, KafkaConnectionError)):
        return _about_closing(address, options)
    return translate(error, address) if isinstance(error, KafkaError) else None


def _about_handshake(error: ssl.SSLError, address: str) -> ClientError:
    """OpenSSL names the alert that the broker sent."""
    name = (error.reason or "no reason given").lower().replace("_", " ")
    if "alert" in name:
        said = name.split("alert", 1)[1].strip()
        return NotAuthorisedError(
            f"The broker at {address} does not accept this client's certificate ({said}): it has expired, is missing, "
            "or comes from an authority that the broker does not know."
        )
    if name == "wrong version number":
        return _no_tls(address)
    return CertificateError(f"No TLS connection could be made to the broker at {address}: {name}.")


def _about_closing(address: str, options: Mapping[str, Any]) -> ClientError:
    """The broker said nothing, and closed the connection at the first thing that it was sent."""
    if "sasl_oauth_token_provider" in options:
        return NotAuthorisedError(f"The broker at {address} closed the connection: it may not accept the token.")
    if options["security_protocol"] in ("SSL", "SASL_SSL"):
        return _no_tls(address)
    return BrokerUnreachableError(
        f"The broker at {address} closed the connection: it may want TLS, see the setting security_protocol."
    )


def _no_tls(address: str) -> BrokerUnreachableError:
    return BrokerUnreachableError(f"What listens at {address} speaks no TLS; see the setting security_protocol.")
