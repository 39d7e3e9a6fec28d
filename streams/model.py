"""Loads the model that a worker serves, and refuses one that fails its own golden cases."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import numpy as np

from models.artifact import Artifact
from models.early_exit import UPPER
from models.labels import POST_LABELS
from models.serving.batcher import WINDOW, TokenBudgetBatcher
from models.serving.cascade import CascadeEngine
from models.serving.encoder import Encoder
from models.serving.engine import Engine, NullEngine, OnnxEngine
from models.serving.golden import verify_golden
from models.serving.types import Batch, Depth, Encoding, Item
from streams.policy import Policy, PolicyError
from streams.policy.base import LANGUAGES
from streams.settings import Settings
from streams.tasks import declared

logger = logging.getLogger(__name__)

# A turn of 1,024 tokens is about 0.2 s of one core, and larger ones are no faster there; a GPU wants far more.
BATCH_TOKENS = {"cpu": 1024, "cuda": 16_384}
BATCH_ROWS = {"cpu": 64, "cuda": 1024}  # with 64 rows a GPU would get an eighth of its tokens of posts of 32
TURN_BATCHES = 2  # full ones in a turn at least, as it is cut by length into a few
IN_FLIGHT_S = 1.5  # of engine work: a drain then fits in 2 s
PROBE_LENGTH = 32  # tokens; about the length of a post
ROUNDING = 0.005  # policies are written with two digits: .90 is meant where a model, on a grid of its own, has .9002


@dataclass(frozen=True, slots=True)
class Model:
    """A verified artifact with its tokenizer and a warm engine, and how much to give it at once."""

    artifact: Artifact
    encoder: Encoder
    engine: Engine
    batch_tokens: int
    batch_rows: int
    in_flight_tokens: int
    skims: bool = False
    """The engine answers early what is skimmed and clean."""


def load_model(settings: Settings, policy: Policy | None = None) -> Model:
    """Takes seconds: run it in a thread.

    Args:
        policy: the one in force; None: the file that the settings name.

    Raises:
        ArtifactError: the folder is no artifact, a file of it was changed, or it fails a golden case.
        DeviceError: the device asked for is not there.
        PolicyError: the cascade is on, and the policy cannot be read or flags what the cascade may take for clean.
    """
    artifact = Artifact.load(settings.artifact)
    has_cascade = settings.cascade == "on"
    if has_cascade:
        check_cascade(artifact, policy or Policy.load(settings.policy))
    skims = artifact.manifest.cascade is not None and settings.engine != "null"
    clean_below = artifact.clean_below() if has_cascade or skims else None
    encoder = Encoder.from_artifact(artifact)
    engine = _open_engine(artifact, settings)
    batch_tokens = settings.max_batch_tokens or BATCH_TOKENS.get(engine.device, 4096)
    batch_rows = settings.max_batch_rows or BATCH_ROWS.get(engine.device, 64)
    engine.warm_up(max_tokens=batch_tokens, max_rows=batch_rows)
    if settings.engine != "null":
        verify_golden(engine, encoder, artifact)
        if has_cascade and UPPER in artifact.manifest.files:
            verify_golden(engine, encoder, artifact, by_the_exit=True)
    heads = frozenset(head for name in settings.tasks for head in declared()[name].question.heads)
    speed = _tokens_a_second(engine, batch_tokens, heads)
    in_flight_tokens = settings.max_in_flight_tokens or max(4 * batch_tokens, int(IN_FLIGHT_S * speed))
    if clean_below is not None:  # the measured speed is the whole model's: nobody knows how much will be clean
        engine = CascadeEngine(engine, clean_below, skims_alone=not has_cascade)
    logger.info("model %s on %s: about %d tokens a second", engine.model_version, engine.device, speed)
    return Model(artifact, encoder, engine, batch_tokens, batch_rows, in_flight_tokens, skims)


def new_batcher(model: Model) -> TokenBudgetBatcher:
    return TokenBudgetBatcher(
        grid=model.engine.grid,
        max_batch_tokens=model.batch_tokens,
        max_batch_rows=model.batch_rows,
        window=max(WINDOW, TURN_BATCHES * model.batch_rows),
        run_cost_tokens=model.engine.run_cost_tokens,
    )


def _open_engine(artifact: Artifact, settings: Settings) -> Engine:
    if settings.engine == "null":
        logger.warning("engine is null: no text is judged, and no verdict means anything; it is there for measuring")
        return NullEngine.for_artifact(artifact)
    goes_on = settings.cascade == "on"
    return OnnxEngine.open(artifact, device=settings.device, threads=settings.threads, goes_on=goes_on)


def check_cascade(artifact: Artifact, policy: Policy) -> None:
    """The bars of the cascade were chosen for the model's own thresholds: lower ones would lose more flags.

    Raises:
        PolicyError: the policy, the operating point that it goes by, or a rule of it has a lower one.
    """
    posts = policy.posts
    point = artifact.operating_point(posts.operating_point).thresholds
    for label in POST_LABELS:
        for lang, value in (point.get(label, {}) | posts.thresholds.get(label, {})).items():
            if _is_below(value, artifact.threshold(label, lang)):
                source = "policy's" if lang in posts.thresholds.get(label, {}) else f"{posts.operating_point} point's"
                raise PolicyError(
                    f"The {source} threshold of {label} ({lang}, {value:g}) is below the model's "
                    f"({artifact.threshold(label, lang):g}), which the cascade is made for; raise it, or switch "
                    "cascade off."
                )
    _refuse_low_rules(policy, artifact)


def _refuse_low_rules(policy: Policy, artifact: Artifact) -> None:
    """The early exit's scores of what it takes for clean are no answer to a rule that asks for less."""
    for rule in policy.rules:
        for leaf, _ in rule.when.leaves():
            if rule.mode == "off" or leaf.label is None or leaf.at_least is None:
                continue
            needed = max(artifact.threshold(leaf.label, lang) for lang in LANGUAGES)
            if _is_below(leaf.at_least, needed):
                raise PolicyError(
                    f"The policy's rule {rule.name} asks for {leaf.label} from {leaf.at_least:g} on, below the "
                    f"model's threshold ({needed:g}), which the cascade is made for; raise it, or switch cascade off."
                )


def _is_below(value: float, threshold: float) -> bool:
    """By more than what two digits leave out."""
    return value < threshold - ROUNDING


def _tokens_a_second(engine: Engine, batch_tokens: int, heads: frozenset[str]) -> float:
    """The better of two runs of one full batch; the machine may be busy with something else for a moment."""
    encoding = Encoding(np.zeros(PROBE_LENGTH, np.int32), np.zeros((PROBE_LENGTH, 2), np.int32))
    rows = max(1, batch_tokens // PROBE_LENGTH)
    items = [Item(encoding, None, heads, intake_at=0.0, queued_at=0.0) for _ in range(rows)]
    took = []
    for _ in range(2):
        started = time.perf_counter()
        engine.run(Batch(items, PROBE_LENGTH), Depth.FULL)
        took.append(time.perf_counter() - started)
    return rows * PROBE_LENGTH / min(took)
