"""What users import: the list changes on purpose or not at all."""

from __future__ import annotations

from importlib.resources import files

import pytest

import schemas
import streams.client
import streams.errors

CLIENT = """
    BatchTooLargeError CertificateError SettingsError
    BrokerUnreachableError Client ClientError CodecMissingError InvalidRecordError Letter Message NotAcknowledgedError
    NotAuthorisedError Reading Receipt Subscription TidegateError TopicMissingError line_message post_message
    record_message review_message symptoms_message
"""


def test_the_client_exports_these_names() -> None:
    assert sorted(streams.client.__all__) == sorted(CLIENT.split())


def test_the_client_exports_all_that_it_raises() -> None:
    """All of the branch that `models/errors.py` draws, but for what only a change of the control topic raises."""
    raised = {each.__name__ for each in vars(streams.errors).values() if _is_of_the_client(each)}
    assert raised <= set(streams.client.__all__)


def _is_of_the_client(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, streams.errors.ClientError)


@pytest.mark.parametrize("module", [streams.client, schemas])
def test_every_public_name_is_there_and_says_what_it_is(module: object) -> None:
    for name in module.__all__:  # type: ignore[attr-defined]
        assert getattr(module, name).__doc__, name


@pytest.mark.parametrize("package", ["schemas", "models", "streams", "load"])
def test_its_users_get_its_types(package: str) -> None:
    assert (files(package) / "py.typed").is_file()
