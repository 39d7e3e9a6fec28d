"""LangChain, LiteLLM and clients for Node, where `make test` or `make clients` has installed them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.gateway.keys import Keys, add_key
from tests.support.clients.installed import SCRIPTS, is_installed, run
from tests.support.gateway import running, settings_for


@pytest.fixture(scope="module")
def address_and_key(tiny_artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    file = tmp_path_factory.mktemp("clients") / "keys.toml"
    key = add_key(file, "clients", ["score"], rate=1000, burst=1000)
    with running(settings_for(tiny_artifact), keys=Keys.load(file)) as server:
        yield server.url, key


@pytest.mark.timeout(300)  # LiteLLM takes seconds of processor time to import, on a busy machine minutes
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_client_reads_our_answers(script: Path, address_and_key: tuple[str, str]) -> None:
    if not is_installed(script):
        pytest.skip("its package is not installed: `make clients`")
    done = run(script, *address_and_key)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_client_is_left_out() -> None:
    named = {script.name.partition("_")[0] for script in SCRIPTS}
    assert named == {"googleapis", "langchain", "litellm", "openai", "perspective"}
