"""One server for the tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway import Running, running, settings_for


@pytest.fixture(scope="session")
def gateway(tiny_artifact: Path) -> Iterator[Running]:
    """Without keys and brokers."""
    with running(settings_for(tiny_artifact)) as server:
        yield server
