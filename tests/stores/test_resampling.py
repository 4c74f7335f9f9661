"""Resizing by OpenCV's methods, against its values."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.stores import resample
from mycaffe_py.stores.resampling import METHODS

from ..conftest import DATA

with np.load(DATA / "opencv.npz") as stored:
    VALUES = {key: stored[key] for key in stored.files}
RESIZED = [key for key in VALUES if key.count("/") == 2]


@pytest.mark.parametrize("key", RESIZED)
def test_values_are_those_of_opencv_within_one(key):
    method, height, width = key.split("/")
    found = resample(VALUES["image"], (int(height), int(width)), method)
    assert found.dtype == np.uint8 and found.shape == VALUES[key].shape
    assert np.abs(found.astype(int) - VALUES[key]).max() <= (method != "nearest")


def test_all_methods_are_compared():
    assert {key.split("/")[0] for key in RESIZED} == set(METHODS) and len(RESIZED) == 30


@pytest.mark.parametrize("method", METHODS)
def test_floats_are_not_rounded(method):
    image = np.random.default_rng(0).normal(size=(2, 9, 7)).astype(np.float32)
    found = resample(image, (4, 5), method)
    assert found.dtype == np.float32 and found.shape == (2, 4, 5)
    constant = resample(np.full((1, 3, 3), 0.25, np.float32), (7, 2), method)
    np.testing.assert_allclose(constant, 0.25, rtol=1e-6)
    assert resample(image, (9, 7), method) is image
