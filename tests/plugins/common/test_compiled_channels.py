"""Compiled sums over channels against NumPy's, over the shapes that blocks are cut for."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from mycaffe_plugins.common import compiled_channels
from mycaffe_plugins.common.channels import Channels
from mycaffe_plugins.common.choosing_channels import channels_of
from mycaffe_plugins.common.compiled_channels import CompiledChannels

from mycaffe_py.device import Device
from mycaffe_py.testing import strict_device

SHAPES = [
    (1, 1, 1), (1, 3, 5), (2, 1, 2500), (9, 3, 1), (9, 5, 7), (8, 1030, 1), (9, 4, 1024), (10, 3, 1000), (64, 33, 49),
]  # fmt: skip
WITHIN = {"float64": 1e-12, "float32": 2e-5}


@pytest.fixture(autouse=True)
def _any_number_of_rows(monkeypatch):
    monkeypatch.setattr(compiled_channels, "LEAST_ROWS", 1)
    monkeypatch.delenv("MYCAFFE_FAST", raising=False)


class Sides:
    def __init__(self, rng, shape, dtype):
        layer = SimpleNamespace(device=Device(), xp=np, dtype=np.dtype(dtype))
        self.plain, self.compiled = Channels(layer), CompiledChannels(layer)
        for side in (self.plain, self.compiled):
            side.resize(*shape)
        self.rng, self.shape, self.dtype = rng, shape, dtype

    def array(self):
        return (self.rng.standard_normal(self.shape) + 0.5).astype(self.dtype)

    def values(self):
        return self.rng.standard_normal(self.shape[1]).astype(self.dtype)

    def same(self, found, expected):
        assert found.dtype == expected.dtype
        scale = max(1, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=WITHIN[self.dtype] * scale)


@pytest.fixture(params=["float64", "float32"])
def dtype(request):
    return request.param


@pytest.fixture(params=SHAPES, ids=str)
def sides(request, rng, dtype):
    return Sides(rng, request.param, dtype)


def test_sums(sides):
    x, z = sides.array(), sides.array()
    sides.same(sides.compiled.sum(x), x.sum((0, 2), dtype=np.float64).astype(x.dtype))
    for found, expected in zip(
        sides.compiled.sum_and_dot(x, z), sides.plain.sum_and_dot(x, z), strict=True
    ):
        sides.same(found, expected)


@pytest.fixture(params=["rows", "planes"])
def either(request, monkeypatch, sides):
    """The sides, with one of the compiled ways."""
    if request.param == "planes":
        monkeypatch.setattr(compiled_channels, "LEAST_ROWS", 1 << 60)
        monkeypatch.setattr(compiled_channels, "LEAST_PLANE", 1)
    return sides


@pytest.mark.parametrize("in_place", [False, True])
def test_centring(sides, in_place):
    x, mean = sides.array(), sides.values()
    expected = np.empty_like(x)
    squares = sides.plain.centre(x, mean, expected)
    found = x if in_place else np.empty_like(x)
    sides.same(sides.compiled.centre(x, mean, found), squares)
    sides.same(found, expected)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("adds", [False, True])
def test_factor_and_addend(either, adds, keeps, in_place):
    x, factor, addend = either.array(), either.values(), either.values() if adds else None
    before, expected = x.copy(), np.empty_like(x)
    either.plain.affine(x, factor, addend, expected)
    kept = np.empty_like(x) if keeps else None
    found = x if in_place else np.empty_like(x)
    either.compiled.affine(x, factor, addend, found, kept)
    either.same(found, expected)
    if keeps:
        assert (kept == before).all()


@pytest.mark.parametrize("in_place", [False, True])
def test_normalizing(either, in_place):
    x, mean, gain = either.array(), either.values(), either.values()
    expected = np.empty_like(x)
    either.plain.normalize(x, mean, gain, expected)
    found = x if in_place else np.empty_like(x)
    either.compiled.normalize(x, mean, gain, found)
    either.same(found, expected)


@pytest.mark.parametrize("in_place", [False, True])
def test_gradient_without_statistics(sides, in_place):
    dy, centred = sides.array(), sides.array()
    slope, mean, gain = sides.values(), sides.values(), sides.values()
    expected = np.empty_like(dy)
    sides.plain.without_statistics(dy, centred, slope, mean, gain, expected)
    found = dy if in_place else np.empty_like(dy)
    sides.compiled.without_statistics(dy, centred, slope, mean, gain, found)
    sides.same(found, expected)


def test_many_small_numbers_are_summed_exactly(rng):
    sides = Sides(rng, (8, 1, 200_000), "float32")
    x = np.full(sides.shape, 0.1, "float32")
    assert sides.compiled.sum(x)[0] == pytest.approx(np.float32(0.1) * np.float64(x.size), rel=1e-6)


def test_not_a_number_stays_in_its_channel(rng):
    sides = Sides(rng, (9, 5, 7), "float32")
    x = sides.array()
    x[3, 2, 4] = np.nan
    assert np.flatnonzero(np.isnan(sides.compiled.sum(x))).tolist() == [2]
    y = np.empty_like(x)
    sides.compiled.affine(x, sides.values(), None, y)
    assert np.argwhere(np.isnan(y)).tolist() == [[3, 2, 4]]


def test_few_rows_are_left_to_numpy(monkeypatch, rng):
    monkeypatch.undo()
    monkeypatch.setattr(compiled_channels, "kernels", None)
    sides = Sides(rng, (7, 2, 3), "float32")
    x, values = sides.array(), sides.values()
    assert sides.compiled.sum(x).shape == (2,)
    sides.compiled.normalize(x, values, values, x)
    sides.compiled.affine(x, values, None, x)
    sides.compiled.resize(8, 2, 3)
    with pytest.raises(AttributeError):
        sides.compiled.sum(np.zeros((8, 2, 3), "float32"))


def test_only_where_compiled_kernels_are_in_use(monkeypatch):
    def kind(device):
        layer = SimpleNamespace(device=device, xp=device.xp, dtype=np.dtype("float32"))
        return type(channels_of(layer))

    assert kind(Device()) is CompiledChannels
    assert kind(strict_device()) is Channels
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    assert kind(Device()) is Channels
