"""No message of a foreign exception reaches a log: it may quote a record (promise 8)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from models.serving.types import EngineLostError
from streams.health.life import describe
from streams.health.logs import configure_logging
from streams.settings import Settings

SECRET = "my secret"


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_exception_is_logged_by_type_and_place(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings.load(log_format=log_format))
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("somebody.elses").exception("it failed")
    said = capsys.readouterr().err
    assert "it failed" in said
    assert "ValueError at" in said
    assert "test_log_privacy.py" in said
    assert SECRET not in said


def test_an_operator_gets_the_sentence_of_our_own_errors_and_the_place_of_others() -> None:
    assert describe(EngineLostError("The GPU no longer answers.")) == "The GPU no longer answers."
    assert describe(ValueError(SECRET)) == "ValueError"
