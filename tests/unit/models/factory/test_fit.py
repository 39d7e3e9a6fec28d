"""An artifact that is fitted after its export: a new scale, new bars, and everything that names them."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.artifact import Artifact, ArtifactError  # noqa: E402
from models.compression.rescale import rescale_heads  # noqa: E402
from models.compression.runtime import onnx_scorer, open_session  # noqa: E402
from models.evaluation.rows import EvaluationError  # noqa: E402
from models.factory.export import export_run  # noqa: E402
from models.factory.factory import run_factory  # noqa: E402
from models.factory.fit import FitRules, fit_artifact  # noqa: E402
from models.model_files import file_hash  # noqa: E402
from models.serving.encoder import Encoder  # noqa: E402
from models.serving.engine import OnnxEngine  # noqa: E402
from models.serving.golden import verify_golden  # noqa: E402
from models.training.recipe import Operating, RecipeError, fixed_part  # noqa: E402
from tests.support.tiny_artifact import write_tiny_artifact  # noqa: E402
from tests.unit.models.made_up import sentence  # noqa: E402

IDS = np.array([[0, 5, 6, 7, 2], [0, 9, 10, 11, 2]])
MASK = np.ones_like(IDS)
ONE_THREAD = FitRules(threads=1)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rude and kind posts, and ordinary ones of two domains, one of which is as rude as the posts."""
    folder = tmp_path_factory.mktemp("suite")
    chance = random.Random(5)
    posts: list[dict[str, Any]] = [
        {"id": str(n), "text": sentence(chance, n % 2 == 0), "lang": "en", "toxicity": int(n % 2 == 0 and n % 10 != 0)}
        for n in range(300)
    ]
    ordinary: list[dict[str, Any]] = [
        {"id": str(n), "text": sentence(chance, n % 50 == 0), "lang": "en", "domain": f"d{n % 2}", "toxicity": 0}
        for n in range(400)
    ]
    for name, rows in (("rude", posts), ("dev", ordinary)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def fitted(tiny_artifact: Path, suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return fit_artifact(tiny_artifact, tmp_path_factory.mktemp("fitted") / "model", [suite], ONE_THREAD)


def logits(folder: Path, head: str, name: str = "model.onnx") -> Any:
    return onnx_scorer(open_session(folder / name))(IDS, MASK)[head]


def test_a_scale_is_folded_into_the_heads_of_every_precision(tiny_run: Path, tiny_data: Path, tmp_path: Path) -> None:
    folder = export_run(tiny_run, tmp_path / "model", tiny_data, dev_rows=60, threads=1, half=True).folder
    scale = {"slope": [0.5 + n / 10 for n in range(8)], "offset": [n - 4.0 for n in range(8)]}
    for name, tolerance in (("model.onnx", 1e-4), ("model_fp16.onnx", 0.05)):
        before = {head: logits(folder, head, name) for head in ("post", "early_post", "sentiment")}
        rescale_heads(folder / name, {"post": scale, "early_post": scale})
        for head in ("post", "early_post"):
            wanted = before[head] * scale["slope"] + scale["offset"]
            np.testing.assert_allclose(logits(folder, head, name), wanted, atol=tolerance)
        np.testing.assert_array_equal(logits(folder, "sentiment", name), before["sentiment"])


def test_a_graph_without_such_heads_stays_as_it_was(tmp_path: Path) -> None:
    path = write_tiny_artifact(tmp_path / "tiny").model_path
    before = file_hash(path)
    with pytest.raises(ArtifactError, match="has no head post whose weights can be rescaled"):
        rescale_heads(path, {"post": {"slope": [1.0] * 8, "offset": [0.0] * 8}})
    assert file_hash(path) == before


def test_a_fitted_artifact_is_sound_and_names_itself(fitted: Artifact, tiny_artifact: Path) -> None:
    verify_golden(OnnxEngine.open(fitted, device="cpu", threads=1), Encoder.from_artifact(fitted), fitted)
    old = Artifact.load(tiny_artifact)
    card = (fitted.folder / "MODEL_CARD.md").read_text()

    assert fitted.version != old.version
    assert fitted.version in card
    assert old.version not in card
    assert "## Operating points" in card
    assert card.index("## Operating points") < card.index("## Dev figures")
    assert [case.name for case in fitted.golden().cases] == [case.name for case in old.golden().cases]
    assert fitted.manifest.sources == old.manifest.sources
    assert fitted.manifest.metrics["dev"] == old.manifest.metrics["dev"]


def test_its_thresholds_are_the_balanced_point(fitted: Artifact, tiny_artifact: Path) -> None:
    points = fitted.manifest.operating_points

    assert list(points) == ["strict", "balanced", "lenient"]
    assert fitted.manifest.thresholds == points["balanced"].thresholds
    assert points["lenient"].thresholds["spans"] == Artifact.load(tiny_artifact).manifest.thresholds["spans"]
    assert fitted.threshold("toxicity", "other") >= 0.9


def test_the_scale_of_what_the_sets_know_alone_is_changed(fitted: Artifact, tiny_artifact: Path) -> None:
    before, after = (Artifact.load(folder).manifest.calibration for folder in (tiny_artifact, fitted.folder))

    assert after["post"]["slope"][0] != before["post"]["slope"][0]
    assert after["early_post"]["slope"][0] != before["early_post"]["slope"][0]
    assert after["post"]["slope"][1:] == before["post"]["slope"][1:]
    assert after["sentiment"] == before["sentiment"]


def test_the_card_shows_figures_of_rows_that_nothing_was_chosen_by(fitted: Artifact) -> None:
    operating = fitted.manifest.metrics["operating"]

    assert set(operating["sets"]) == {"rude en toxicity"}
    assert 100 < operating["calibration"]["toxicity"]["rows"] < 200  # of 300: a half
    assert operating["ordinary"]["balanced"]["rows"] == 400
    assert operating["ordinary"]["balanced"]["labelled"] <= 5
    assert "unseen" in operating["ordinary"]["balanced"]
    assert operating["ordinary"]["strict"]["labelled"] <= 20
    assert 0 <= operating["cascade"]["answered_early"] <= 1


def test_calibration_is_better_on_the_half_that_it_was_not_fitted_to(fitted: Artifact) -> None:
    figures = fitted.manifest.metrics["operating"]["calibration"]["toxicity"]
    assert figures["after"] < figures["before"]


def test_fitting_again_changes_little_and_says_it_once(fitted: Artifact, suite: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(fitted.folder, tmp_path / "again"))
    again = fit_artifact(folder, folder, [suite], ONE_THREAD)
    card = (folder / "MODEL_CARD.md").read_text()

    assert card.count("## Operating points") == card.count("## Cascade") == 1
    assert again.manifest.calibration["post"]["slope"][0] == pytest.approx(
        fitted.manifest.calibration["post"]["slope"][0], rel=0.1
    )
    assert not folder.with_name("again.new").exists()


def test_the_graph_for_gpus_is_fitted_too(tiny_run: Path, tiny_data: Path, suite: Path, tmp_path: Path) -> None:
    folder = export_run(tiny_run, tmp_path / "model", tiny_data, dev_rows=60, threads=1, half=True).folder
    before = logits(folder, "post", "model_fp16.onnx")
    known = Artifact.load(folder).manifest.calibration["post"]
    calibration = fit_artifact(folder, folder, [suite], ONE_THREAD).manifest.calibration["post"]

    slope = np.array(calibration["slope"]) / known["slope"]
    wanted = before * slope + calibration["offset"] - slope * known["offset"]
    np.testing.assert_allclose(logits(folder, "post", "model_fp16.onnx"), wanted, atol=0.05)


def test_a_label_may_keep_its_scale(tiny_artifact: Path, suite: Path, tmp_path: Path) -> None:
    rules = FitRules(keep_scale=("toxicity",), threads=1)
    kept = fit_artifact(tiny_artifact, tmp_path / "kept", [suite], rules).manifest
    assert kept.calibration == Artifact.load(tiny_artifact).manifest.calibration
    card = (tmp_path / "kept" / "MODEL_CARD.md").read_text()
    assert "half of each of these sets: rude; and on ordinary text: " in card
    assert "Scores of toxicity stay" in card


def test_a_label_that_no_table_claims_anything_of_counts_where_that_is_asked(
    tiny_artifact: Path, tmp_path: Path
) -> None:
    chance = random.Random(7)
    posts = [{"id": str(n), "text": sentence(chance, n % 2 == 0), "toxicity": 1 - n % 2} for n in range(200)]
    ordinary = [{"text": sentence(chance, n % 4 == 0), "domain": "d", "spam": 0} for n in range(200)]
    for name, rows in (("a", posts), ("b", ordinary)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    bars = [
        fit_artifact(tiny_artifact, tmp_path / "out", [tmp_path], FitRules(any_label=any_label, threads=1))
        .threshold("toxicity", "en")
        for any_label in (False, True)
    ]  # fmt: skip
    assert bars[0] < bars[1]


@pytest.mark.parametrize("missing", ["rude", "dev"])
def test_both_kinds_of_tables_are_needed(tiny_artifact: Path, suite: Path, tmp_path: Path, missing: str) -> None:
    rest = tmp_path / "rest"
    shutil.copytree(suite, rest, ignore=shutil.ignore_patterns(f"{missing}.jsonl"))
    before = file_hash(tiny_artifact / "manifest.json")
    with pytest.raises(EvaluationError, match="Thresholds need both"):
        fit_artifact(tiny_artifact, tmp_path / "out", [rest], ONE_THREAD)
    assert {path.name for path in tmp_path.iterdir()} == {"rest"}
    assert file_hash(tiny_artifact / "manifest.json") == before


def test_a_recipe_fits_what_it_exports(
    tiny_run: Path, tiny_data: Path, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training.run_folder import RunFolder

    recipe = RunFolder(tiny_run).recipe()
    place = str(suite.relative_to(tiny_data.parent))
    operating = recipe.model_copy(update={"operating": Operating(suite=(place,), per_thousand=10)})
    monkeypatch.setattr(RunFolder, "recipe", lambda self: operating)
    artifact = export_run(tiny_run, tmp_path / "model", tiny_data, threads=1)

    assert artifact.manifest.metrics["operating"]["per_thousand"]["balanced"]["labelled"] == 10
    assert Artifact.load(tmp_path / "model").operating_point("strict")


def test_a_suite_that_is_missing_is_told_before_the_training(tiny_recipe: Any, tiny_data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe.model_copy(update={"operating": Operating(suite=("nowhere",))})
    with pytest.raises(RecipeError, match=r"\[operating\] names .*nowhere, which is not there"):
        run_factory(recipe, tiny_data, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert fixed_part(recipe) == fixed_part(tiny_recipe)


def test_a_recipe_may_not_keep_the_scale_of_an_unknown_label() -> None:
    with pytest.raises(ValueError, match="keep_scale names rude"):
        Operating(suite=("transfer",), keep_scale=("rude",))
