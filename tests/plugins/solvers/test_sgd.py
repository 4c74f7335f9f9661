"""SGD with momentum: the learning rate is inside the history, as in Caffe."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text, load_solver_text

MODEL = """
    layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { lr_mult: 2 decay_mult: 0.5 }
            param { decay_mult: 0 } inner_product_param { num_output: 1 } }
"""


def make(registry, settings, dtype=np.float64):
    net = Net(load_net_text(registry.schema, MODEL), registry=registry, dtype=dtype)
    param = load_solver_text(registry.schema, f'type: "SGD" {settings}').message
    return registry.solvers.find("SGD")(param, net)


def update(solver, weight, bias):
    blobs = solver.net.params["a"]
    blobs[0].diff[...], blobs[1].diff[...] = weight, bias
    solver.apply_update()
    return [float(blob.data.reshape(())) for blob in blobs]


def test_the_rate_of_each_step_stays_in_the_history(registry):
    solver = make(registry, 'base_lr: 1 lr_policy: "step" gamma: 0.1 stepsize: 1 momentum: 0.9')
    # Weight, with lr_mult 2: h = 2 g, then 0.9 h + 0.2 g. Were the rate outside, the second
    # step would be 0.2 (0.9 g + g).
    assert update(solver, 1, 1) == pytest.approx([-2, -1], rel=1e-12)
    assert update(solver, 1, 1) == pytest.approx([-2 - 2.0, -1 - 1.0], rel=1e-12)
    np.testing.assert_allclose(solver.history[0], [2.0, 1.0], rtol=1e-12)
    # The third rate is 0.01.
    assert update(solver, 5, -3)[0] == pytest.approx(-4 - (0.9 * 2.0 + 0.02 * 5), rel=1e-12)


def test_l2_uses_decay_mult(registry):
    solver = make(registry, 'base_lr: 0.5 lr_policy: "fixed" weight_decay: 0.1')
    for blob in solver.net.params["a"]:
        blob.data[...] = 4
    # g + 0.1 * 0.5 * 4 for the weight; the bias has decay_mult 0.
    assert update(solver, 1, 1) == pytest.approx([4 - 1.0 * 1.2, 4 - 0.5], rel=1e-12)


def test_l1_is_the_sign(registry):
    settings = 'base_lr: 0.5 lr_policy: "fixed" weight_decay: 0.1 regularization_type: "L1"'
    for start, sign in ((4, 1), (-4, -1), (0, 0)):
        solver = make(registry, settings)
        for blob in solver.net.params["a"]:
            blob.data[...] = start
        assert update(solver, 1, 1)[0] == pytest.approx(start - (1 + 0.05 * sign), rel=1e-12)


@pytest.mark.parametrize("momentum", [1, -0.5, "nan"])
def test_momentum_out_of_range(registry, momentum):
    with pytest.raises(ConfigError, match="solver SGD: momentum must be at least 0 and below 1"):
        make(registry, f'base_lr: 1 lr_policy: "fixed" momentum: {momentum}')
