"""What a kill, or a changed schedule, leaves in the folder of a run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from models.training.network import Network, Shape  # noqa: E402
from models.training.run_folder import Progress, RunFolder, parameter_groups, write_whole  # noqa: E402


def _network() -> Network:
    return Network(Shape(20, 8, 1, 2, 16, 8, 3, early_layer=1))


def _optimizer(network: Network, rate: float) -> Any:
    return torch.optim.AdamW(parameter_groups(network, rate, 10 * rate, 0.01), lr=rate)


def test_curves_do_not_go_back_where_a_run_was_killed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for step in (50, 100):
        run.log(step=step, kind="train", loss_post=1.0)
    run.log(step=100, kind="dev", value=1)
    run.log(step=150, kind="train", loss_post=9.0)
    with run.metrics.open("a") as file:
        file.write('{"step": 200, "ki\n')  # the kill
    for step in (150, 200):
        run.log(step=step, kind="train", loss_post=0.5)
    assert [(line["step"], line["kind"]) for line in run.history()] == [
        (50, "train"), (100, "train"), (100, "dev"), (150, "train"), (200, "train"),
    ]  # fmt: skip
    assert run.history()[3]["loss_post"] == 0.5


def test_a_kill_between_two_renames_and_another_while_saving_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, network = RunFolder(tmp_path), _network()
    optimizer = _optimizer(network, 1e-3)
    run.save(network, optimizer, Progress(step=1))
    run.checkpoint.rename(tmp_path / "checkpoint.old")  # the first kill
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run.save(network, optimizer, Progress(step=2))
    loaded = run.load_network()
    assert loaded is not None
    assert loaded[1].step == 1
    run.save(network, optimizer, Progress(step=3))
    assert run.checkpoint.is_dir()
    assert not (tmp_path / "checkpoint.old").exists()


def test_the_rates_of_a_changed_schedule_count_after_a_stop(tmp_path: Path) -> None:
    run, network = RunFolder(tmp_path), _network()
    first = _optimizer(network, 1e-3)
    torch.stack([p.sum() for p in network.parameters()]).sum().backward()
    first.step()
    run.save(network, first, Progress(step=1))
    second = _optimizer(network, 5e-4)
    run.restore_optimizer(second)
    assert {group["peak"] for group in second.param_groups} == {5e-4, 5e-3}
    moments = [state["exp_avg"] for state in second.state_dict()["state"].values()]
    assert len(moments) == len(list(network.parameters()))
    assert any(bool((moment != 0).any()) for moment in moments)


def test_a_file_is_swapped_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "corpus.json"
    write_whole(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_whole(path, "new")
    assert path.read_text() == "old"


def test_what_was_made_of_a_checkpoint_is_stale_once_it_is_trained_on(tmp_path: Path) -> None:
    run, network = RunFolder(tmp_path / "stage"), _network()
    made = tmp_path / "made.json"
    run.path.mkdir()
    made.write_text("{}")
    assert not run.trained_after(made)
    run.save(network, _optimizer(network, 1e-3), Progress(step=1))
    assert run.trained_after(made)
    shutil.copyfile(made, tmp_path / "again.json")
    assert not run.trained_after(tmp_path / "again.json")
