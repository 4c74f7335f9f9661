"""``solver.fit`` and ``net.predict``: the same as a loop by hand, for any number of rows."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from mycaffe_py import TEST, Net, get_solver
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError, DivergedError, ShapeError
from mycaffe_py.seeding import named_generator
from mycaffe_py.testing import strict_device
from mycaffe_py.weights import save_snapshot

INPUTS = """
layer { name: "data" type: "Input" top: "x" top: "t" input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } } }
"""
MEMORY = """
layer { name: "data" type: "MemoryData" top: "x" top: "t"
  memory_data_param { batch_size: 4 channels: 3 height: 1 width: 1 } }
"""
OLD_INPUTS = 'input: "x" input_dim: 4 input_dim: 3 input_dim: 1 input_dim: 1 input: "t" '
OLD_INPUTS += "input_dim: 4 input_dim: 1 input_dim: 1 input_dim: 1"
REST = """
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "y" top: "d" include { phase: TRAIN } dropout_param { dropout_ratio: 0 } }
layer { name: "same" type: "Power" bottom: "y" top: "d" include { phase: TEST } }
layer { name: "loss" type: "EuclideanLoss" bottom: "d" bottom: "t" top: "loss" }
"""
SOURCES = {"inputs": INPUTS, "memory": MEMORY, "old": OLD_INPUTS}

RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 3))
Y = X @ [[1.0], [-2.0], [0.5]] + 1


def solver_of(source="inputs", settings="", **options):
    options = {"seed": 5, "dtype": "float64", "device": Device()} | options
    text = f'type: "SGD" base_lr: 0.1 lr_policy: "fixed" momentum: 0.5 {settings}'
    text_of_loss = SOURCES[source] + REST.replace('bottom: "t"', 'bottom: "tt"')
    # MemoryData gives labels of four axes.
    flat = 'layer { name: "flat" type: "Reshape" bottom: "t" top: "tt" reshape_param { shape { dim: -1 dim: 1 } } }\n'
    head, loss, tail = text_of_loss.partition('layer { name: "loss"')
    return get_solver(text, f'name: "n" {head} {flat} {loss}{tail}', **options)


def by_hand(epochs, batch=4, **options):
    """The same training with numpy: SGD with momentum on half the mean squared error of each batch."""
    solver = solver_of(**options)
    w, b = (blob.data.copy() for blob in solver.net.params["ip"])
    v, vb, losses, step = 0.0, 0.0, [], 0
    for _ in range(epochs):
        order = np.arange(10)
        named_generator(5, "fit", step).shuffle(order)
        for at in range(0, 10, batch):
            rows = order[at : at + batch]
            error = X[rows] @ w.T + b - Y[rows]
            losses.append((error**2).sum() / len(rows) / 2)
            v = 0.5 * v + 0.1 * error.T @ X[rows] / len(rows)
            vb = 0.5 * vb + 0.1 * error.sum() / len(rows)
            w, b, step = w - v, b - vb, step + 1
    return w, b, losses


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("batch", [4, 3, 10, 20])
def test_fit_is_a_loop_over_shuffled_batches(source, batch):
    solver = solver_of(source)
    history = solver.fit(X, Y, epochs=3, batch_size=batch)
    w, b, losses = by_hand(3, batch)
    np.testing.assert_allclose(solver.net.params["ip"][0].data, w, rtol=1e-12)
    np.testing.assert_allclose(solver.net.params["ip"][1].data, b, rtol=1e-12)
    assert history["loss"] == pytest.approx(losses, rel=1e-12)
    assert solver.iter == len(losses) == len(history)
    weights = [len(range(at, min(at + batch, 10))) for at in range(0, 10, batch)]
    means = np.average(np.reshape(losses, (3, -1)), axis=1, weights=weights)
    assert [epoch["loss"] for epoch in history.epochs] == pytest.approx(means, rel=1e-12)
    assert [epoch["epoch"] for epoch in history.epochs] == [1, 2, 3]


def test_the_nets_batch_size_is_the_default_and_comes_back():
    for source in SOURCES:
        solver = solver_of(source)
        solver.fit(X, Y)
        assert solver.iter == 3 and solver.net.blobs["x"].shape[0] == 4
        assert solver.trainer is None and len(solver.listeners) == 1


def test_arrays_by_name_and_of_other_types():
    one, other = solver_of(), solver_of()
    one.fit({"t": Y[:, 0].tolist(), "x": X})
    other.fit({"x": X[:, :, None]}, {"t": Y.astype(np.float64)})
    np.testing.assert_array_equal(*(s.net.params["ip"][0].data for s in (one, other)))


def test_without_shuffling_rows_keep_their_order():
    solver, seen = solver_of(), []
    solver.add_callback(lambda: None, lambda: seen.append(solver.net.blobs["x"].data.copy()))
    solver.fit(X, Y, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(seen), X)


def test_iter_size_fills_the_last_update_up():
    solver, seen = solver_of(settings="iter_size: 2"), []
    solver.net.after_forward(
        lambda i: seen.append(len(solver.net.blobs["x"].data)) if i == 0 else None
    )
    solver.fit(X, Y, epochs=1)
    assert solver.iter == 2 and seen == [4, 4, 2, 4]


def test_a_resumed_fit_goes_on_the_same(tmp_path):
    whole, first, second = solver_of(), solver_of(), solver_of()
    whole.fit(X, Y, epochs=3)
    first.fit(X, Y, epochs=2)
    second.restore(save_snapshot(first, tmp_path / "a")[1])
    second.fit(X, Y, epochs=1)
    np.testing.assert_array_equal(*(s.net.params["ip"][0].data for s in (whole, second)))


def test_validation_is_the_mean_over_all_its_rows():
    solver = solver_of()
    history = solver.fit(X, Y, epochs=2, validation=(X[:7], Y[:7]), batch_size=3)
    w, b = (blob.data for blob in solver.net.params["ip"])
    errors = X[:7] @ w.T + b - Y[:7]
    expected = (errors**2).sum() / 7 / 2
    assert history.epochs[-1]["validation loss"] == pytest.approx(expected, rel=1e-12)
    assert set(history.epochs[0]) == {"epoch", "iteration", "loss", "validation loss"}
    without = solver_of()
    without.fit(X, Y, epochs=2, batch_size=3)
    np.testing.assert_array_equal(without.net.params["ip"][0].data, w)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("size", [None, 1, 3, 10, 99])
def test_predict_gives_every_row(source, size):
    solver = solver_of(source)
    w, b = (blob.data for blob in solver.net.params["ip"])
    found = solver.net.predict(X, batch_size=size)
    assert list(found) == ["d"] and found["d"].shape == (10, 1)
    np.testing.assert_allclose(found["d"], X @ w.T + b, rtol=1e-12)
    solver.fit(X, Y)
    after = solver.net.predict({"x": X}, blobs=["y", "d"])
    np.testing.assert_allclose(after["y"], X @ w.T + b, rtol=1e-12)
    np.testing.assert_allclose(after["d"], after["y"])
    assert solver.net.test_net() is solver.net.test_net() and solver.net.test_net().phase == TEST


def test_a_loss_is_given_for_each_batch():
    net = solver_of().net
    found = net.predict({"x": X, "t": Y})
    assert list(found) == ["loss"] and found["loss"].shape == (3,)


def test_prediction_draws_no_random_numbers():
    solver = solver_of()
    before = solver.net.device.rng.bit_generator.state
    solver.net.predict(X)
    assert solver.net.device.rng.bit_generator.state == before


def test_on_another_device():
    found = []
    for device in (Device(), strict_device()):
        solver = solver_of(device=device)
        history = solver.fit(X, Y, epochs=2, validation=(X, Y))
        found.append((history.epochs, solver.net.predict(X)["d"]))
    assert found[0][0][1] == pytest.approx(found[1][0][1])
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-12)


# Callbacks.


def test_functions_get_the_figures_of_epochs_and_stop():
    solver, seen = solver_of(), []

    def stop_at_two(figures):
        seen.append(figures)
        return figures["epoch"] == 2

    history = solver.fit(X, Y, epochs=9, callbacks=[stop_at_two])
    assert seen == history.epochs and len(seen) == 2 and solver.iter == 6
    assert not solver.stop_requested
    solver.step(0)
    solver.fit(X, Y, callbacks=stop_at_two)
    assert solver.iter == 9 and seen[-1]["epoch"] == 3


def test_objects_are_called_after_updates():
    class Watch:
        rows = []

        def after_update(self, row):
            self.rows.append(row)
            return len(self.rows) == 4

    solver = solver_of()
    history = solver.fit(X, Y, epochs=5, callbacks=[Watch()])
    assert solver.iter == 4 and len(history.epochs) == 1
    assert [row["iteration"] for row in Watch.rows] == [1, 2, 3, 4]


def test_a_request_stops_too():
    solver = solver_of()
    solver.fit(X, Y, epochs=5, callbacks=[lambda figures: solver.request("stop")])
    assert solver.iter == 3


@pytest.mark.parametrize("callbacks", [[3], 3, ["stop"], [object()]])
def test_what_is_no_callback(callbacks):
    with pytest.raises(ConfigError, match="a callback is a function, or an object with"):
        solver_of().fit(X, Y, callbacks=callbacks)


@pytest.mark.posix
def test_ctrl_c_finishes_the_update():
    solver = solver_of()

    class Press:
        def after_update(self, row):
            if row["iteration"] == 2:
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        solver.fit(X, Y, epochs=5, callbacks=[Press()])
    assert solver.iter == 2 and not solver.in_update and len(solver.recorded) == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    solver.fit(X, Y)
    assert solver.iter == 5


def test_an_error_of_a_callback_comes_out_and_leaves_a_usable_solver():
    solver = solver_of()
    with pytest.raises(ZeroDivisionError):
        solver.fit(X, Y, callbacks=[lambda figures: 1 / 0])
    assert solver.trainer is None and len(solver.listeners) == 1
    solver.fit(X, Y)


def test_a_loss_that_is_no_number():
    solver = solver_of()
    with pytest.raises(DivergedError, match="iteration 0: the loss is nan"):
        solver.fit(X * np.nan, Y)
    assert solver.trainer is None


# Mistakes.


@pytest.mark.parametrize(
    ("x", "y", "error", "words"),
    [
        (
            X[:, :2],
            Y,
            ShapeError,
            r'"x": the array is \(10, 2\), the blob \(4, 3\): rows of \(rows, 3\)',
        ),
        (X, Y[:9], ShapeError, r'same number of rows.*"x" \(10, 3\), "t" \(9, 1\)'),
        (X[:0], Y[:0], ShapeError, "at least one"),
        (3.0, Y, ShapeError, "same number of rows"),
        (X, None, ConfigError, 'no array is given for input "t"'),
        (X.astype(complex), Y, ConfigError, 'input "x" takes an array of numbers, not complex128'),
        (X.astype(str), Y, ConfigError, 'input "x" takes an array of numbers'),
        ([[1, 2], [3]], Y, ConfigError, 'input "x"'),
        ({"x": X, "u": Y}, None, ConfigError, 'no input "u"; its inputs'),
        ({"x": X, "t": Y}, {"t": Y}, ConfigError, '"t" is given twice'),
        ({"x": X, "t": Y}, Y, ConfigError, "0 inputs are left"),
        ({}, None, ConfigError, "no array is given"),
    ],
)
def test_arrays_that_do_not_fit(x, y, error, words):
    solver = solver_of()
    before = solver.net.params["ip"][0].data.copy()
    with pytest.raises(error, match=words):
        solver.fit(x, y)
    np.testing.assert_array_equal(solver.net.params["ip"][0].data, before)
    assert solver.recorded is None and solver.trainer is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": -1}, "epochs must be a whole number, at least 0, not -1"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"batch_size": 0}, "batch_size must be a whole number, at least 1, not 0"),
        ({"batch_size": True}, "batch_size must be"),
        ({"validation": X}, "validation takes"),
        ({"validation": (X, Y[:3])}, "same number of rows"),
        ({"validation": {"x": X}}, 'no array is given for input "t"'),
    ],
)
def test_options_that_do_not_fit(options, words):
    with pytest.raises(ConfigError, match=words):
        solver_of().fit(X, Y, **options)


def test_a_gym_feeds_already():
    solver = get_solver("adamw.prototxt", model="LiquidNetCfc.prototxt", seed=1)
    with pytest.raises(ConfigError, match="trainer RNN.SUPER_SIMPLE does so already"):
        solver.fit(X, Y)


def test_a_net_with_data_of_its_own():
    net = Net(
        'name: "d" layer { name: "data" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 } } }'
    )
    with pytest.raises(ConfigError, match=r'takes no arrays: .* come from "data" \(DummyData\)'):
        net.predict(X)


@pytest.mark.parametrize(
    ("x", "blobs", "words"),
    [
        ({"t": Y}, None, None),
        (X, "loss", '"loss" is not computed from these inputs'),
        (X, ["nothing"], '"nothing" is none of its blobs'),
        (X[:, :1], None, "rows of"),
    ],
)
def test_predictions_that_cannot_be_made(x, blobs, words):
    net = solver_of().net
    if words is None:
        assert list(net.predict(x)) == ["tt"]
        return
    with pytest.raises(ConfigError, match=words):
        net.predict(x, blobs=blobs)


def test_weights_that_exist_in_tests_only():
    text = INPUTS + REST.replace('type: "Power" bottom', 'type: "Scale" bottom')
    with pytest.raises(ConfigError, match='layer "same" has weights in phase TEST'):
        Net(text).predict(X)
