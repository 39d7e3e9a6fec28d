"""What can go wrong between a program and the broker: a branch of the tree that models/errors.py draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aiokafka import errors as kafka

from models.errors import TidegateError


class ClientError(TidegateError):
    """Something between this program and the broker failed."""


class BrokerUnreachableError(ClientError):
    """No broker answered in time."""


class NotAuthorisedError(ClientError):
    """The broker refused the credentials or the operation."""


class CertificateError(ClientError):
    """TLS did not come about: the broker's certificate is not accepted, or the two have no version in common."""


class TopicMissingError(ClientError):
    """A topic does not exist, or may not be seen."""


def missing_topic(topic: str) -> TopicMissingError:
    """Of a topic that they may not describe, a broker tells these credentials that it does not exist."""
    return TopicMissingError(
        f"Topic {topic} does not exist, run `tidegate topics create`; or these credentials may not see it, "
        "run `tidegate acls`."
    )


class InvalidRecordError(ClientError):
    """The record does not fit its schema; nothing was sent."""


class NotAcknowledgedError(ClientError):
    """No broker acknowledged the record in time; it may or may not have arrived."""


class CodecMissingError(ClientError):
    """Compressed batches cannot be read with what is installed here."""


class ListenError(TidegateError):
    """A server cannot listen at its address, or not with this certificate."""

    exit_code = 2


class BatchTooLargeError(ClientError):
    """A compressed batch unpacks to more than is held in memory."""


class EmbeddedBrokerError(TidegateError):
    """The embedded broker did not start or ended early."""


_REFUSED = (
    kafka.AuthenticationFailedError,
    kafka.SaslAuthenticationFailed,
    kafka.AuthenticationMethodNotSupported,
    kafka.UnsupportedSaslMechanismError,
    kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError,
    kafka.ClusterAuthorizationFailedError,
)


_ABSENT = (
    kafka.KafkaConnectionError,
    kafka.KafkaTimeoutError,
    kafka.NodeNotReadyError,
    kafka.NoBrokersAvailable,
    kafka.StaleMetadata,
    kafka.RequestTimedOutError,
)


def translate(error: Exception, brokers: str) -> ClientError:
    """The member of the tree that says what an aiokafka (or timeout) error means to the caller."""
    if isinstance(error, ClientError):
        return error
    if isinstance(error, _REFUSED):
        return NotAuthorisedError(f"The broker at {brokers} refused: {_said(error)}.")
    if isinstance(error, kafka.UnknownTopicOrPartitionError):
        return TopicMissingError("A topic does not exist; run `tidegate topics create`.")
    if isinstance(error, (TimeoutError, OSError, *_ABSENT)):
        return BrokerUnreachableError(f"No broker answered at {brokers}.")
    said = str(error).rstrip(".") or type(error).__name__
    return ClientError(f"The broker at {brokers} answered with an error: {said}.")


def _said(error: Exception) -> str:
    """The broker's own words, or what the error stands for. For a topic or a group, its name."""
    if isinstance(error, (kafka.TopicAuthorizationFailedError, kafka.GroupAuthorizationFailedError)):
        what = "topic" if isinstance(error, kafka.TopicAuthorizationFailedError) else "group"
        names = ", ".join(_names(error.args))
        return f"not authorised to access {what} {names}".rstrip() + "; `tidegate acls` prints what is needed"
    words = [word for word in error.args if isinstance(word, str)]
    return (words[0] if words else getattr(error, "description", type(error).__name__)).rstrip(".")


def _names(words: Iterable[object]) -> Iterator[str]:
    for word in words:
        if isinstance(word, str):
            yield word
        elif isinstance(word, (set, frozenset, list, tuple)):
            yield from sorted(str(each) for each in word)


__all__ = [
    "BatchTooLargeError",
    "BrokerUnreachableError",
    "CertificateError",
    "ClientError",
    "CodecMissingError",
    "EmbeddedBrokerError",
    "InvalidRecordError",
    "NotAcknowledgedError",
    "NotAuthorisedError",
    "TidegateError",
    "TopicMissingError",
    "missing_topic",
    "translate",
]
