"""The figures of ``solver.fit``'s epochs: means over the rows, whatever the batches; what callbacks find."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Net, get_solver
from mycaffe_py.errors import ConfigError

RNG = np.random.default_rng(2)
X = RNG.standard_normal((10, 3))
Y = RNG.standard_normal((10, 1))
NET = """name: "n"
layer { name: "data" type: "Input" top: "x" top: "t" input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "other" type: "Power" bottom: "y" top: "z" }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
LSTM = """name: "l"
layer { name: "data" type: "Input" top: "x" top: "cont" top: "t"
  input_param { shape { dim: 5 dim: 2 dim: 3 } shape { dim: 5 dim: 2 } shape { dim: 5 dim: 2 dim: 4 } } }
layer { name: "first" type: "InnerProduct" bottom: "x" top: "f"
  inner_product_param { num_output: 3 axis: 2 weight_filler { type: "xavier" } } }
layer { name: "l" type: "LSTM" bottom: "f" bottom: "cont" top: "h"
  recurrent_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "h" bottom: "t" top: "loss" }
"""


def solver_of(net=NET, settings="", **options):
    return get_solver(
        f'type: "SGD" base_lr: 0.1 lr_policy: "fixed" {settings}',
        net,
        **({"seed": 5, "dtype": "float64"} | options),
    )


@pytest.mark.parametrize("iter_size", [1, 2, 3])
@pytest.mark.parametrize("batch", [3, 4, 5, 10])
def test_the_loss_is_the_mean_over_the_rows(batch, iter_size):
    solver = solver_of(settings=f"iter_size: {iter_size}")
    solver.lr = 0  # the weights stay, so that all batches can be computed at once
    history = solver.fit(X, Y, validation=(X, Y), batch_size=batch)
    w, b = (blob.data for blob in solver.net.params["ip"])
    expected = ((X @ w.T + b - Y) ** 2).mean() / 2
    # z has a number for each row: no figure, even if the last batch has one row only.
    assert set(history.epochs[0]) == {"epoch", "iteration", "loss", "validation loss"}
    assert history.epochs[0]["loss"] == pytest.approx(expected, rel=1e-12)
    assert history.epochs[0]["validation loss"] == pytest.approx(expected, rel=1e-12)


def test_an_output_of_one_number_is_a_figure():
    solver = solver_of()
    solver.lr = 0
    history = solver.fit(X, Y, validation=(X, Y), batch_size=1)
    w, b = (blob.data for blob in solver.net.params["ip"])
    expected = (X @ w.T + b).mean()
    assert history.epochs[0]["z"] == pytest.approx(expected, rel=1e-12)
    assert history.epochs[0]["validation z"] == pytest.approx(expected, rel=1e-12)


def test_callbacks_find_the_nets_shapes():
    solver, seen = solver_of(), []
    solver.fit(
        X,
        Y,
        validation=(X, Y),
        callbacks=lambda _: seen.append(solver.net.test_net().blobs["x"].shape),
    )
    assert seen == [(4, 3)]


@pytest.mark.parametrize("when", ["after_update", "after_epoch"])
def test_a_callback_makes_no_updates(when):
    solver = solver_of()

    class Steps:
        pass

    setattr(Steps, when, lambda self, row: solver.step(9))
    with pytest.raises(ConfigError, match="cannot be called in a callback"):
        solver.fit(X, Y, callbacks=Steps())
    assert solver.trainer is None
    solver.fit(X, Y)


def test_time_steps_are_not_shuffled():
    x, t = RNG.standard_normal((20, 2, 3)), RNG.standard_normal((20, 2, 4))
    cont = np.ones((20, 2))
    cont[0] = 0
    solver = solver_of(LSTM)
    with pytest.raises(
        ConfigError, match=r'rows of input "x" are time steps for layer "l" \(LSTM\)'
    ):
        solver.fit({"x": x, "cont": cont, "t": t})
    assert solver.iter == 0 and solver.recorded is None
    solver.fit({"x": x, "cont": cont, "t": t}, shuffle=False)
    assert solver.iter == 4
    # The state goes on from batch to batch, so that the rows are one long sequence.
    whole = Net(LSTM.replace("dim: 5", "dim: 20"), dtype="float64")
    whole.share_with(solver.net)
    for name, values in (("x", x), ("cont", cont), ("t", t)):
        whole.blobs[name].data[...] = values
    whole.forward()
    found = solver.net.predict({"x": x, "cont": cont})["h"]
    np.testing.assert_allclose(found, whole.blobs["h"].data, rtol=1e-10, atol=1e-14)


def turn(bottom, top, axes):
    dims = " ".join(f"dim: {axis}" for axis in axes)
    return f"""layer {{ name: "{top}" type: "Transpose" bottom: "{bottom}" top: "{top}" transpose_param {{ {dims} }} }}
"""


def test_sequences_first_may_be_shuffled():
    net = LSTM.replace("dim: 5 dim: 2", "dim: 2 dim: 5")
    net = net.replace('bottom: "f" bottom: "cont"', 'bottom: "steps" bottom: "conts"')
    net = net.replace('bottom: "h"', 'bottom: "sequences"')
    before = turn("f", "steps", (1, 0, 2)) + turn("cont", "conts", (1, 0))
    net = net.replace('layer { name: "l"', before + 'layer { name: "l"')
    after = turn("h", "sequences", (1, 0, 2))
    solver = solver_of(net.replace('layer { name: "loss"', after + 'layer { name: "loss"'))
    x, cont, t = np.ones((6, 5, 3)), np.ones((6, 5)), np.ones((6, 5, 4))
    assert solver.fit({"x": x, "cont": cont, "t": t}).epochs
    assert solver.iter == 3
