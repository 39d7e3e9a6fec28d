"""Sources judged on a run: its rows, its network's hidden states, and the report of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from tokenizers import Tokenizer

from models.evaluation.resampling import Figure
from models.evaluation.suite.sets import read_suite
from models.factory.source_probes import Table, Worth, judge_sources
from models.factory.source_rows import draw_rows, foreign_rows
from models.factory.stage import choose_base, prepare_vocabulary
from models.labels import POST_LABELS
from models.screening.screener import CACHE
from models.training.collate import Collator
from models.training.corpus import load_corpus
from models.training.network import Network
from models.training.predict import Logits, Scorer, predict
from models.training.pretrained import load_network
from models.training.run_folder import RunFolder

SET_ROWS = 600
"""Rows of each set of other origins, at most."""
_AT_ONCE = 1000


@dataclass(slots=True, frozen=True)
class SourceReport:
    """The sources that could be judged, by label, and what they were judged on."""

    run: str
    encoder: str
    """Empty where the hidden states are those of the trained network."""
    seed: int
    rows: int
    """Of a source, at most."""
    found: Sequence[Worth]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; it holds no text."""
        known = {name: getattr(self, name) for name in ("run", "encoder", "seed", "rows")}
        return known | {"sources": [one.as_dict() for one in self.found]}

    def table(self) -> str:
        """Markdown, by label; sources that help the sets of other origins most come first."""
        lines = [
            "| label | source | held out (positive) | without it | with it | alone | itself | others | sets | |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
        ]
        for one in sorted(self.found, key=_order):
            values = " | ".join(f"{100 * value:.1f}" for value in (one.without, one.whole, one.alone))
            gaps = " | ".join(_shown(gap) for gap in (one.itself, one.others, one.suite))
            lines.append(
                f"| {one.label} | {one.source} | {one.rows:,} ({one.positives:,}) | {values} | {gaps} | {one.says} |"
            )
        return "\n".join(lines) + "\n"


def run_source_probes(
    stage: Path, data: Path, suite: Sequence[Path], base: str | None, most: int, seed: int | None
) -> SourceReport:
    """Judge the sources that the recipe of a stage teaches from; nothing is trained but probes, and nothing written.

    `base` is an encoder to read with in the network's place, as it was before training: it has met no source. The
    screening of the run that the stage belongs to is used again where the rows are the same.

    Raises:
        RecipeError: there is no checkpoint, or the data cannot be used.
        EvaluationError: the suite cannot be used.
    """
    run = RunFolder(stage)
    recipe = run.recipe()
    sets = read_suite(suite, {}, SET_ROWS)[0] if suite else []
    network = run.require_network() if base is None else _encoder(run, base)
    cache = stage.absolute().parent
    corpus = load_corpus(data, recipe.data, recipe.seed, cache if (cache / CACHE).is_file() else None)
    seed = recipe.seed if seed is None else seed
    drawn = draw_rows(corpus.train, [*corpus.dev, *corpus.written], most, seed)
    texts, foreign = foreign_rows(sets, len(drawn.texts))
    tokenizer = Tokenizer.from_file(str(run.tokenizer))
    collator = Collator(tokenizer, recipe.data.max_tokens, network.shape.pad_id)
    features = hidden_states(network, collator, [*drawn.texts, *texts])
    return SourceReport(run.title(), base or "", seed, most, judge_sources(drawn, foreign, features))


def _encoder(run: RunFolder, base: str) -> Network:
    recipe = run.recipe()
    choice = choose_base(recipe, base)
    return load_network(choice, prepare_vocabulary(choice, (), run))


def hidden_states(network: Network, collator: Collator, texts: Sequence[str], progress: bool = True) -> Table:
    """[texts, width]: the pooled hidden state of each, in the network's evaluation mode."""
    found = np.empty((len(texts), network.shape.width), dtype=np.float32)
    score = _pooled_scorer(network)
    starts = range(0, len(texts), _AT_ONCE)
    for start in track(starts, "reading", console=Console(stderr=True), transient=True, disable=not progress):
        answers = predict(score, collator, texts[start : start + _AT_ONCE])
        found[start : start + len(answers)] = [answer["pooled"] for answer in answers]
    return found


def _pooled_scorer(network: Network) -> Scorer:
    network.eval()

    def score(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            pooled = network.encode(torch.from_numpy(ids), torch.from_numpy(mask)).pooled
        return {"pooled": pooled.float().numpy()}

    return score


def _order(one: Worth) -> tuple[int, float]:
    best = one.suite or one.others
    return POST_LABELS.index(one.label), -(best.value if best else 0.0)


def _shown(gap: Figure | None) -> str:
    """Bold where the interval leaves out 0."""
    if gap is None:
        return ""
    text = f"{gap.value:+.1f} ({gap.low:+.1f} to {gap.high:+.1f})"
    return f"**{text}**" if gap.low > 0 or gap.high < 0 else text
