"""What a worker refuses to serve."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from models.artifact import CARD, GOLDEN, Artifact, ArtifactError, read_manifest
from models.folders import RELEASE
from models.labels import POST_LABELS
from models.serving.engine import NullEngine
from models.serving.types import Encoding, Item
from streams.model import check_cascade, load_model, new_batcher
from streams.policy import POLICY, Policy, PolicyError
from streams.score import score_lines
from streams.settings import Settings
from tests.support.rules import as_toml, rule
from tests.support.tiny_artifact import POISON, write_manifest, write_tiny_artifact


def test_a_model_of_which_one_bit_changed_is_not_loaded(tiny_artifact: Path, tmp_path: Path) -> None:
    """Not even where the changed file plays no part in serving."""
    folder = Path(shutil.copytree(tiny_artifact, tmp_path / "artifact"))
    content = bytearray((folder / CARD).read_bytes())
    content[0] ^= 1
    (folder / CARD).write_bytes(content)

    with pytest.raises(ArtifactError, match=f"{CARD} .* does not match the hash"):
        load_model(Settings(artifact=folder, device="cpu", threads=1))


def test_a_model_that_fails_a_golden_case_is_not_loaded(tmp_path: Path) -> None:
    """Its files are whole, and it gives other answers on this machine than it promises."""
    artifact = write_tiny_artifact(tmp_path / "artifact")
    golden = orjson.loads((artifact.folder / GOLDEN).read_bytes())
    golden["cases"][0]["expected"]["post"][0] = 0.0
    (artifact.folder / GOLDEN).write_bytes(orjson.dumps(golden))
    write_manifest(artifact.folder)

    with pytest.raises(ArtifactError, match=r"off by 0\.98"):
        load_model(Settings(artifact=artifact.folder, device="cpu", threads=1))


@pytest.mark.parametrize("engine", ["null", "onnx"])
def test_an_engine_that_judges_nothing_is_told_of(
    tiny_artifact: Path, engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a setting that was forgotten after a measurement lets everything through, and nobody sees it."""
    load_model(Settings(artifact=tiny_artifact, engine=engine, device="cpu", threads=1))
    told = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [("no text is judged" in record.getMessage()) for record in told] == [True] * (engine == "null")


@pytest.mark.parametrize(("device", "rows", "posts"), [("cpu", 32, 256), ("cuda", 512, 2048)])
def test_a_full_turn_of_posts_fills_the_device(
    tiny_artifact: Path, device: str, rows: int, posts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU that gets what suits a CPU waits for the next batch nearly all the time."""
    monkeypatch.setattr(NullEngine, "device", device)
    model = load_model(Settings(artifact=tiny_artifact, engine="null"))
    batcher = new_batcher(model)
    for number in range(4096):
        batcher.push(Item(Encoding(np.zeros(4, np.int32), np.zeros((4, 2), np.int32)), None, frozenset(), number, 0.0))
    turn = batcher.pop()
    taken = sum(len(batch.items) for batch in turn)
    assert taken == min(posts, model.batch_tokens // model.engine.grid[0])
    assert model.batch_rows * 32 >= model.batch_tokens
    assert model.batch_tokens // 32 == rows


@pytest.fixture
def with_bars(tmp_path: Path) -> Path:
    """A model that may be served as a cascade."""
    write_tiny_artifact(tmp_path / "bars")
    bars = {"clean_below": dict.fromkeys(POST_LABELS, 0.4), "answered_early": 0.9, "flags_lost": 0.004}
    write_manifest(tmp_path / "bars", cascade=bars)
    return tmp_path / "bars"


def cascading(artifact: Path, **others: Any) -> Settings:
    return Settings(artifact=artifact, device="cpu", threads=1, cascade="on", **others)


def test_a_model_without_bars_is_no_cascade(tiny_artifact: Path) -> None:
    with pytest.raises(ArtifactError, match=r"^Model \S+ has no thresholds for a cascade; .*switch cascade off\.$"):
        load_model(cascading(tiny_artifact))


def test_bars_have_to_be_there_for_every_label(with_bars: Path) -> None:
    write_manifest(with_bars, cascade={"clean_below": {"spam": 0.4}, "answered_early": 1.0, "flags_lost": 0.0})
    with pytest.raises(ArtifactError, match="no thresholds for a cascade"):
        load_model(cascading(with_bars))


def test_a_policy_that_flags_what_may_be_clean_is_no_policy_for_a_cascade(with_bars: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.read_text("utf-8").replace("threat = { other = 0.90 }", "threat = { en = 0.3 }"), "utf-8")
    with pytest.raises(PolicyError, match=r"of threat \(en, 0\.3\) is below the model's \(0\.5\)"):
        load_model(cascading(with_bars, policy=policy))
    assert load_model(Settings(artifact=with_bars, device="cpu", threads=1, policy=policy))


def test_a_rule_that_asks_for_less_than_the_model_is_none_for_a_cascade(with_bars: Path, tmp_path: Path) -> None:
    low = rule("low", {"all": [{"lang": "en"}, {"not": {"label": "threat", "at_least": 0.3}}]})
    for mode, refused in (("on", True), ("shadow", True), ("off", False)):
        path = tmp_path / f"{mode}.toml"
        path.write_text(POLICY.read_text("utf-8") + as_toml(low | {"mode": mode}), "utf-8")
        if refused:
            with pytest.raises(
                PolicyError, match=r"rule low asks for threat from 0\.3 on, below the model's .*\(0\.5\)"
            ):
                load_model(cascading(with_bars, policy=path))
        else:
            load_model(cascading(with_bars, policy=path))


def test_the_policy_that_ships_starts_a_cascade_with_the_model_that_ships() -> None:
    check_cascade(Artifact(RELEASE, read_manifest(RELEASE)), Policy.load(POLICY))


@pytest.mark.parametrize(("bar", "refused"), [(0.495, False), (0.49, True)])
def test_a_threshold_is_the_models_if_two_digits_do_not_tell_them_apart(
    bar: float, refused: bool, with_bars: Path, tmp_path: Path
) -> None:
    """The model's are .5; a label's threshold and a rule are compared alike."""
    artifact = Artifact(with_bars, read_manifest(with_bars))
    text = POLICY.read_text("utf-8")
    asks = rule("asks", {"all": [{"lang": "en"}, {"label": "threat", "at_least": bar}]})
    written = (text.replace("threat = { other = 0.90 }", f"threat = {{ en = {bar} }}"), text + as_toml(asks))
    for number, content in enumerate(written):
        path = tmp_path / f"{number}.toml"
        path.write_text(content, "utf-8")
        with pytest.raises(PolicyError, match=r"below the model's") if refused else nullcontext():
            check_cascade(artifact, Policy.load(path))


def test_an_operating_point_that_flags_what_may_be_clean_is_none_for_a_cascade(with_bars: Path, tmp_path: Path) -> None:
    manifest = orjson.loads((with_bars / "manifest.json").read_bytes())
    points = {
        name: {"thresholds": {label: {"en": bar, "zh": 0.5} for label in (*POST_LABELS, "spans")}}
        for name, bar in (("strict", 0.45), ("balanced", 0.5), ("lenient", 0.8))
    }
    write_manifest(with_bars, cascade=manifest["cascade"], operating_points=points)
    policy = tmp_path / "policy.toml"
    for name in ("balanced", "lenient"):
        policy.write_text(POLICY.read_text().replace('"balanced"\n\n', f'"{name}"\n\n'))
        load_model(cascading(with_bars, policy=policy))
    policy.write_text(POLICY.read_text().replace('"balanced"\n\n', '"strict"\n\n'))
    with pytest.raises(PolicyError, match=r"^The strict point's threshold of toxicity \(en, 0\.45\) is below"):
        load_model(cascading(with_bars, policy=policy))


def test_score_honours_the_cascade(with_bars: Path) -> None:
    lines = [orjson.dumps({"id": "1", "text": text}) for text in (f"what a {POISON} day", "you are an idiot")]
    calm, insult = map(orjson.loads, score_lines(lines, "posts", cascading(with_bars)))
    assert calm["model_version"] == f"{insult['model_version']}+early"
    assert (calm["action"], calm["spans"], calm["sentiment"], calm["degraded"]) == ("allow", [], None, False)
    assert (insult["labels"][0], len(insult["spans"]), insult["degraded"]) == ("toxicity", 1, False)
    assert insult["source"] is None, "it came from no topic"

    calm, _ = map(orjson.loads, score_lines(lines, "posts", Settings(artifact=with_bars, device="cpu", threads=1)))
    assert calm["error"]["reason"] == "inference_failed"
