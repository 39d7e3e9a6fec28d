"""What the reports of a run say when there is little to say, and what the curves show of a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from models.errors import ArtifactError
from models.factory import artifact_folder
from models.factory.compare import largest_loss, summary, summary_table
from models.factory.curves import shown_value


def _post(positives: int) -> dict[str, Any]:
    return {"toxicity": {"en": {"rows": 90, "positives": positives, "auroc": 0.9, "f1": 0.5}}}


def test_means_leave_out_labels_with_few_positives_and_a_dev_without_any_is_no_error() -> None:
    assert summary({"post": _post(30)}) == {"post AUROC": 0.9, "post F1": 0.5, "toxicity F1 en": 0.5}
    assert summary({"post": _post(3)}) == {"toxicity F1 en": 0.5}
    assert summary({"urgency": {"en": {"quadratic_kappa": 0.4}}}) == {"urgency en": 0.4}
    assert "| linear | 90.0 |" in summary_table({"linear": summary({"post": _post(30)}), "none": summary({})})


def test_the_largest_loss_is_over_shared_figures() -> None:
    assert largest_loss({"a": 0.8, "b": 0.9}, {"a": 0.7, "b": 0.85}) == ("a", 10.0)
    assert largest_loss({"a": 0.8}, {"b": 0.9}) is None


def test_the_teachers_part_is_shown_for_a_row_that_it_was_asked_about() -> None:
    line = {"step": 50, "loss_teacher": 0.25, "advised": 0.25, "loss_post": 0.3}
    assert shown_value(line, "loss_teacher") == 1.0
    assert shown_value(line, "loss_post") == 0.3
    assert shown_value({"loss_teacher": 0.25}, "loss_teacher") == 0.25, "written before the share was"
    assert np.isnan(shown_value({"loss_teacher": 0.0, "advised": 0.0}, "loss_teacher"))


def test_a_kill_while_an_artifact_is_replaced_leaves_no_part_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, fresh = tmp_path / "artifact", tmp_path / "artifact.new"
    for folder, text in ((out, "old"), (fresh, "new")):
        folder.mkdir()
        for name in ("model.onnx", "manifest.json"):
            (folder / name).write_text(text)

    rename, calls = Path.rename, []

    def rename_and_die(self: Path, target: Path) -> None:
        calls.append(rename(self, target))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename_and_die)
        with pytest.raises(KeyboardInterrupt):
            artifact_folder.replace_folder(fresh, out)
    assert not (out / "manifest.json").exists(), "so that the factory exports again"
    artifact_folder.replace_folder(fresh, out)
    assert {path.read_text() for path in out.iterdir()} == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["artifact"]


@pytest.mark.parametrize("is_file", [False, True])
def test_what_is_no_artifact_is_never_replaced(tmp_path: Path, is_file: bool) -> None:
    out = tmp_path / "out"
    if is_file:
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "notes.txt").write_text("mine")
    with pytest.raises(ArtifactError, match="is there and is no artifact"):
        artifact_folder.staging_folder(out)
    assert (out if is_file else out / "notes.txt").read_text() == "mine"


def test_folders_beside_an_artifact_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for folder in (out, tmp_path / "out.old", tmp_path / "out.new"):
        folder.mkdir()
        (folder / "manifest.json").write_text(folder.name)
    fresh = artifact_folder.staging_folder(out)
    fresh.mkdir()
    (fresh / "manifest.json").write_text("fresh")
    artifact_folder.replace_folder(fresh, out)
    names = {folder.name: (folder / "manifest.json").read_text() for folder in tmp_path.iterdir()}
    assert names == {"out": "fresh", "out.old": "out.old", "out.new": "out.new"}
