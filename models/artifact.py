"""The model folder: what is in it, loading it safely, and checking it against its golden cases.

Folder: `manifest.json`, `model.onnx`, `tokenizer.json`, `golden.json`, `MODEL_CARD.md`. Loading reads JSON
and compares hashes; nothing in the folder is executed, and no pickle is ever opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from models.errors import ArtifactError as ArtifactError  # who loads artifacts looks for it here
from models.graph_check import check_graph
from models.model_files import GRAPH_SUFFIX, read_file, verify_files

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
GOLDEN: Final = "golden.json"
CARD: Final = "MODEL_CARD.md"
EARLY_HEAD: Final = "early_post"
OPERATING_POINTS: Final = ("strict", "balanced", "lenient")
"""From the one that labels most to the one that labels least."""
DEFAULT_POINT: Final = "balanced"


class _Strict(BaseModel):
    """A key that nobody reads is an error: it was meant to decide something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Head(_Strict):
    """One output of the ONNX graph. Logits; `ordinal` has one cumulative logit less than it has labels."""

    output: str
    kind: Literal["sigmoid", "token_sigmoid", "softmax", "ordinal"]
    labels: tuple[str, ...]


class SourceRows(_Strict):
    """Rows of one data source that entered training, with the licence tier they came under."""

    name: str
    task: str
    tier: str
    rows: int


class Cascade(_Strict):
    """When the early exit alone may answer a post. Chosen on dev; the shares are of posts held out from the choice."""

    clean_below: dict[str, float]
    """{label: probability}: a post is clean if its early score of every label lies below the label's number."""
    answered_early: float
    """Of the posts that the full model does not flag: the share that the early exit answers."""
    flags_lost: float
    """Of the posts that it flags: the share that the early exit takes for clean."""


class OperatingPoint(_Strict):
    """From which scores on posts are labelled and acted on; a policy names the point that it goes by."""

    thresholds: dict[str, dict[str, float]]
    """{label: {language: probability}}; `spans` is one of the labels."""
    acts_from: dict[str, dict[str, float | None]] = {}
    """{label: {language: probability}}: a label acts from here on at the earliest, whatever a policy says. None: it
    never acts. Without an entry the threshold is the only bar."""


class Manifest(_Strict):
    """Everything a server must know about the model. Calibration is folded into the weights."""

    format: int
    name: str
    version: str
    """Of the training run, such as its date. A verdict names `full_version`."""
    created: str
    files: dict[str, str]
    heads: dict[str, Head]
    max_tokens: int
    pad_id: int
    prefix: str = ""
    thresholds: dict[str, dict[str, float]]
    """{label: {language: probability}}, chosen on dev or, with `operating_points`, those of the balanced one; `spans`
    is one of the labels."""
    operating_points: dict[str, OperatingPoint] = {}
    """{name: point}, all or none of OPERATING_POINTS."""
    calibration: dict[str, Any] = {}
    sources: tuple[SourceRows, ...] = ()
    metrics: dict[str, Any] = {}
    base: str = ""
    licence: str = ""
    quantisation: str = ""
    shape: dict[str, float] = {}
    """Of the network: `layers`, `width`, `attention_heads`, `feed_forward`, `vocabulary` and the like."""
    cascade: Cascade | None = None
    """None: the model cannot be served as a cascade."""

    @property
    def full_version(self) -> str:
        """The version and a hash of all that decides: files, heads, thresholds, calibration, prefix and the rest.

        Two models that could answer differently never share it. What only tells about the model is left out.
        """
        content = self.model_dump(mode="json", exclude=_TELLS)
        if not self.operating_points:
            del content["operating_points"]  # a manifest from before there were any keeps its version
        content["files"] = {name: digest for name, digest in self.files.items() if name != CARD}
        digest = hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=4)
        return f"{self.version}-{digest.hexdigest()}"


_TELLS: Final = {"created", "sources", "metrics", "base", "licence", "shape"}


class GoldenCase(_Strict):
    """A text as the encoder gets it (normalised, rendered) and the probabilities expected per head."""

    name: str
    task: str
    text: str
    expected: dict[str, tuple[float, ...]]


class GoldenCases(_Strict):
    """Cases and the largest absolute difference allowed (kernels differ a little between processors)."""

    tolerance: float
    cases: tuple[GoldenCase, ...]


Score = Callable[[list[str]], Sequence[Mapping[str, Sequence[float]]]]
"""Texts to probabilities per head (`post`, `sentiment`, `condition`, `urgency`), one mapping a text."""


@dataclass(slots=True, frozen=True)
class Artifact:
    """A verified model folder."""

    folder: Path
    manifest: Manifest

    @classmethod
    def load(cls, folder: Path) -> Artifact:
        """Read and verify a folder. Raises ArtifactError where a file is missing, changed, unreadable or not safe."""
        manifest = read_manifest(folder)
        verify_files(folder, manifest.files, (MODEL, TOKENIZER, GOLDEN))
        for name in manifest.files:
            if name.endswith(GRAPH_SUFFIX):
                check_graph(folder / name)
        return cls(folder, manifest)

    @property
    def version(self) -> str:
        """What verdicts name, but for the precision served: see `Manifest.full_version`."""
        return self.manifest.full_version

    @property
    def model_path(self) -> Path:
        return self.folder / MODEL

    @property
    def tokenizer_path(self) -> Path:
        return self.folder / TOKENIZER

    def labels(self, head: str) -> tuple[str, ...]:
        """Labels of a head in the order of its output."""
        return self.manifest.heads[head].labels

    def clean_below(self) -> tuple[float, ...]:
        """The cascade's bars, in the order of the early head. Raises ArtifactError where the model has none."""
        cascade, head = self.manifest.cascade, self.manifest.heads.get(EARLY_HEAD)
        if cascade is None or head is None or set(cascade.clean_below) != set(head.labels):
            raise ArtifactError(
                f"Model {self.version} has no thresholds for a cascade; take another model, or switch cascade off."
            )
        return tuple(cascade.clean_below[label] for label in head.labels)

    def golden(self) -> GoldenCases:
        """The golden cases of the folder."""
        return read_file(GoldenCases, self.folder / GOLDEN)

    def operating_point(self, name: str = DEFAULT_POINT) -> OperatingPoint:
        """What a model without operating points has is its balanced one. Raises ArtifactError for a point it lacks."""
        known = self.manifest.operating_points or {DEFAULT_POINT: OperatingPoint(thresholds=self.manifest.thresholds)}
        if name not in known:
            raise ArtifactError(
                f"Model {self.version} has no operating point {name}; it has {', '.join(known)}."
            )  # fmt: skip
        return known[name]

    def threshold(self, label: str, lang: str) -> float:
        """Threshold of a label; a language without its own takes the highest one, which flags least."""
        by_language = self.manifest.thresholds[label]
        return by_language.get(lang, max(by_language.values()))


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone, without verifying the files it names."""
    manifest = read_file(Manifest, folder / MANIFEST)
    if manifest.format != FORMAT:
        raise ArtifactError(f"The artifact in {folder} has format {manifest.format}; this version reads {FORMAT}.")
    return manifest


def check_golden(artifact: Artifact, score: Score) -> None:
    """Raise ArtifactError where a golden case is off by more than the tolerance; say which and by how much."""
    golden = artifact.golden()
    answers = score([case.text for case in golden.cases])
    for case, answer in zip(golden.cases, answers, strict=True):
        for head, expected in case.expected.items():
            got = answer[head]
            worst = max(abs(float(a) - b) for a, b in zip(got, expected, strict=True))
            if not worst <= golden.tolerance:
                raise ArtifactError(
                    f"Model {artifact.version} fails its golden case {case.name}: {head} is off by {worst:.4f}, "
                    f"{golden.tolerance:g} is allowed."
                )
