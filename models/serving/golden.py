"""Does this engine, on this machine, give the scores that the artifact promises?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.artifact import EARLY_HEAD, Artifact, check_golden
from models.serving.encoder import Encoder
from models.serving.engine import Engine
from models.serving.types import Batch, Depth, Item


def verify_golden(engine: Engine, encoder: Encoder, artifact: Artifact, by_the_exit: bool = False) -> None:
    """Raises ArtifactError, in one sentence, where a golden case misses its tolerance.

    `by_the_exit`: each case stops at the early exit and goes on from there, as the posts of a cascade do.
    """
    heads = frozenset(artifact.manifest.heads) - {EARLY_HEAD}

    def score(texts: list[str]) -> Sequence[Mapping[str, Sequence[float]]]:
        answers = []
        for encoding in encoder.encode(texts):
            length = next(length for length in engine.grid if length >= encoding.tokens)
            item = Item(encoding, None, heads, intake_at=0.0, queued_at=0.0)
            batch = Batch([item], length)
            if by_the_exit:
                engine.run(batch, Depth.EARLY)
            scores = engine.run(batch, Depth.FULL)[0]
            answers.append({head: scores.heads[head].tolist() for head in heads})
        return answers

    check_golden(artifact, score)
