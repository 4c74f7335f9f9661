"""AdamW against torch.optim.AdamW (stored golden data), and what is around the formula."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text, load_solver_text

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("adamw*.npz"))

# Two weights: a of 3 x 4 and b of 5 x 1, with room for multipliers.
MODEL = """
    layer { name: "data" type: "Input" top: "x" top: "z"
            input_param { shape { dim: 1 dim: 4 } shape { dim: 1 dim: 1 } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { %s }
            inner_product_param { num_output: 3 bias_term: false } }
    layer { name: "b" type: "InnerProduct" bottom: "z" top: "b" param { %s }
            inner_product_param { num_output: 5 bias_term: false } }
"""


def make(registry, settings, a="", b="", dtype=np.float64):
    net = Net(load_net_text(registry.schema, MODEL % (a, b)), registry=registry, dtype=dtype)
    text = f'type: "AdamW" lr_policy: "fixed" {settings}'
    param = load_solver_text(registry.schema, text).message
    return registry.solvers.find("AdamW")(param, net)


def blob(solver, name):
    return solver.net.params[name][0]


def history(solver, slot, name):
    buffer = solver.net.parameters
    (owner,) = (each for each in buffer.owners if each.layer.name == name)
    return solver.history[slot][buffer.slice_of(owner)]


def update(solver, **gradients):
    """One update from given gradients, as the solver's loop does it."""
    for name, gradient in gradients.items():
        blob(solver, name).diff[...] = np.reshape(gradient, blob(solver, name).shape)
    solver.apply_update()


@pytest.mark.parametrize("together", [True, False], ids=["one segment", "two segments"])
@pytest.mark.parametrize("case", CASES)
def test_golden(registry, case, together, kernels):
    with np.load(GOLDEN / f"{case}.npz") as arrays:
        meta = json.loads(str(arrays["meta"]))
        golden = {key: arrays[key] for key in arrays.files if key != "meta"}
    settings = (
        f"base_lr: {meta['lr']} momentum: {meta['beta1']} momentum2: {meta['beta2']} "
        f"delta: {meta['eps']} adamw_decay: {meta['weight_decay']}"
    )
    # A second decay_mult would change nothing without weight decay, but splits the segment.
    solver = make(registry, settings, "", "" if together else "lr_mult: 1.5")
    assert len(solver.param_groups) == (1 if together else 2)
    names = "ab" if together else "a"
    for name in "ab":
        blob(solver, name).data[...] = golden[f"param_{name}"][0].reshape(blob(solver, name).shape)
    for step in range(meta["steps"]):
        update(solver, a=golden["grad_a"][step], b=golden["grad_b"][step])
        for name in names:
            for found, key, index in (
                (blob(solver, name).data, f"param_{name}", step + 1),
                (history(solver, 0, name), f"m_{name}", step),
                (history(solver, 1, name), f"v_{name}", step),
            ):
                wanted = golden[key][index].reshape(-1)
                np.testing.assert_allclose(found.reshape(-1), wanted, rtol=1e-12, atol=1e-25)


def test_golden_cases_are_there():
    assert CASES == ["adamw_tinygrad_wd0", "adamw_wd0", "adamw_wd01"]


def formula(w, gradients, rate, decay, b1=0.9, b2=0.999, eps=1e-8, l2=0.0):
    """The formula of the paper in plain numbers."""
    m = v = 0.0
    for k, g in enumerate(gradients, 1):
        g = g + l2 * w
        w = w * (1 - rate * decay)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        w = w - rate / (1 - b1**k) * m / (np.sqrt(v / (1 - b2**k)) + eps)
    return w


START, GRADIENTS = 2.0, [0.3, -0.2, 0.7, 0.1]


@pytest.mark.parametrize(
    ("settings", "spec", "arguments"),
    [
        ("", "", {"rate": 0.01, "decay": 0.1}),  # adamw_decay is 0.1 unless given
        ("adamw_decay: 0", "", {"rate": 0.01, "decay": 0}),
        ("", "lr_mult: 0.3", {"rate": 0.003, "decay": 0.1}),
        ("", "decay_mult: 0.7", {"rate": 0.01, "decay": 0.07}),
        ("", "decay_mult: 0", {"rate": 0.01, "decay": 0}),
        ("weight_decay: 0.02", "", {"rate": 0.01, "decay": 0.1, "l2": 0.02}),
        ("weight_decay: 0.02", "decay_mult: 0.5", {"rate": 0.01, "decay": 0.05, "l2": 0.01}),
        (
            "momentum2: 0.95 delta: 0.001",
            "",
            {"rate": 0.01, "decay": 0.1, "b2": 0.95, "eps": 0.001},
        ),
    ],
)
def test_multipliers_and_weight_decay(registry, settings, spec, arguments, kernels):
    solver = make(registry, f"base_lr: 0.01 momentum: 0.9 {settings}", a=spec)
    blob(solver, "a").data[...] = START
    for gradient in GRADIENTS:
        update(solver, a=np.full((3, 4), gradient))
    wanted = formula(START, GRADIENTS, **arguments)
    np.testing.assert_allclose(blob(solver, "a").data, wanted, rtol=1e-12)


def test_momentum_is_0_unless_given(registry):
    solver = make(registry, "base_lr: 0.01")
    blob(solver, "a").data[...] = START
    for gradient in GRADIENTS:
        update(solver, a=np.full((3, 4), gradient))
    wanted = formula(START, GRADIENTS, 0.01, 0.1, b1=0.0)
    np.testing.assert_allclose(blob(solver, "a").data, wanted, rtol=1e-12)


def test_lr_mult_0_means_no_update_and_no_decay(registry):
    solver = make(registry, "base_lr: 0.01", a="lr_mult: 0")
    blob(solver, "a").data[...] = blob(solver, "b").data[...] = START
    update(solver, a=np.ones((3, 4)), b=np.ones(5))
    assert (blob(solver, "a").data == START).all() and (blob(solver, "b").data < START).all()


def test_float32_follows_float64(registry, kernels):
    solvers = [
        make(registry, "base_lr: 0.01 momentum: 0.9", dtype=t) for t in ("float32", "float64")
    ]
    rng = np.random.default_rng(0)
    for _ in range(50):
        gradient = rng.standard_normal((3, 4))
        for solver in solvers:
            update(solver, a=gradient)
    single, double = (blob(solver, "a").data for solver in solvers)
    assert single.dtype == np.float32 and solvers[0].history[0].dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("momentum: 1", "momentum must be at least 0 and below 1, got 1"),
        ("momentum: -0.1", "momentum must be"),
        ("momentum2: 1.5", "momentum2 must be at least 0 and below 1, got 1.5"),
        ("delta: -1", "delta must be at least 0, got -1"),
        ("adamw_decay: -0.1", "adamw_decay must be at least 0, got -0.1"),
        ("momentum: nan", "momentum must be"),
        ("adamw_decay: nan", "adamw_decay must be"),
    ],
)
def test_settings_that_make_no_sense(registry, settings, message):
    with pytest.raises(ConfigError, match=f"solver AdamW: {message}"):
        make(registry, f"base_lr: 0.01 {settings}")
