"""Loads the model that a worker serves, and refuses one that fails its own golden cases."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from models.artifact import Artifact
from models.serving.batcher import TokenBudgetBatcher
from models.serving.encoder import Encoder
from models.serving.engine import Engine, NullEngine, OnnxEngine
from models.serving.golden import verify_golden
from streams.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """A verified artifact with its tokenizer and a warm engine."""

    artifact: Artifact
    encoder: Encoder
    engine: Engine


def load_model(settings: Settings) -> Model:
    """Takes seconds: run it in a thread.

    Raises:
        ArtifactError: the folder is no artifact, a file of it was changed, or it fails a golden case.
        DeviceError: the device asked for is not there.
    """
    artifact = Artifact.load(settings.artifact)
    encoder = Encoder.from_artifact(artifact)
    if settings.engine == "null":
        return Model(artifact, encoder, NullEngine.for_artifact(artifact))
    engine = OnnxEngine.open(artifact, device=settings.device, threads=settings.threads)
    engine.warm_up(max_tokens=settings.max_batch_tokens, max_rows=settings.max_batch_rows)
    verify_golden(engine, encoder, artifact)
    logger.info("model %s on %s", engine.model_version, engine.device)
    return Model(artifact, encoder, engine)


def new_batcher(settings: Settings, model: Model) -> TokenBudgetBatcher:
    return TokenBudgetBatcher(
        grid=model.engine.grid,
        max_batch_tokens=settings.max_batch_tokens,
        max_batch_rows=settings.max_batch_rows,
    )
