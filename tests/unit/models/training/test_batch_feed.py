"""Batches made ahead are those that the loop would have made itself, whoever makes them."""

from __future__ import annotations

import os
import pickle
from dataclasses import fields
from itertools import count
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.augmentation.lexicons import Lexicons  # noqa: E402
from models.compression.distill import TeacherAdvice, TeacherTargets  # noqa: E402
from models.training import encoded_rows  # noqa: E402
from models.training.augment import Augmenter  # noqa: E402
from models.training.batch_feed import BatchMaker, Fed, feed, processes_for  # noqa: E402
from models.training.collate import Batch, Collator  # noqa: E402
from models.training.corpus import load_corpus  # noqa: E402
from models.training.data_rules import DataRules  # noqa: E402
from models.training.encoded_rows import EncodedRows  # noqa: E402
from models.training.network import Network, Shape  # noqa: E402
from models.training.recipe import Distillation  # noqa: E402
from tests.unit.models.made_up import make_tokenizer  # noqa: E402


def _same(one: Batch, other: Batch) -> bool:
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(Batch))
    return all(torch.equal(a.nan_to_num(-1), b.nan_to_num(-1)) for a, b in pairs)


def _collator() -> Collator:
    return Collator(make_tokenizer(), 24, 1)


@pytest.fixture(scope="module")
def maker(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> BatchMaker:
    train = load_corpus(tiny_data, DataRules(), seed=1).train
    shape = Shape(
        vocabulary=make_tokenizer().get_vocab_size(), width=16, layers=1, attention_heads=2, feed_forward=32,
        positions=32, conditions=3, early_layer=1,
    )  # fmt: skip
    targets = TeacherTargets(tmp_path_factory.mktemp("targets"))
    targets.extend([Network(shape)], _collator(), [e.text for e in train[::2]])
    advice = TeacherAdvice(Distillation(), targets)
    augment = Augmenter(0.5, frozenset(), Lexicons())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoded_rows, "_CHUNK", 100)  # several
        encoded = EncodedRows(train, _collator())
    return BatchMaker(train, encoded, _collator(), augment, 5, advice)


def test_a_row_encoded_once_is_the_row_encoded_in_its_batch(maker: BatchMaker) -> None:
    collator, every = _collator(), range(len(maker.examples))
    for start in every[::16]:
        rows = every[start : start + 16]
        examples = [maker.examples[i] for i in rows]
        assert _same(collator.collate([maker.encoded[i] for i in rows], examples), collator(examples))
    assert maker.encoded.lengths.max() <= 24
    assert maker.encoded.lengths.tolist() == [len(maker.encoded[i].ids) for i in every]


def test_processes_make_the_same_batches_in_the_same_order(maker: BatchMaker) -> None:
    plan = [(step, np.arange(step, step + 40, 3)) for step in range(12)]
    alone, together = (list(feed(maker, plan, "cpu", processes)) for processes in (0, 2))
    assert len(alone) == len(together) == len(plan)
    assert not all(bool(fed.plain.all()) for fed in alone), "some are deformed, or nothing was tested"
    for one, other in zip(alone, together, strict=True):
        assert _same(one.batch, other.batch)
        assert torch.equal(one.plain, other.plain)
        assert one.advised == other.advised > 0
        assert {name: value.tolist() for name, value in one.targets.items()} == {
            name: value.tolist() for name, value in other.targets.items()
        }


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_batch_between_processes_opens_no_file(maker: BatchMaker) -> None:
    before = _open_files()
    sent = [ForkingPickler.dumps(maker[step, np.arange(9)]) for step in range(5)]
    assert _open_files() <= before  # fewer, where what tests before this one left was collected meanwhile
    assert _same(pickle.loads(sent[0]).batch, maker[0, np.arange(9)].batch)


def test_a_network_on_the_cpu_keeps_its_cores(maker: BatchMaker) -> None:
    assert processes_for("cpu") == 0
    assert 1 <= processes_for("cuda") <= 12


def test_a_process_that_is_pinned_to_a_few_of_many_cores_starts_no_more_than_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert processes_for("cuda") == 2


def test_an_endless_plan_is_read_no_further_than_it_is_needed(maker: BatchMaker) -> None:
    batches = feed(maker, ((step, np.arange(4)) for step in count()), "cpu", 2)
    assert isinstance(next(batches), Fed)
    batches.close()
