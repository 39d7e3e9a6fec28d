"""Teacher targets are stored once, found again by text, and pull a student towards the teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.compression import distill  # noqa: E402
from models.compression.distill import TeacherAdvice, TeacherTargets  # noqa: E402
from models.examples import Example, no_post_labels  # noqa: E402
from models.training.collate import Collator  # noqa: E402
from models.training.network import Network, Shape  # noqa: E402
from models.training.recipe import Distillation  # noqa: E402
from tests.unit.models.made_up import make_tokenizer  # noqa: E402

TEXTS = ["today you idiot", "nice day and good soup", "the warm bread", "dumb moron"]


def _network(seed: int) -> Network:
    torch.manual_seed(seed)
    size = make_tokenizer().get_vocab_size()
    return Network(
        Shape(
            vocabulary=size, width=16, layers=2, attention_heads=2, feed_forward=32, positions=32, conditions=3,
            early_layer=1, dropout=0.0,
        )
    ).eval()  # fmt: skip


def _collator() -> Collator:
    return Collator(make_tokenizer(), 32, 1)


def _example(text: str, **targets: Any) -> Example:
    post = no_post_labels()
    post[0] = 1.0
    return Example(text, "en", "open", "A", "post", post=post, **targets)


@pytest.fixture
def targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TeacherTargets:
    monkeypatch.setattr(distill, "PART_ROWS", 3)  # two files
    stored = TeacherTargets(tmp_path / "targets")
    stored.extend([_network(1)], _collator(), TEXTS)
    return stored


def test_targets_are_the_teachers_logits(targets: TeacherTargets) -> None:
    teacher, collator = _network(1), _collator()
    batch = collator([_example(text) for text in TEXTS])
    logits = teacher(batch.ids, batch.mask)
    found = targets.lookup([_example(text) for text in TEXTS], batch.ids.shape[1])
    torch.testing.assert_close(found["post"], logits["post"].detach(), atol=0.05, rtol=0.05)  # kept as float16
    kept = batch.mask.bool()
    torch.testing.assert_close(found["spans"][kept], logits["spans"][kept].detach(), atol=0.05, rtol=0.05)
    assert bool((found["spans"][~kept] < -1000).all())


def test_nothing_is_asked_twice_and_a_folder_is_read_again(targets: TeacherTargets, tmp_path: Path) -> None:
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "targets").iterdir()}
    again = TeacherTargets(tmp_path / "targets")
    assert len(again) == len(TEXTS)
    again.extend([_network(2)], _collator(), TEXTS)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "targets").iterdir()} == files
    np.testing.assert_array_equal(
        again.lookup([_example(TEXTS[3])], 5)["post"], targets.lookup([_example(TEXTS[3])], 5)["post"]
    )


def _loss(
    targets: TeacherTargets, student: Network, texts: list[str], plain: bool = True,
    rules: Distillation | None = None, **labels: Any,
) -> Any:  # fmt: skip
    collator, rows = _collator(), [_example(text, **labels) for text in texts]
    batch = collator(rows)
    encoded = student.encode(batch.ids, batch.mask)
    advice = TeacherAdvice(rules or Distillation(unlabelled=0.5), targets)
    found = advice.lookup(rows, batch.ids.shape[1])
    return advice(found, torch.tensor([plain] * len(rows)), batch, student.answer(encoded), encoded)


def test_the_loss_is_lower_for_the_teacher_itself_and_falls_by_training(targets: TeacherTargets) -> None:
    student = _network(5)
    before = _loss(targets, student, TEXTS)
    assert _loss(targets, _network(1), TEXTS).item() < before.item()
    optimizer = torch.optim.Adam(student.parameters(), lr=1e-2)
    for _ in range(15):
        optimizer.zero_grad()
        _loss(targets, student, TEXTS).backward()
        optimizer.step()
    assert _loss(targets, student, TEXTS).item() < before.item()


def test_rows_that_the_teacher_never_saw_add_nothing(targets: TeacherTargets) -> None:
    loss = _loss(targets, _network(5), ["never seen"])
    assert loss.item() == 0.0
    advice = TeacherAdvice(Distillation(), targets)
    assert advice.known([_example(TEXTS[0]), _example("never seen")]) == 1


def test_the_teachers_tokens_teach_only_a_text_that_was_not_deformed(targets: TeacherTargets) -> None:
    spans, student = [(6, 9)], _network(5)
    plain, deformed = (_loss(targets, student, TEXTS[:1], plain=on, spans=spans).item() for on in (True, False))
    assert plain > deformed
    assert deformed == pytest.approx(_loss(targets, student, TEXTS[:1]).item()), "rows without spans have no part in it"


def test_each_weight_scales_its_own_part(targets: TeacherTargets) -> None:
    student = _network(5)

    def loss(**weights: float) -> float:
        nothing = {"weight": 1.0, "hidden": 0.0, "early": 0.0, "unlabelled": 0.0}
        return float(_loss(targets, student, TEXTS, rules=Distillation(**nothing | weights)).item())

    labelled = loss()
    for part in ("hidden", "early", "unlabelled"):
        one, two = loss(**{part: 0.5}) - labelled, loss(**{part: 1.0}) - labelled
        assert one > 0
        assert two == pytest.approx(2 * one, rel=1e-3)
    assert loss(weight=2.0) == pytest.approx(2 * labelled, rel=1e-3)
