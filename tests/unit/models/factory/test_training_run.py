"""A whole run on made-up data: it learns, and it resumes where it stopped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest

torch = pytest.importorskip("torch")

from models.factory.recipe_file import read_recipe  # noqa: E402
from models.factory.stage import gather, pretrained, run_stage  # noqa: E402
from models.training.data_rules import WEAK_LABELS  # noqa: E402
from models.training.deadline import Deadline, SittingOver  # noqa: E402
from models.training.recipe import RecipeError  # noqa: E402
from models.training.run_folder import RunFolder  # noqa: E402
from models.training.trainer import rate_factor  # noqa: E402
from models.training.weak_negatives import _LIKELY_POSITIVE  # noqa: E402
from tests.unit.models.made_up import read_metrics  # noqa: E402
from tests.unit.models.stages import train_stage  # noqa: E402


def test_it_learns_what_is_rude(tiny_run: Path) -> None:
    dev = read_metrics(tiny_run, "dev")[-1]
    assert dev["post_toxicity_auroc_en"] > 0.9
    assert (tiny_run / "curves.png").stat().st_size > 1000
    assert "closed: tier C: 24" in (tiny_run / "report.md").read_text()


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(
    tiny_recipe: Any, tiny_data: Path, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "killed"
    save = RunFolder.save

    def save_and_die(self: RunFolder, *arguments: Any) -> None:
        save(self, *arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            train_stage(tiny_recipe, tiny_data, out)
    state = RunFolder(out).load_network()
    assert state is not None
    assert state[1].step == 20
    train_stage(tiny_recipe, tiny_data, out)
    resumed, whole = RunFolder(out).load_network(), RunFolder(tiny_run).load_network()
    assert resumed is not None
    assert whole is not None
    for name, weights in whole[0].state_dict().items():
        torch.testing.assert_close(resumed[0].state_dict()[name], weights, atol=1e-5, rtol=1e-3)


class Counted(Deadline):
    """Passes when it was looked at so many times."""

    looks: ClassVar[list[int]] = []

    @property
    def passed(self) -> bool:
        self.looks.append(1)
        return len(self.looks) > 13


def test_a_sitting_ends_with_a_checkpoint_and_the_next_one_goes_on(
    tiny_recipe: Any, tiny_data: Path, tiny_run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"

    def sit(deadline: Deadline) -> None:
        material = gather(tiny_recipe, tiny_data, out, None, deadline)
        run_stage(tiny_recipe, material, RunFolder(out), "cpu", lambda: pretrained(tiny_recipe, material, None))

    with pytest.raises(SittingOver, match=r"^Stopped after 1.5 minutes, after step 13 of run; run the same command"):
        sit(Counted(1.5))
    state = RunFolder(out).load_network()
    assert state is not None
    assert state[1].step == 13
    sit(Deadline())
    resumed, whole = RunFolder(out).load_network(), RunFolder(tiny_run).load_network()
    assert resumed is not None
    assert whole is not None
    for name, weights in whole[0].state_dict().items():
        torch.testing.assert_close(resumed[0].state_dict()[name], weights, atol=1e-5, rtol=1e-3)


def test_a_deadline_of_none_never_passes() -> None:
    assert not Deadline().passed
    assert Deadline(0.0).passed
    assert not Deadline(60.0).passed


def test_a_folder_belongs_to_one_recipe(tiny_recipe: Any, tiny_data: Path, tiny_run: Path) -> None:
    with pytest.raises(RecipeError, match="another recipe"):
        train_stage(tiny_recipe.model_copy(update={"seed": 5}), tiny_data, tiny_run)


@pytest.mark.parametrize("name", ["release", "cores", "further", "mended", "strict", "baseline", "ablation", "plain"])
def test_recipes_that_ship_are_valid(name: str) -> None:
    recipe = read_recipe(Path(name))
    assert recipe.data.tiers == ("A", "B")
    assert (name == "strict") == (not recipe.data.exceptions)
    assert (recipe.teacher is None) == (name in ("mended", "baseline", "ablation", "plain"))
    assert (recipe.data.screening is None) == (name == "plain")


def test_a_recipe_extends_another(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "release"\ndrop = ["data.rare_labels.spam"]\nname = "mine"\n[schedule]\nsteps = 7\n')
    mine, release = read_recipe(path), read_recipe(Path("release"))
    assert (mine.name, mine.schedule.steps, mine.schedule.rows) == ("mine", 7, release.schedule.rows)
    assert set(release.data.rare_labels) - set(mine.data.rare_labels) == {"spam"}
    path.write_text('extends = "release"\ndrop = ["data.nothing"]\n')
    with pytest.raises(RecipeError, match=r"drops data\.nothing"):
        read_recipe(path)
    (tmp_path / "base.toml").write_text('name = "base"\nseed = 7\n')
    path.write_text('extends = "base.toml"\nname = "mine"\n')  # beside it, wherever the command is run
    assert read_recipe(path).seed == 7
    path.write_text(f'extends = "{path}"\n')
    with pytest.raises(RecipeError, match="extends itself"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("sections", "complaint"),
    [
        ("[pruning]\n", "needs .distillation."),
        ("[base]\nlayers = 6\n[teacher]\nlayers = 4\n", "fewer than the student"),
    ],
)
def test_stages_that_do_not_fit_each_other_are_refused(sections: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n' + sections)
    with pytest.raises(RecipeError, match=complaint):
        read_recipe(path)


def test_a_misspelt_recipe_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text('name = "x"\nsede = 3\n')
    with pytest.raises(RecipeError, match="sede"):
        read_recipe(path)
    named = "ablation, baseline, cores, further, mended, pictures, plain, release, strict"
    with pytest.raises(RecipeError, match=named):
        read_recipe(Path("nowhere"))


@pytest.mark.parametrize(
    "line",
    [
        "rare_labels = { threats = 0.1 }", 'implied = { toxicity = ["hat"] }', "weak_negatives.insult = { en = 9 }",
        "shares = { posts = 0.8 }", 'exceptions = { forum = ["selfharm"] }', 'tiers = ["a"]', 'deformations = ["l33t"]',
    ],
)  # fmt: skip
def test_a_name_that_a_rule_cannot_know_is_named_before_anything_is_read(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'name = "x"\n[data]\n{line}\n')
    with pytest.raises(RecipeError, match="which is none of"):
        read_recipe(path)


@pytest.mark.parametrize("line", ["shares = { post = 0 }", "shares = { post = -1 }", "tiers = []", "max_tokens = 512"])
def test_a_value_that_no_run_can_use_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(f'name = "x"\n[data]\n{line}\n')
    with pytest.raises(RecipeError, match="cannot be used"):
        read_recipe(path)


def test_a_run_does_not_go_on_with_other_rows(
    tiny_recipe: Any, tiny_data: Path, tiny_run: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    train_stage(tiny_recipe, tiny_data, out)
    data = Path(shutil.copytree(tiny_data, tmp_path / "data"))
    (data / "posts" / "train.jsonl").write_text('{"text": "one more", "lang": "en", "toxicity": 0}\n')
    with pytest.raises(RecipeError, match="other rows"):
        train_stage(tiny_recipe, data, out)


def test_every_label_with_weak_negatives_has_its_word_filter() -> None:
    assert set(_LIKELY_POSITIVE) == set(WEAK_LABELS)


def test_rate_warms_up_and_decays() -> None:
    factors = [rate_factor(done / 100, 0.1) for done in range(101)]
    assert max(factors) == pytest.approx(1.0)
    assert factors.index(max(factors)) == 10
    assert factors[-1] == pytest.approx(0.02)
