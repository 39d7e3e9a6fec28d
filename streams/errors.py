"""What can go wrong between a program and the broker: a branch of the tree that models/errors.py draws."""

from __future__ import annotations

from aiokafka import errors as kafka

from models.errors import TidegateError


class ClientError(TidegateError):
    """Something between this program and the broker failed."""


class BrokerUnreachableError(ClientError):
    """No broker answered in time."""


class NotAuthorisedError(ClientError):
    """The broker refused the credentials or the operation."""


class TopicMissingError(ClientError):
    """A topic does not exist."""


def missing_topic(topic: str) -> TopicMissingError:
    return TopicMissingError(f"Topic {topic} does not exist; run `tidegate topics create`.")


class InvalidRecordError(ClientError):
    """The record does not fit its schema; nothing was sent."""


class NotAcknowledgedError(ClientError):
    """No broker acknowledged the record in time; it may or may not have arrived."""


class CodecMissingError(ClientError):
    """Compressed batches cannot be read with what is installed here."""


class BatchTooLargeError(ClientError):
    """A compressed batch unpacks to more than is held in memory."""


class EmbeddedBrokerError(TidegateError):
    """The embedded broker did not start or ended early."""


_REFUSED = (
    kafka.AuthenticationFailedError,
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
        return NotAuthorisedError(f"The broker at {brokers} refused: {error}.")
    if isinstance(error, kafka.UnknownTopicOrPartitionError):
        return TopicMissingError("A topic does not exist; run `tidegate topics create`.")
    if isinstance(error, (TimeoutError, OSError, *_ABSENT)):
        return BrokerUnreachableError(f"No broker answered at {brokers}.")
    said = str(error).rstrip(".") or type(error).__name__
    return ClientError(f"The broker at {brokers} answered with an error: {said}.")


__all__ = [
    "BatchTooLargeError",
    "BrokerUnreachableError",
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
