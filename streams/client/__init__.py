"""What a program outside needs: send records and reviews, read verdicts, alerts and dead letters.

These names are public: they stay, or change with a note in the changelog.
"""

from models.errors import TidegateError
from streams.client.client import Client, Reading, Receipt
from streams.client.messages import (
    Letter,
    Message,
    line_message,
    post_message,
    record_message,
    review_message,
    symptoms_message,
)
from streams.client.subscription import Subscription
from streams.errors import (
    BatchTooLargeError,
    BrokerUnreachableError,
    CertificateError,
    ClientError,
    CodecMissingError,
    InvalidRecordError,
    NotAcknowledgedError,
    NotAuthorisedError,
    TopicMissingError,
)
from streams.settings import SettingsError

__all__ = [
    "BatchTooLargeError",
    "BrokerUnreachableError",
    "CertificateError",
    "Client",
    "ClientError",
    "CodecMissingError",
    "InvalidRecordError",
    "Letter",
    "Message",
    "NotAcknowledgedError",
    "NotAuthorisedError",
    "Reading",
    "Receipt",
    "SettingsError",
    "Subscription",
    "TidegateError",
    "TopicMissingError",
    "line_message",
    "post_message",
    "record_message",
    "review_message",
    "symptoms_message",
]
