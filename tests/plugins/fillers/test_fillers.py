"""The seven fillers: values, statistics and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError


@pytest.fixture
def fill(registry):
    def make(text, shape, seed=3, dtype=np.float64):
        param = registry.schema.parse_text(text, "FillerParameter").message
        blob = Blob(shape, device=Device(seed=seed), dtype=dtype)
        registry.filler(param).fill(blob)
        return blob.data

    return make


def test_default_is_constant_zero(fill):
    assert not fill("", (2, 3)).any()


def test_constant(fill):
    assert fill("value: -2.5", (2, 3)).tolist() == [[-2.5] * 3] * 2
    assert fill("value: 4", ()).tolist() == 4


def test_uniform_fills_the_range(fill):
    values = fill('type: "uniform" min: -1 max: 3', (200, 100))
    assert values.min() >= -1 and values.max() < 3
    assert values.mean() == pytest.approx(1, abs=0.05)
    assert values.var() == pytest.approx(16 / 12, rel=0.05)
    assert fill('type: "uniform"', (1000,)).max() <= 1
    assert fill('type: "uniform" min: 2 max: 2', (3,)).tolist() == [2, 2, 2]


@pytest.mark.parametrize("ends", ["min: 0 max: -0.0", "min: -0.0 max: -0.0", "min: -0.0 max: 0"])
def test_uniform_between_zeros(fill, ends):
    assert not fill(f'type: "uniform" {ends}', (2, 3)).any()


def test_gaussian(fill):
    values = fill('type: "gaussian" mean: 2 std: 0.5', (200, 100))
    assert values.mean() == pytest.approx(2, abs=0.02)
    assert values.std() == pytest.approx(0.5, rel=0.03)


def test_sparse_gaussian_keeps_a_share_by_the_number_of_outputs(fill):
    values = fill('type: "gaussian" sparse: 5', (50, 400))
    kept = values != 0
    assert kept.mean() == pytest.approx(5 / 50, rel=0.1)
    assert values[kept].std() == pytest.approx(1, rel=0.1)
    assert not fill('type: "gaussian" sparse: 0', (5, 4)).any()
    assert fill('type: "gaussian" sparse: 5', (5, 4)).all()


# (num_output 60, K 40 x 5): fan_in = 200, fan_out = count / 40 = 300
@pytest.mark.parametrize(
    ("norm", "fan"),
    [("", 200), ("FAN_IN", 200), ("FAN_OUT", 300), ("AVERAGE", 250)],
)
def test_fans(fill, norm, fan):
    norm = f"variance_norm: {norm}" if norm else ""
    values = fill(f'type: "xavier" {norm}', (60, 40, 5))
    limit = math.sqrt(3 / fan)
    assert limit * 0.995 < np.abs(values).max() <= limit
    assert values.std() == pytest.approx(math.sqrt(1 / fan), rel=0.03)
    values = fill(f'type: "msra" {norm}', (60, 40, 5))
    assert values.std() == pytest.approx(math.sqrt(2 / fan), rel=0.03)
    assert abs(values.mean()) < 0.01


def test_msra_knows_the_slope_of_the_unit_behind_it(fill):
    plain, leaky = (fill(f'type: "msra" {text}', (60, 40, 5)) for text in ("", "alpha: 0.75"))
    np.testing.assert_allclose(leaky, plain / math.sqrt(1 + 0.75**2), rtol=1e-6)
    np.testing.assert_array_equal(fill('type: "msra" alpha: 0', (60, 40, 5)), plain)


def test_fans_of_one_axis(fill):
    # fan_in = count / shape[0] = 1, fan_out = count
    assert np.abs(fill('type: "xavier"', (5000,))).max() == pytest.approx(math.sqrt(3), rel=0.01)
    values = fill('type: "xavier" variance_norm: FAN_OUT', (5000,))
    assert np.abs(values).max() == pytest.approx(math.sqrt(3 / 5000), rel=0.01)


def test_positive_unitball(fill):
    values = fill('type: "positive_unitball"', (4, 3, 5))
    assert values.min() >= 0
    np.testing.assert_allclose(values.sum(axis=(1, 2)), 1)
    assert len(np.unique(values)) == 60


def test_bilinear_by_hand(fill):
    line = np.array([0.25, 0.75, 0.75, 0.25])
    values = fill('type: "bilinear"', (3, 1, 4, 4))
    for kernel in values[:, 0]:
        np.testing.assert_allclose(kernel, np.outer(line, line))
    line = np.array([0.5, 1, 0.5])
    np.testing.assert_allclose(fill('type: "bilinear"', (1, 1, 3, 3))[0, 0], np.outer(line, line))


@pytest.mark.parametrize("type_name", ["xavier", "gaussian", "positive_unitball", "uniform"])
def test_float32_and_float64_start_alike(fill, type_name):
    single = fill(f'type: "{type_name}"', (3, 4), dtype=np.float32)
    assert single.dtype == np.float32
    double = fill(f'type: "{type_name}"', (3, 4))
    np.testing.assert_array_equal(single, double.astype(np.float32))
    assert (fill(f'type: "{type_name}"', (3, 4), seed=4) != double).any()


@pytest.mark.parametrize("type_name", ["msra", "xavier", "gaussian", "uniform", "constant"])
def test_blob_without_elements(fill, type_name):
    assert fill(f'type: "{type_name}"', (0, 3)).shape == (0, 3)


@pytest.mark.parametrize(
    "type_name", ["constant", "uniform", "xavier", "msra", "positive_unitball", "bilinear"]
)
def test_only_gaussian_is_sparse(fill, type_name):
    with pytest.raises(ConfigError, match=f'sparse is 2 in a filler of type "{type_name}", but'):
        fill(f'type: "{type_name}" sparse: 2', (2, 1, 3, 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "uniform" min: 2 max: 1', "min is 2 and max is 1"),
        ('type: "uniform" max: inf', "min is 0 and max is inf"),
        ('type: "gaussian" std: -1', "std is -1 .* must be at least 0"),
        ('type: "gaussian" sparse: -2', "sparse is -2 .* must be at least -1"),
    ],
)
def test_bad_settings(fill, text, message):
    with pytest.raises(ConfigError, match=message):
        fill(text, (2, 2))


@pytest.mark.parametrize("shape", [(2, 3), (1, 1, 2, 3)])
def test_bilinear_needs_square_kernels(fill, shape):
    with pytest.raises(ConfigError, match="square kernels, got shape"):
        fill('type: "bilinear"', shape)


def test_unknown_type_names_the_nearest(fill):
    with pytest.raises(LookupError, match='did you mean "xavier"'):
        fill('type: "xavir"', (2, 2))


def test_uses_names_real_fields(registry):
    fields = registry.schema.new("FillerParameter").DESCRIPTOR.fields_by_name
    for cls in registry.fillers.classes():
        assert set(cls.uses) <= set(fields)
        assert cls.__doc__
