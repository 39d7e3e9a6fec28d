"""Figures over devices: counted right, and with their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.devices import AS_IT_IS, DeviceReport, figures
from models.evaluation.picture_bars import at_bars
from models.evaluation.resampling import Bootstrap
from models.pictures.devices import DEVICES

TRUTH = np.repeat([0, 1], 20)


def _answers(right: np.ndarray) -> np.ndarray:
    """[pictures, classes]"""
    of_truth = np.where(right, 0.9, 0.2)
    columns = np.where(TRUTH[:, None] == np.arange(2), of_truth[:, None], 1 - of_truth[:, None])
    return columns.astype(np.float32)


@pytest.fixture(scope="module")
def report() -> DeviceReport:
    """All right as they are, a quarter wrong at 128 px."""
    answers = [_answers(np.ones(40, dtype=bool)) for _ in range(17)]
    answers[1 + list(DEVICES).index("128 px")] = _answers(np.arange(40) % 4 != 0)
    return DeviceReport("svm", "1", figures(np.stack(answers), TRUTH, Bootstrap(draws=200)))


def test_the_first_device_is_the_picture_as_it_is(report: DeviceReport) -> None:
    assert [one.device for one in report.devices] == [AS_IT_IS, *DEVICES]
    plain = report.of(AS_IT_IS)
    assert plain.auroc is not None
    assert (plain.accuracy.value, plain.auroc.value, plain.unchanged.value, plain.loss.value) == (1, 1, 1, 0)


def test_a_device_that_costs_answers_is_seen(report: DeviceReport) -> None:
    small = report.of("128 px")
    assert small.accuracy.value == small.unchanged.value == 0.75
    assert small.loss.value == 0.25
    assert small.loss.low > 0
    assert small.auroc is not None
    assert small.auroc.value == pytest.approx(
        0.75 + 0.25 * 0.75
    )  # a wrong one still stands above the others' right ones


def test_an_accuracy_without_a_mistake_is_not_certain(report: DeviceReport) -> None:
    assert report.of("256 px").accuracy.low < 0.95


def test_a_class_without_pictures_leaves_auroc_out() -> None:
    answers = np.full((17, 3, 2), 0.5, dtype=np.float32)
    found = figures(answers, np.zeros(3, dtype=np.int64), Bootstrap(draws=20))
    assert found[0].auroc is None


def test_at_a_bar_it_is_counted_who_reaches_it_rightly_and_wrongly() -> None:
    said = np.repeat([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7]], 10, axis=0).astype(np.float32)
    found = list(at_bars(said, TRUTH, ("nudity", "ordinary"), {"nudity": [0.8, 0.5, 0.8], "other": [0.1]}, 0.95))

    told = [(one.class_name, one.bar, one.found and one.found.value, one.wrong and one.wrong.value) for one in found]
    assert told == [("nudity", 0.5, 1.0, 0.5), ("nudity", 0.8, 0.5, 0.5)]
    assert found[1].found is not None
    assert found[1].found.low < 0.5 < found[1].found.high


def test_a_class_without_pictures_has_no_share() -> None:
    (found,) = at_bars(np.full((3, 2), 0.5, np.float32), np.ones(3, dtype=np.int64), ("a", "b"), {"a": [0.2]}, 0.95)
    assert found.found is None
    assert found.as_dict()["found"] is None
    assert found.wrong is not None
