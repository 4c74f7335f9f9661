"""Solver: the update, losses that are none, settings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.errors import DivergedError, PrototxtError
from mycaffe_py.solver import Solver

from ..building import data, document, fill, layer, make_net, product
from ..solving import ONE, SGD, make_solver, one, record, set_data, solver_document, weight

# The update.


def test_steps_of_gradient_descent():
    solver = one(w=1)
    w = 1.0
    for _ in range(3):
        solver.step(1)
        w -= 0.1 * 2 * (2 * w - 3)
        assert weight(solver).item() == pytest.approx(w, rel=1e-12)
    assert solver.iter == 3 and solver.last_lr == solver.lr == 0.1
    assert solver.loss == pytest.approx((2 * (1.5 - 0.5 * 0.6**2) - 3) ** 2 / 2, rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_type_is_kept(dtype):
    solver = one(net=make_net(ONE, dtype=dtype))
    solver.step(100)
    assert weight(solver).dtype == solver.history[0].dtype == dtype
    assert weight(solver).item() == pytest.approx(1.5, rel=1e-6)


def batches(solver, values):
    """Give the net another (a, b) before each forward pass."""
    values = iter(values)
    solver.net.before_forward(lambda index: set_data(solver, *next(values)) if index == 0 else None)


def test_iter_size_averages_gradients_and_losses():
    solver = one("iter_size: 3", w=1)
    batches(solver, [(1, 0), (2, 0), (3, 0)])
    solver.step(1)
    assert solver.loss == pytest.approx((1 + 4 + 9) / 2 / 3, rel=1e-12)
    assert weight(solver).item() == pytest.approx(1 - 0.1 * (1 + 4 + 9) / 3, rel=1e-12)
    assert solver.iter == 1


@pytest.mark.parametrize(
    ("limit", "gradient"),
    [(-1, 14 / 3), (100, 14 / 3), (7, 7 / 3), (14, 14 / 3), (6, 2)],
)
def test_gradients_are_clipped_before_they_are_averaged(limit, gradient):
    # The sum of the three gradients is 14; limits between 14 / 3 and 14 clip it.
    solver = one(f"iter_size: 3 clip_gradients: {limit}", w=1)
    batches(solver, [(1, 0), (2, 0), (3, 0)])
    solver.step(1)
    assert weight(solver).item() == pytest.approx(1 - 0.1 * gradient, rel=1e-12)


def test_clipping_is_by_the_norm_of_all_gradients():
    net = fill(make_net(data((4, 3), (4, 2)) + product("ip", "x0", "y") + LOSS))
    net.forward_backward()
    gradient, before = net.parameters.diff.copy(), net.parameters.data.copy()
    norm = math.sqrt((gradient**2).sum())
    solver = make_solver(f"clip_gradients: {float(np.float32(norm / 4))!r}", net)
    solver.step(1)
    limit = solver.settings.clip_gradients
    np.testing.assert_allclose(
        net.parameters.data, before - 0.1 * gradient * limit / norm, rtol=1e-12
    )


LOSS = layer("loss", "EuclideanLoss", "y x1", "loss")


@pytest.mark.parametrize(
    ("kind", "decay_mult", "penalty"),
    [("L2", 1, 0.2 * -4), ("L2", 0.5, 0.1 * -4), ("L1", 1, -0.2), ("L1", 2, -0.4), ("L2", 0, 0)],
)
@pytest.mark.parametrize("iter_size", [1, 2])
def test_weight_decay(kind, decay_mult, penalty, iter_size):
    # The penalty is added after averaging: iter_size does not change it.
    net = make_net(
        ONE.replace(
            "inner_product_param", f"param {{ decay_mult: {decay_mult} }} inner_product_param"
        )
    )
    settings = f'weight_decay: 0.2 regularization_type: "{kind}" iter_size: {iter_size}'
    solver = one(settings, w=-4, a=1, b=-3, net=net)
    solver.step(1)
    assert weight(solver).item() == pytest.approx(-4 - 0.1 * (-1 + penalty), rel=1e-12)


def test_multipliers_of_groups():
    text = data((2, 3), (2, 2)) + product(
        "ip", "x0", "y", 2, "param { lr_mult: 0.3 } param { lr_mult: 0 }"
    )
    net = fill(make_net(text + LOSS))
    before = [blob.data.copy() for blob in net.learnable_params]
    solver = make_solver("weight_decay: 0.5", net)
    solver.step(1)
    (w, b), (gradient, _) = before, [blob.diff / 0.03 for blob in net.learnable_params]
    y = net.blobs["x0"].data @ w.T + b
    wanted = (y - net.blobs["x1"].data).T @ net.blobs["x0"].data / 2 + 0.5 * w
    np.testing.assert_allclose(gradient, wanted, rtol=1e-10)
    np.testing.assert_allclose(net.params["ip"][0].data, w - 0.03 * wanted, rtol=1e-10)
    np.testing.assert_array_equal(net.params["ip"][1].data, b)
    assert len(solver.param_groups) == 1


def test_the_learning_rate_moves_on_only_with_updates():
    start = 'type: "SGD" base_lr: 0.1 lr_policy: "multistep" gamma: 0.5 stepvalue: [1, 1]'
    solver = one(start=start, a=0, b=0)
    rates = []
    for _ in range(4):
        assert solver.lr == solver.lr  # looking does not take a step
        rates.append(solver.lr)
        solver.step(1)
        assert solver.last_lr == rates[-1]
    assert rates == [0.1, 0.05, 0.025, 0.025]
    assert solver.current_step == 2


def test_a_base_solver_has_no_update():
    class Nothing(Solver):
        type = "Nothing"

    solver = Nothing(solver_document(SGD).message, make_net(ONE))
    with pytest.raises(TypeError, match=r"solver type Nothing does not define compute_update\(\)"):
        solver.step(1)


# Losses, and losses that are none.


def test_average_loss_is_over_a_window_of_this_step():
    solver = one("average_loss: 3", a=1)
    batches(solver, [(1, b) for b in (1, 2, 3, 4, 5)])
    seen, losses = record(solver), []
    solver.net.after_forward(
        lambda i: losses.append(solver.net.blobs["loss"].data.item()) if i == 2 else 0
    )
    solver.step(4)
    smoothed = [event.metrics["loss"] for event in seen]
    wanted = [np.mean(losses[max(0, k - 3) : k]) for k in range(1, 5)]
    assert smoothed == pytest.approx(wanted, rel=1e-12)
    solver.step(1)
    assert solver.smoothed_loss == solver.loss == losses[-1]


def test_no_loss_yet():
    solver = one()
    assert math.isnan(solver.loss) and math.isnan(solver.smoothed_loss)


def test_a_loss_of_nan_stops_with_the_first_bad_blob():
    solver = one(b=1)
    solver.step(1)
    kept = weight(solver).item()
    solver.net.blobs["x1"].data[...] = np.nan
    with pytest.raises(DivergedError) as caught:
        solver.step(1)
    assert caught.value.message == (
        'iteration 1: the loss is nan; the first bad blob is top "x1" of layer "data" (Input)'
    )
    assert caught.value.exit_code == 5 and "base_lr" in caught.value.hint
    assert solver.iter == 1 and weight(solver).item() == kept


def test_a_diverging_net_stops():
    solver = one("", w=1, a=1e3, b=0, net=make_net(ONE, dtype="float32"))
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match='"y"|"loss"|param weight'):
        solver.step(1000)
    assert solver.iter < 20


# Settings.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("iter_size: 0", "iter_size must be at least 1, got 0"),
        ("average_loss: 0", "average_loss must be at least 1, got 0"),
        ("display: -1", "display must be at least 0, got -1"),
        ("snapshot: -5", "snapshot must be at least 0, got -5"),
        ("clip_gradients: 0", "clip_gradients 0 would make every gradient 0"),
        ("max_iter: -1", "max_iter must be at least 0, got -1"),
        ("base_lr: -0.5", "base_lr must be a finite number, at least 0, got -0.5"),
        ("base_lr: nan", "base_lr must be a finite number, at least 0, got nan"),
        ('lr_policy: "nothing"', 'unknown lr_policy "nothing"'),
        ('weight_decay: 1 regularization_type: "L3"', 'unknown regularization_type "L3"'),
        ('type: "SDG"', 'unknown solver type "SDG"'),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    text = SGD
    name = settings.partition(":")[0]
    if name in ("base_lr", "lr_policy", "type"):
        text = " ".join(part for part in ('type: "SGD"', 'lr_policy: "fixed"', "base_lr: 0.1")
                        if not part.startswith(name))  # fmt: skip
    text = "\n" + text + "\n" + settings
    with pytest.raises(PrototxtError, match=message) as caught:
        build_training(solver=solver_document(text), model=document(ONE), device=Device(), seed=0)
    assert caught.value.exit_code == 2
    assert caught.value.problems[0].location.line == 3
