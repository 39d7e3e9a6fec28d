"""The whole factory on made-up data: every stage once, in seconds, and nothing again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402
from transformers import BertConfig  # noqa: E402

from models.artifact import Artifact  # noqa: E402
from models.compression import distill  # noqa: E402
from models.factory import factory  # noqa: E402
from models.factory.card import write_card  # noqa: E402
from models.factory.export import export_run  # noqa: E402
from models.factory.factory import run_factory  # noqa: E402
from models.factory.former_run import take_over  # noqa: E402
from models.factory.stage_names import teachers_in  # noqa: E402
from models.factory.teachers import answers_of, teacher_folders, train_voter  # noqa: E402
from models.training.network import Network, Shape  # noqa: E402
from models.training.recipe import Recipe, RecipeError  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402


@pytest.fixture(scope="module")
def whole_recipe(tiny_recipe: Any) -> Recipe:
    schedule = tiny_recipe.schedule.model_copy(update={"steps": 30})
    return Recipe.model_validate(
        tiny_recipe.model_dump()
        | {
            "teacher": {"layers": 3, "rows": 200, "schedule": schedule.model_dump()},
            "pruning": {"attention_heads": 1, "feed_forward": 64, "rows": 64},
            "distillation": {"schedule": schedule.model_dump()},
        }
    )


@pytest.fixture(scope="module")
def whole_run(whole_recipe: Recipe, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("factory") / "run"
    run_factory(whole_recipe, tiny_data, out)
    return out


def _steps(stage: Path) -> int:
    loaded = RunFolder(stage).load_network()
    assert loaded is not None
    return loaded[1].step


def test_stages_meet_the_rows_in_orders_of_their_own(whole_run: Path) -> None:
    assert [RunFolder(whole_run / s).recipe().schedule.walk for s in ("teacher", "student", "distilled")] == [0, 1, 2]


def test_every_stage_leaves_its_network_and_the_artifact_is_the_pruned_one(whole_run: Path) -> None:
    shapes = {}
    for stage in ("student", "teacher", "distilled"):
        loaded = RunFolder(whole_run / stage).load_network()
        assert loaded is not None
        shapes[stage] = loaded[0].shape
        assert (whole_run / "graphs" / f"{stage}.onnx").stat().st_size > 1000
    assert (shapes["teacher"].layers, shapes["student"].layers) == (3, 2)
    assert (shapes["distilled"].attention_heads, shapes["distilled"].feed_forward) == (1, 64)
    assert (shapes["student"].attention_heads, shapes["student"].feed_forward) == (2, 128)
    artifact = Artifact.load(whole_run / "artifact")
    assert artifact.manifest.metrics["dev"]["post"]["toxicity"]["en"]["auroc"] > 0.9


def test_a_card_tells_how_its_own_network_came_about(whole_run: Path, tiny_data: Path, tmp_path: Path) -> None:
    card = (whole_run / "artifact" / "MODEL_CARD.md").read_text()
    assert "2 layers of 1 attention heads and 64 neurons" in card
    assert "the lowest layers of a network of 3 layers, its teacher, trained on labels, then pruned, trained on" in card
    stage = Path(shutil.copytree(whole_run / "student", tmp_path / "run" / "student"))
    export_run(stage, tmp_path / "student", tiny_data, threads=1)
    card = (tmp_path / "student" / "MODEL_CARD.md").read_text()
    assert "2 layers of 2 attention heads and 128 neurons" in card
    assert "its teacher, trained on labels. Format" in " ".join(card.split())
    (stage / "note.txt").write_text("made in two sittings")
    export_run(stage, tmp_path / "noted", tiny_data, threads=1)
    card = (tmp_path / "noted" / "MODEL_CARD.md").read_text()
    assert "as the note below tells" in card
    assert "note made in two sittings" in card


def test_a_card_says_of_its_data_only_what_is_so(whole_run: Path, whole_recipe: Recipe) -> None:
    manifest = Artifact.load(whole_run / "artifact").manifest
    card = write_card(manifest, whole_recipe.model_copy(update={"limits": ("Ours is a small town.",)}))
    assert "- Ours is a small town.\n- No post of dev is labelled for toxicity zh, insult zh," in card
    assert not any(said in card for said in ("tier C", "generated", "written for this project", "Weak negatives"))
    foreign = manifest.sources[0].model_copy(update={"name": "forum", "tier": "C"})
    card = write_card(manifest.model_copy(update={"sources": (*manifest.sources, foreign)}), whole_recipe)
    assert f"(tier C): forum ({foreign.task})." in card


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("pruning", {"attention_heads": 8}, "keeps 8 attention heads a layer, but .* has 2"),
        ("pruning", {"feed_forward": 4096}, "keeps 4096 neurons a layer, but .* has 128"),
        ("teacher", {"layers": 9}, "has 3 layers, fewer than 9"),
    ],
)
def test_what_the_encoder_cannot_give_stops_a_run_before_it_reads_the_data(
    section: str, values: dict[str, int], said: str, whole_recipe: Recipe, tmp_path: Path
) -> None:
    document = whole_recipe.model_dump()
    document[section] |= values
    recipe = Recipe.model_validate(document)
    with pytest.raises(RecipeError, match=said):
        run_factory(recipe, tmp_path / "nothing", tmp_path / "run")
    with pytest.raises(RecipeError, match=said):
        train_voter(recipe, tmp_path / "nothing", tmp_path / "run", 1)


def test_a_teacher_of_another_width_is_refused(whole_recipe: Recipe, tmp_path: Path) -> None:
    BertConfig(hidden_size=96, num_hidden_layers=3, num_attention_heads=2).save_pretrained(tmp_path / "wide")
    teacher = whole_recipe.teacher
    assert teacher is not None
    wide = whole_recipe.model_copy(update={"teacher": teacher.model_copy(update={"name": str(tmp_path / "wide")})})
    with pytest.raises(RecipeError, match="is 96 wide, its student 64"):
        run_factory(wide, tmp_path / "nothing", tmp_path / "run")


def test_the_report_shows_networks_and_baseline_beside_each_other(whole_run: Path) -> None:
    report = (whole_run / "report.md").read_text()
    for name in ("teacher", "student", "distilled", "int8", "tiny student", "TF-IDF, svm", "TF-IDF, logistic"):
        assert f"| {name} |" in report
    assert "closed: tier C: 24" in report


def test_running_again_repeats_no_stage(
    whole_run: Path, whole_recipe: Recipe, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("a finished stage ran again")

    monkeypatch.setattr("models.factory.export.export_run", fail)
    monkeypatch.setattr(factory, "baseline_figures", fail)
    before = (whole_run / "distilled" / "checkpoint" / "weights.safetensors").read_bytes()
    run_factory(whole_recipe, tiny_data, whole_run)
    assert (whole_run / "distilled" / "checkpoint" / "weights.safetensors").read_bytes() == before


def test_a_longer_schedule_makes_artifact_and_comparison_anew(
    whole_run: Path, whole_recipe: Recipe, tiny_data: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(whole_run, tmp_path / "longer"))
    before = json.loads((out / "comparison.json").read_text())
    document = whole_recipe.model_dump()
    document["teacher"]["schedule"]["steps"] += 8
    run_factory(Recipe.model_validate(document), tiny_data, out)
    after = json.loads((out / "comparison.json").read_text())
    assert all(after[name] != before[name] for name in ("teacher", "student", "distilled"))
    for stage, steps in (("teacher", 38), ("student", 40), ("distilled", 30)):
        assert _steps(out / stage) == steps
        assert (out / stage / "checkpoint" / "weights.safetensors").read_bytes() != (
            whole_run / stage / "checkpoint" / "weights.safetensors"
        ).read_bytes()
    manifests = [(path / "artifact" / "manifest.json").read_text() for path in (whole_run, out)]
    assert manifests[0] != manifests[1]


def test_answers_of_a_teacher_that_was_trained_on_since_are_asked_for_again(whole_run: Path, tmp_path: Path) -> None:
    stage = Path(shutil.copytree(whole_run / "teacher", tmp_path / "teacher"))
    parts = list((stage / "targets").glob("part-*.npz"))
    assert parts
    answers_of([RunFolder(stage)])
    assert all(part.exists() for part in parts)
    os.utime(parts[0], (1e9, 1e9))  # older than the teacher's checkpoint
    answers_of([RunFolder(stage)])
    assert not parts[0].exists()


def test_the_student_starts_as_the_lowest_layers_of_the_teacher(whole_run: Path, whole_recipe: Recipe) -> None:
    loaded = RunFolder(whole_run / "teacher").load_network()
    assert loaded is not None
    teacher = loaded[0]
    student = factory.first_student(whole_recipe, None, [teacher], None)  # type: ignore[arg-type]  # no data is read
    assert student.shape.layers == whole_recipe.base.layers < teacher.shape.layers
    ours, theirs = student.state_dict(), teacher.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_two_teachers_differ_and_the_student_learns_the_mean_of_their_answers(
    whole_run: Path, whole_recipe: Recipe, tiny_data: Path, tmp_path: Path
) -> None:
    document = whole_recipe.model_dump()
    document["teacher"]["voters"] = 2
    recipe = Recipe.model_validate(document)
    out = tmp_path / "run"
    folder = train_voter(recipe, tiny_data, out, 2)  # alone, as beside others on a GPU
    weights = RunFolder(folder).fingerprint()
    with pytest.raises(RecipeError, match="no teacher 3; those that it has are 1 to 2"):
        train_voter(recipe, tiny_data, out, 3)
    run_factory(recipe, tiny_data, out)
    assert RunFolder(out / "teacher_2").fingerprint() == weights, "it was trained again"
    loaded = [RunFolder(out / name).load_network() for name in ("teacher", "teacher_2")]
    first, second = (stage[0] for stage in loaded if stage is not None)
    assert not torch.equal(first.heads["post"].weight, second.heads["post"].weight)
    assert "(teacher_2/report.md)" in (out / "report.md").read_text()
    alone = np.load(next((whole_run / "teacher" / "targets").glob("*.npz")))
    both = np.load(next((out / "teacher" / "targets").glob("*.npz")))
    assert np.array_equal(alone["keys"], both["keys"])
    assert np.array_equal(alone["pooled"], both["pooled"])
    assert not np.array_equal(alone["post"], both["post"])
    os.utime(out / "teacher_2" / "checkpoint" / "state.json")
    answers_of(teacher_folders(recipe, out))
    assert not list((out / "teacher" / "targets").glob("*.npz"))


def test_the_mean_is_of_logits() -> None:
    shape = Shape(
        vocabulary=9, width=8, layers=1, attention_heads=2, feed_forward=8, positions=8, conditions=3, early_layer=1
    )
    teachers = [Network(shape), Network(shape)]
    ids, mask = torch.tensor([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.int64)
    apart = [distill._run([teacher], ids, mask) for teacher in teachers]
    both = distill._run(teachers, ids, mask)
    for name in (*distill.HEADS, "spans"):
        assert both[name] == pytest.approx((apart[0][name] + apart[1][name]) / 2, abs=2e-3)
    assert np.array_equal(both["pooled"], apart[0]["pooled"])


def test_data_with_symptom_records_alone_gives_an_artifact_without_a_cascade(
    tiny_recipe: Any, tiny_data: Path, tmp_path: Path
) -> None:
    for table in ("symptoms", "urgency"):
        shutil.copytree(tiny_data / table, tmp_path / "data" / table)
    shutil.copy(tiny_data / "blocked.txt", tmp_path / "data")
    run_factory(tiny_recipe, tmp_path / "data", tmp_path / "run")
    artifact = Artifact.load(tmp_path / "run" / "artifact")
    assert artifact.manifest.cascade is None
    assert set(artifact.manifest.metrics["dev"]) == {"condition", "urgency"}
    assert "| int8 |" in (tmp_path / "run" / "report.md").read_text()


def test_a_run_that_was_killed_before_its_last_stage_goes_on(
    whole_recipe: Recipe, tiny_data: Path, whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(factory, "prune_student", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_factory(whole_recipe, tiny_data, tmp_path / "killed")
    run_factory(whole_recipe, tiny_data, tmp_path / "killed")
    first, second = (
        load_file(path / "distilled" / "checkpoint" / "weights.safetensors")
        for path in (whole_run, tmp_path / "killed")
    )
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_run_goes_on_from_another_one_under_other_rules(
    whole_recipe: Recipe, whole_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    rules = whole_recipe.data.model_copy(update={"size_exponent": 0.1})
    again = whole_recipe.model_copy(update={"data": rules})
    out = tmp_path / "again"
    run_factory(again, tiny_data, out, former=whole_run)
    teacher, student = (load_file(out / s / "checkpoint" / "weights.safetensors") for s in ("teacher", "student"))
    for stage, weights in (("teacher", teacher), ("student", student)):
        before = load_file(whole_run / stage / "checkpoint" / "weights.safetensors")
        assert all(torch.equal(weights[name], value) for name, value in before.items())
    shipped = load_file(whole_run / "distilled" / "checkpoint" / "weights.safetensors")
    begun = load_file(out / "former" / "checkpoint" / "weights.safetensors")
    assert all(torch.equal(begun[name], value) for name, value in shipped.items())
    learned = load_file(out / "distilled" / "checkpoint" / "weights.safetensors")
    assert any(not torch.equal(learned[name], value) for name, value in shipped.items())
    assert (out / "artifact" / "manifest.json").is_file()
    with pytest.raises(RecipeError, match="no run to go on from"):
        run_factory(again, tiny_data, tmp_path / "other", former=tmp_path / "empty")


def test_a_run_of_one_stage_goes_on_from_the_last_network_and_keeps_a_share_of_it(
    whole_recipe: Recipe, whole_run: Path, tiny_data: Path, tmp_path: Path
) -> None:
    alone = {"teacher": None, "pruning": None, "distillation": None, "keep": 0.25}
    out = tmp_path / "on"
    run_factory(whole_recipe.model_copy(update=alone), tiny_data, out, former=whole_run)
    before, trained, ended = (
        load_file(folder / "checkpoint" / "weights.safetensors")
        for folder in (whole_run / "distilled", out / "student", out / "blended")
    )
    assert set(ended) == set(before)  # pruned as it was
    assert any(not torch.equal(trained[name], value) for name, value in before.items())
    for name, value in ended.items():
        torch.testing.assert_close(value, 0.75 * trained[name] + 0.25 * before[name])
    compared = json.loads((out / "comparison.json").read_text())
    assert set(compared) == {"student", "blended"}
    assert not (out / "teacher").exists()


def test_a_recipe_for_a_gpu_calculates_in_full_on_a_cpu(
    whole_recipe: Recipe, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, autocast = set[bool](), torch.autocast

    def counted(device: str, dtype: Any, enabled: bool) -> Any:
        asked.add(enabled)
        return autocast(device, dtype, enabled=enabled)

    monkeypatch.setattr(torch, "autocast", counted)
    schedule = whole_recipe.schedule.model_copy(update={"precision": "bf16", "steps": 2})
    alone = {"teacher": None, "pruning": None, "distillation": None, "schedule": schedule}
    run_factory(whole_recipe.model_copy(update=alone), tiny_data, tmp_path / "run")
    assert asked == {False}


def test_a_share_of_a_former_network_needs_one(whole_recipe: Recipe, tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="--start"):
        run_factory(whole_recipe.model_copy(update={"keep": 0.5}), tiny_data, tmp_path / "run")


def test_a_folder_with_a_run_of_its_own_is_not_written_over(whole_run: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(whole_run, tmp_path / "own"))
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    with pytest.raises(RecipeError, match="a run of its own"):
        take_over(whole_run, own, 1)
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_a_kill_while_a_run_is_taken_over_costs_nothing(
    whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, copy, copied = tmp_path / "out", shutil.copytree, list[str]()

    def killed(source: Path, target: Path, dirs_exist_ok: bool) -> str:
        copied.append(str(target))
        if len(copied) == 2:
            raise KeyboardInterrupt
        return str(copy(source, target, dirs_exist_ok=dirs_exist_ok))

    with monkeypatch.context() as patch:
        patch.setattr("models.factory.former_run.shutil.copytree", killed)
        with pytest.raises(KeyboardInterrupt):
            take_over(whole_run, out, 1)
    take_over(whole_run, out, 1)
    assert (out / "former" / "origin.json").is_file()
    assert (
        RunFolder(out / "student").require_network().shape == RunFolder(whole_run / "student").require_network().shape
    )


@pytest.mark.parametrize(("voters", "are_kept"), [(1, False), (2, True), (3, True)])
def test_the_answers_of_more_teachers_than_vote_now_are_left_behind(
    voters: int, are_kept: bool, whole_run: Path, tmp_path: Path
) -> None:
    former, out = Path(shutil.copytree(whole_run, tmp_path / "former")), tmp_path / "out"
    shutil.copytree(former / "teacher", former / "teacher_2")
    take_over(former, out, voters)
    assert teachers_in(out) == ["teacher", "teacher_2"][:voters]
    assert any((out / "teacher").rglob("part-*.npz")) is are_kept
