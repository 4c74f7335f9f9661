"""The LTC kernels against the plain cell, through all of the product's own code."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.cuda_ltc_cell import CudaLtcCell
from mycaffe_plugins.liquid.ltc_cell import LtcCell

from mycaffe_py.errors import MyCaffeWarning

from ..plugins.liquid.ltc_golden import CELLS, MODELS, check_cell, check_model
from .ltc_layers import assert_close, build, run

pytestmark = pytest.mark.shim
FORWARD_AND_BACKWARD = ["ltc_forward", "ltc_backward"]


def assert_by_kernels(layer):
    assert isinstance(layer.cell, CudaLtcCell) and layer.cell._running.proven
    launched = [name for name in layer.device.xp.kernels.launches if name.startswith("ltc")]
    assert launched[-2:] == FORWARD_AND_BACKWARD


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("ltc_cell_small", "float32"),
        ("ncps_ltc_autoncp_softplus", "float64"),
        ("ltc_model_small_m3x", "float64"),
        *(
            pytest.param(name, dtype, marks=pytest.mark.slow)
            for name in (*CELLS, *MODELS)
            for dtype in ("float32", "float64")
        ),
    ],
)
def test_golden_data(registry, new_gpu, name, dtype):
    run = check_cell if name in CELLS else check_model
    assert_by_kernels(run(registry, name, dtype, new_gpu(order=4)))


@pytest.mark.parametrize(
    ("settings", "batch", "order"),
    [
        ("hidden_size: 5 ode_unfolds: 1", 1, 0),
        ("hidden_size: 19", 3, -1),
        pytest.param("hidden_size: 32 ode_unfolds: 2 form: NCPS", 2, 1, marks=pytest.mark.slow),
        pytest.param("hidden_size: 1", 2, 3, marks=pytest.mark.slow),
        pytest.param("hidden_size: 9", 140, 2, marks=pytest.mark.slow),
    ],
)
def test_against_the_plain_cell(registry, new_gpu, settings, batch, order):
    gpu = new_gpu(order=order)
    made, dy = build(registry, gpu, settings, batch, 4)
    for _ in range(2):
        assert_close(run(made, dy))
    assert_by_kernels(made[1][0])


def test_the_same_bits_in_every_order(registry, new_gpu):
    found = []
    for order in (0, 1, 5, -1):
        made, dy = build(registry, new_gpu(order=order), "hidden_size: 7", 3, 3, np.float32)
        found.append(run(made, dy)[1])
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_weights_that_are_not_to_learn(registry, new_gpu):
    made, dy = build(registry, new_gpu(), "hidden_size: 5", 2, 3)
    for layer, _, _ in made:
        layer.param_propagate_down[:] = [False] * len(layer.blobs)
    assert_close(run(made, dy))


def test_more_neurons_than_fit_take_the_plain_cell(registry, new_gpu):
    made, _ = build(registry, new_gpu(), "hidden_size: 33", 1, 2)
    assert type(made[1][0].cell) is LtcCell


def test_kernels_that_cannot_be_compiled(registry, new_gpu):
    with pytest.warns(MyCaffeWarning, match=r"slower CuPy path is: ltc_layout keeps 8 bytes") as w:
        made, dy = build(registry, new_gpu(local_bytes=8), "hidden_size: 5", 2, 3)
    assert len(w) == 1
    assert_close(run(made, dy))
    assert made[1][0].cell.is_proven and made[1][0].cell._running is None


def test_kernels_that_cannot_be_launched(registry, new_gpu):
    gpu = new_gpu()
    gpu.xp.kernels.refuses = lambda name, cluster: name == "ltc_backward"
    made, dy = build(registry, gpu, "hidden_size: 5", 2, 3)
    with pytest.warns(MyCaffeWarning, match="they cannot be launched: CUDA_ERROR_INVALID_VALUE"):
        assert_close(run(made, dy))
    assert_close(run(made, dy))


def test_a_sequence_too_long_for_the_indices(registry, new_gpu, monkeypatch):
    monkeypatch.setattr("mycaffe_plugins.liquid.cuda_ltc_cell._INDEX_LIMIT", 100)
    gpu = new_gpu()
    made, dy = build(registry, gpu, "hidden_size: 5", 2, 3)
    assert_close(run(made, dy))
    assert gpu.xp.kernels.launches == ["ltc_layout"]
