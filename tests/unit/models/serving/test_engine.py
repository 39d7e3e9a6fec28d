"""The engine on a model of lookup tables, whose answers can be told from the words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from models.artifact import Artifact, ArtifactError
from models.serving import device as devices
from models.serving.cores import default_threads
from models.serving.encoder import Encoder
from models.serving.engine import NullEngine, OnnxEngine, _device_is_lost
from models.serving.golden import verify_golden
from models.serving.types import Batch, Depth, DeviceError, Item, Scores
from tests.support.tiny_artifact import POISON, write_manifest, write_tiny_artifact

Score = Callable[..., list[Any]]
"""Texts, and maybe heads and depth, to Scores whose heads are not None."""

POSTS = frozenset({"post", "spans", "sentiment"})
TRIAGE = frozenset({"condition", "urgency"})


@pytest.fixture
def score(engine: OnnxEngine, encoder: Encoder) -> Score:
    def score(texts: list[str], heads: frozenset[str] = POSTS, depth: Depth = Depth.FULL) -> list[Any]:
        items = [Item(encoding, None, heads, 0.0, 0.0) for encoding in encoder.encode(texts)]
        return list(engine.run(Batch(items, 64), depth))

    return score


def test_posts_get_probabilities_in_the_order_of_the_rows(score: Score) -> None:
    insult, spam, calm = score(["you are an idiot", "casino", "what a lovely day ."])
    assert insult.heads["post"].tolist() == [0.982, 0.982] + [0.018] * 6
    assert spam.heads["post"].tolist() == [0.018] * 7 + [0.982]
    assert calm.heads["post"].tolist() == [0.018] * 8
    assert calm.heads["sentiment"].argmax() == 2
    assert insult.heads["spans"].tolist() == [0.018, 0.018, 0.018, 0.018, 0.982, 0.018]
    assert (frozenset(insult.heads), insult.degraded) == (POSTS, False)


def test_symptom_records_get_conditions_and_five_levels(score: Score) -> None:
    worst, mild = score(["unresponsive", "i have a headache"], TRIAGE)
    assert worst.heads["urgency"].tolist() == [0.982, 0.0, 0.0, 0.0, 0.018]
    assert mild.heads["urgency"].argmax() == 3
    assert mild.heads["condition"].argmax() == 2
    assert worst.heads.keys() == TRIAGE


def test_tasks_share_a_batch(engine: OnnxEngine, encoder: Encoder) -> None:
    post, record = (
        Item(encoding, None, heads, 0.0, 0.0)
        for encoding, heads in zip(encoder.encode(["idiot", "cough"]), (POSTS, TRIAGE), strict=True)
    )
    first, second = engine.run(Batch([post, record], 16), Depth.FULL)
    assert ["post" not in one.heads for one in (first, second)] == [False, True]
    assert ["urgency" not in one.heads for one in (first, second)] == [True, False]


@pytest.mark.parametrize("length", [8, 64, 256])
def test_padding_and_company_change_no_score(engine: OnnxEngine, encoder: Encoder, length: int) -> None:
    encodings = encoder.encode(["you are an idiot", "你", "kill"])
    items = [Item(encoding, None, POSTS, 0.0, 0.0) for encoding in encodings]
    together = engine.run(Batch(items, length), Depth.FULL)
    for item, scores in zip(items, together, strict=True):
        (alone,) = engine.run(Batch([item], item.encoding.tokens), Depth.FULL)
        for head in POSTS:
            assert alone.heads[head].tolist() == scores.heads[head].tolist()


def test_a_prepared_batch_gives_the_same(engine: OnnxEngine, encoder: Encoder) -> None:
    items = [Item(encoding, None, POSTS, 0.0, 0.0) for encoding in encoder.encode(["you", "an idiot"])]
    batch = Batch(items, 16)
    engine.prepare(batch)
    assert batch.attention_mask is not None
    assert batch.attention_mask.sum(axis=1).tolist() == [3, 4]
    assert engine.run(batch, Depth.FULL)[1].heads["post"].tolist()[0] == 0.982


def test_the_early_exit_does_not_run_the_later_layers(score: Score) -> None:
    """`poison` fails in the model's later part, so an answer proves that it did not run."""
    with pytest.raises(Exception, match="out of data bounds"):
        score([f"{POISON} idiot"])
    (early,) = score([f"{POISON} idiot"], depth=Depth.EARLY)
    assert early.heads["post"][0] == 0.982
    assert (set(early.heads), early.degraded) == ({"post"}, True)


def test_the_early_exit_answers_under_a_version_of_its_own(score: Score, artifact: Artifact) -> None:
    assert score(["idiot"], depth=Depth.EARLY)[0].model_version == f"{artifact.version}+early"


def test_without_an_early_exit_the_full_model_answers(engine: OnnxEngine, encoder: Encoder) -> None:
    class NoExit(OnnxEngine):
        def __init__(self) -> None:
            self.__dict__ = vars(engine) | {"_has_early_exit": False}

    (encoding,) = encoder.encode(["idiot"])
    (scores,) = NoExit().run(Batch([Item(encoding, None, POSTS, 0.0, 0.0)], 16), Depth.EARLY)
    assert (scores.model_version, scores.degraded) == (engine.model_version, False)
    assert "spans" in scores.heads


def test_warm_up_covers_every_length_the_longest_first(artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = OnnxEngine.open(artifact, "cpu", 1)
    shapes: list[tuple[int, int, Depth]] = []

    def run(batch: Batch, depth: Depth) -> list[Scores]:
        shapes.append((len(batch.items), batch.length, depth))
        return []

    monkeypatch.setattr(engine, "run", run)
    engine.warm_up(max_tokens=1024, max_rows=20)
    assert shapes[0] == (4, 256, Depth.FULL)
    assert [length for _, length, depth in shapes if depth is Depth.FULL] == sorted(engine.grid, reverse=True)
    assert Depth.EARLY in {depth for _, _, depth in shapes}


def test_the_grid_ends_at_the_models_length(tmp_path: Path) -> None:
    artifact = write_tiny_artifact(tmp_path, max_tokens=100)
    assert OnnxEngine.open(artifact, "cpu", 1).grid[-3:] == (88, 96, 100)
    assert NullEngine.for_artifact(artifact).grid == (16, 32, 64, 100)


def test_golden_cases_hold(engine: OnnxEngine, encoder: Encoder, artifact: Artifact) -> None:
    verify_golden(engine, encoder, artifact)


def test_a_missed_golden_case_is_named_in_one_sentence(tmp_path: Path) -> None:
    write_tiny_artifact(tmp_path)
    golden = json.loads((tmp_path / "golden.json").read_text())
    golden["cases"][0]["expected"]["post"][2] = 0.5
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    write_manifest(tmp_path)
    artifact = Artifact.load(tmp_path)
    with pytest.raises(ArtifactError, match=r"golden case insult: post is off by 0\.4820"):
        verify_golden(OnnxEngine.open(artifact, "cpu", 1), Encoder.from_artifact(artifact), artifact)


class TestDevice:
    def test_an_unknown_device_is_refused(self, artifact: Artifact) -> None:
        with pytest.raises(DeviceError, match="must be auto, cpu or cuda"):
            OnnxEngine.open(artifact, "tpu")

    def test_cuda_without_a_gpu_is_refused_in_one_sentence(
        self, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(devices, "_why_not_cuda", lambda model, threads: "there is no driver")
        with pytest.raises(DeviceError, match=r"^The device is cuda, but .*: there is no driver\.$"):
            OnnxEngine.open(artifact, "cuda")

    def test_a_session_that_fell_back_in_silence_is_not_taken_for_a_gpu(
        self, artifact: Artifact, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The runtime lists CUDA, opens a session, and runs it on the CPU without a word."""
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [devices._CUDA])
        on_cpu = devices.open_session(artifact.model_path, "cpu", 1)
        monkeypatch.setattr(devices, "open_session", lambda model, device, threads: on_cpu)
        assert devices.choose_device("auto", artifact.model_path, 1) == "cpu"
        with pytest.raises(DeviceError, match="CUDA could not be started"):
            devices.choose_device("cuda", artifact.model_path, 1)

    @pytest.mark.parametrize("has_driver", [True, False])
    def test_cuda_is_loaded_wherever_the_loader_finds_the_driver(
        self, has_driver: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a container it lies on LD_LIBRARY_PATH alone, where ldconfig, and so `find_library`, finds none."""

        def load(name: str) -> None:
            assert name == "libcuda.so.1"
            if not has_driver:
                raise OSError(name)

        loaded: list[str] = []
        monkeypatch.setattr("ctypes.CDLL", load)
        monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: loaded.append("all"))
        devices._load_cuda_libraries()
        assert loaded == ["all"] * has_driver

    def test_auto_says_what_it_chose(self, artifact: Artifact, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level("INFO"):
            engine = OnnxEngine.open(artifact, "auto")
        assert engine.device in ("cpu", "cuda")
        assert [record.message for record in caplog.records if "The model runs on the" in record.message]

    def test_one_core_is_left_to_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for cores, threads in ((1, 1), (2, 1), (8, 7)):
            monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: set(range(n)), raising=False)
            assert default_threads() == threads


def test_the_null_engine_answers_every_head_and_flags_nothing(artifact: Artifact, encoder: Encoder) -> None:
    engine = NullEngine.for_artifact(artifact)
    encodings = encoder.encode(["idiot", "you are an idiot"])
    items = [Item(encoding, None, POSTS | TRIAGE, 0.0, 0.0) for encoding in encodings]
    scores = engine.run(Batch(items, 16), Depth.FULL)
    assert [len(one.heads["spans"]) for one in scores if "spans" in one.heads] == [3, 6]
    for head, width in (("post", 8), ("sentiment", 3), ("condition", 3), ("urgency", 5)):
        values = scores[0].heads[head]
        assert values.shape == (width,)
        assert np.all(values < 0.01)


def test_the_half_precision_graph_has_a_version_of_its_own(artifact: Artifact) -> None:
    session = devices.open_session(artifact.model_path, "cpu", 1)
    assert OnnxEngine(artifact, session, "cuda", is_half=True).model_version == f"{artifact.version}+fp16"
    assert OnnxEngine(artifact, session, "cpu").model_version == artifact.version


@pytest.mark.parametrize(
    ("said", "is_lost"),
    [
        ("CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; file=cuda_allocator.cc", True),
        ("CUDA failure 716: misaligned address ; GPU=0", True),
        ("CUDA failure 2: out of memory ; GPU=0", False),
        ("Failed to allocate memory for requested buffer of size 17; CUDA arena", False),
        ("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED", False),
        ("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : invalid rank for input: input_ids", False),
    ],
)
def test_a_gpu_is_lost_after_every_error_of_cuda_but_lack_of_memory(said: str, is_lost: bool) -> None:
    assert _device_is_lost(RuntimeError(said)) == is_lost
