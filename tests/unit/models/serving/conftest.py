from __future__ import annotations

import pytest

from models.artifact import Artifact
from models.serving.encoder import Encoder
from models.serving.engine import OnnxEngine
from tests.support.tiny_artifact import write_tiny_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return write_tiny_artifact(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def encoder(artifact: Artifact) -> Encoder:
    return Encoder.from_artifact(artifact)


@pytest.fixture(scope="session")
def engine(artifact: Artifact) -> OnnxEngine:
    return OnnxEngine.open(artifact, device="cpu", threads=1)
