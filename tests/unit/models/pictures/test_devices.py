"""Simulated devices do what their names say, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from models.pictures.devices import DEVICES, Device, drawn_device
from models.pictures.quality import sharpness
from tests.support.drawn import scene

SCENE = scene()


def _values(device: Device, seed: int = 0) -> np.ndarray:
    return np.asarray(device.take(SCENE, np.random.default_rng(seed)), dtype=np.float32)


def test_there_are_sixteen() -> None:
    assert len(DEVICES) == 16


def test_the_default_changes_nothing() -> None:
    assert (_values(Device()) == np.asarray(SCENE)).all()


@pytest.mark.parametrize("name", DEVICES)
def test_each_changes_the_picture_and_repeats_itself(name: str) -> None:
    taken = _values(DEVICES[name])
    assert taken.shape != np.asarray(SCENE).shape or not (taken == np.asarray(SCENE)).all()
    assert (taken == _values(DEVICES[name])).all()


@pytest.mark.parametrize("side", [512, 256, 128, 96, 64])
def test_sizes_are_of_the_longer_side(side: int) -> None:
    assert max(_values(DEVICES[f"{side} px"]).shape[:2]) == side


def test_light_noise_and_blur_go_the_right_way() -> None:
    plain = np.asarray(SCENE, dtype=np.float32)
    assert _values(DEVICES["dark"]).mean() < 0.6 * plain.mean()
    assert _values(DEVICES["bright"]).mean() > 1.1 * plain.mean()
    cold, warm = _values(DEVICES["cold light"]), _values(DEVICES["warm light"])
    assert warm[..., 0].mean() - warm[..., 2].mean() > cold[..., 0].mean() - cold[..., 2].mean()
    edges = _values(DEVICES["vignette"])
    assert edges[:20, :20].mean() < 0.5 * plain[:20, :20].mean()
    assert sharpness(_values(DEVICES["blurred"])[..., 0]) < 0.5 * sharpness(plain[..., 0])
    assert sharpness(_values(DEVICES["noisy"])[..., 0]) > sharpness(_values(DEVICES["512 px"])[..., 0])
    assert _values(DEVICES["turned 90"]).shape == (640, 480, 3)


def test_a_drawn_device_depends_on_the_seed_alone() -> None:
    first, again, other = (drawn_device(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other
