"""Solver: the loop, the update, tests, snapshots, requests, events and the trainer's hooks.

Most tests learn one weight w: loss = (w a - b)^2 / 2, so that its gradient is a (w a - b).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError, DivergedError, PrototxtError
from mycaffe_py.events import StepDone, TestDone
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_solver_text
from mycaffe_py.solver import Solver, mean_outputs

from .building import data, document, fill, layer, make_net, product

ONE = (
    data((1, 1), (1, 1))
    + layer(
        "ip", "InnerProduct", "x0", "y", "inner_product_param { num_output: 1 bias_term: false }"
    )
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)
SGD = 'type: "SGD" lr_policy: "fixed" base_lr: 0.1 '


def solver_document(text):
    return load_solver_text(default_registry().schema, text)


def make_solver(settings="", net=None, test_nets=(), start=SGD):
    param = solver_document(start + settings).message
    return default_registry().solvers.find(param.type)(param, net or make_net(ONE), test_nets)


def one(settings="", w=0.0, a=2.0, b=3.0, **options):
    solver = make_solver(settings, **options)
    set_data(solver, a, b)
    weight(solver)[...] = w
    return solver


def set_data(solver, a, b):
    solver.net.blobs["x0"].data[...], solver.net.blobs["x1"].data[...] = a, b


def weight(solver):
    return solver.net.params["ip"][0].data


def train(settings="", **options):
    """Build a training from text, with a model of its own."""
    options = {"model": document(ONE), "device": Device(), "dtype": "float64", "seed": 0} | options
    return build_training(solver=solver_document(SGD + settings), **options)


def record(solver):
    events = []
    solver.listeners.append(events.append)
    return events


# The update.


def test_steps_of_gradient_descent():
    solver = one(w=1)
    w = 1.0
    for _ in range(3):
        solver.step(1)
        w -= 0.1 * 2 * (2 * w - 3)
        assert weight(solver).item() == pytest.approx(w, rel=1e-12)
    assert solver.iter == 3 and solver.rate == solver.lr == 0.1
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
    [(-1, 14 / 3), (100, 14 / 3), (7, 7 / 3), (14, 14 / 3), (0, 0), (6, 2)],
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


def test_multipliers_of_segments():
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
    assert len(solver.segments) == 1


def test_the_learning_rate_moves_on_only_with_updates():
    start = 'type: "SGD" base_lr: 0.1 lr_policy: "multistep" gamma: 0.5 stepvalue: [1, 1]'
    solver = one(start=start, a=0, b=0)
    rates = []
    for _ in range(4):
        assert solver.lr == solver.lr  # looking does not take a step
        rates.append(solver.lr)
        solver.step(1)
        assert solver.rate == rates[-1]
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


# Test nets.


def test_a_test_averages_outputs_with_the_train_nets_weights():
    net = make_net(ONE)
    solver = one("test_iter: 3 test_interval: 10", w=2, net=net, test_nets=[make_net(ONE, phase=1)])
    values = iter([(1, 0), (2, 0), (3, 1)])
    test_net = solver.test_nets[0]

    def fill_in(index):
        if index == 0:
            test_net.blobs["x0"].data[...], test_net.blobs["x1"].data[...] = next(values)

    test_net.before_forward(fill_in)
    events = record(solver)
    assert solver.test() == {"loss": pytest.approx((4 + 16 + 25) / 2 / 3, rel=1e-12)}
    assert np.shares_memory(test_net.params["ip"][0].data, weight(solver))
    assert events == [TestDone(0, 0, {"loss": pytest.approx(7.5)})]


def test_weights_are_shared_at_each_test():
    solver = one("test_iter: 1 test_interval: 2", test_nets=[make_net(ONE, phase=1)])
    for blob, value in zip(("x0", "x1"), (1, 0), strict=True):
        solver.test_nets[0].blobs[blob].data[...] = value
    events = record(solver)
    solver.step(5)
    tests = [(e.iteration, e.metrics["loss"]) for e in events if isinstance(e, TestDone)]
    w = [0.0]
    for _ in range(4):
        w.append(w[-1] - 0.2 * (2 * w[-1] - 3))
    assert tests == [(i, pytest.approx(w[i] ** 2 / 2, rel=1e-12)) for i in (0, 2, 4)]


def test_no_test_before_training_unless_asked():
    solver = one(
        "test_iter: 1 test_interval: 2 test_initialization: false",
        test_nets=[make_net(ONE, phase=1)],
    )
    events = record(solver)
    solver.step(3)
    assert [e.iteration for e in events if isinstance(e, TestDone)] == [2]


def test_several_test_nets_and_test_loss():
    nets = [make_net(ONE, phase=1) for _ in range(2)]
    solver = one(
        "test_iter: 1 test_iter: 2 test_interval: 1 test_compute_loss: true", test_nets=nets
    )
    runs = []
    for number, net in enumerate(nets):
        net.blobs["x1"].data[...] = number + 1
        net.before_forward(lambda i, number=number: runs.append(number) if i == 0 else None)
    assert solver.test_all() == [{"loss": 0.5, "test_loss": 0.5}, {"loss": 2, "test_loss": 2}]
    assert runs == [0, 1, 1]


def test_a_stop_interrupts_a_test():
    solver = one("test_iter: 5 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    runs = []

    def stop(index):
        if index == 0:
            runs.append(index)
            if len(runs) == 2:
                solver.request("stop")

    solver.test_nets[0].before_forward(stop)
    solver.step(3)
    assert len(runs) == 2 and solver.iter == 0
    events = record(solver)
    assert solver.test() == {} and events == []


def test_mean_outputs():
    net = make_net(data((2,)))
    values = iter([[1, 2], [3, 6], [5, 1]])
    net.before_forward(lambda index: np.copyto(net.blobs["x0"].data, next(values)))
    assert mean_outputs(net, 3) == {"x0[0]": 3, "x0[1]": 3}
    assert mean_outputs(net, 0) == {}


# Counts of nets in solver files.

NETS = "test_interval: 10 "


def test_the_model_serves_as_test_net_too():
    rules = ONE + layer("only", "Silence", "y", "", "include { phase: TEST }")
    training = train(NETS + "test_iter: 2", model=document(rules))
    assert "only" in training.solver.test_nets[0].layer_names
    assert "only" not in training.net.layer_names


def test_order_of_test_nets():
    text = NETS + "test_iter: [1, 2] test_net_param { name: 'special' " + ONE + "}"
    names = [
        net.name for net in train(text, model=document("name: 'main' " + ONE)).solver.test_nets
    ]
    assert names == ["special", "main"]


def test_a_net_in_the_solver_file():
    training = train("train_net_param { name: 'inner' " + ONE + "}", model=None)
    assert training.net.name == "inner" and training.solver.test_nets == []


def test_states_of_train_and_test_nets():
    rules = "state { level: 1 }" + ONE
    for name, rule in (("s", "stage: 's'"), ("t", "stage: 't' phase: TEST"), ("l", "min_level: 1")):
        rules += layer(name, "TanH", "x0", f"x{name}", f"include {{ {rule} }}")
    training = train(
        NETS + "test_iter: [1, 1] train_state { stage: 's' } "
        "test_state { stage: 't' } test_state { level: 0 stage: 's' }",
        model=document(rules),
    )
    nets = [training.net, *training.solver.test_nets]
    kept = [{"s", "t", "l"} & set(net.layer_names) for net in nets]
    assert kept == [{"s", "l"}, {"t", "l"}, {"s"}]


@pytest.mark.parametrize(
    ("settings", "model", "message"),
    [
        ("test_iter: 1", ONE, "test nets need test_interval > 0, got 0"),
        (
            NETS + f"test_net_param {{ {ONE} }} test_net_param {{ {ONE} }} test_iter: 1",
            ONE, "2 test nets, but test_iter is given 1 times",
        ),
        (
            NETS + "test_iter: [1, 1] test_state { }", ONE,
            "test_state is given 1 times for 2 test nets",
        ),
        (
            f"train_net_param {{ {ONE} }} net_param {{ {ONE} }}", None,
            "exactly one of net, net_param, train_net, train_net_param may be given",
        ),
        ("", None, "names no net"),
    ],
)  # fmt: skip
def test_wrong_counts_of_nets(settings, model, message):
    with pytest.raises(ConfigError, match=message):
        train(settings, model=model and document(model))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("iter_size: 0", "iter_size must be at least 1, got 0"),
        ("average_loss: 0", "average_loss must be at least 1, got 0"),
        ("display: -1", "display must be at least 0, got -1"),
        ("snapshot: -5", "snapshot must be at least 0, got -5"),
        ("max_iter: -1", "max_iter must not be negative, got -1"),
        ("base_lr: -0.5", "base_lr must be a number >= 0, got -0.5"),
        ("base_lr: nan", "base_lr must be a number >= 0, got nan"),
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


# Snapshots and requests.


def snapshots(solver):
    taken = []
    solver.snapshot_action = lambda reason: taken.append((solver.iter, reason))
    return taken


def test_snapshots_at_intervals():
    solver = one("snapshot: 3")
    taken = snapshots(solver)
    solver.step(7)
    assert taken == [(3, "interval"), (6, "interval")]


def test_a_snapshot_on_request_comes_after_the_iteration():
    solver = one("snapshot: 4")
    taken = snapshots(solver)
    solver.net.before_forward(
        lambda index: solver.request("snapshot") if solver.iter in (1, 3) and index == 0 else None
    )
    solver.step(5)
    assert taken == [(2, "request"), (4, "interval")]


def test_a_stop_on_request_comes_after_the_iteration():
    solver = one("snapshot: 100 max_iter: 50")
    taken = snapshots(solver)
    solver.add_callback(lambda: solver.request("stop") if solver.iter == 4 else None, lambda: None)
    solver.solve()
    assert solver.iter == 5 and solver.stop_requested
    assert taken == [(5, "end")]
    solver.step(3)
    assert solver.iter == 5
    solver.clear_requests()
    solver.step(3)
    assert solver.iter == 8


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ("max_iter: 4", [(4, "end")]),
        ("max_iter: 4 snapshot: 2", [(2, "interval"), (4, "interval")]),
        ("max_iter: 5 snapshot: 2", [(2, "interval"), (4, "interval"), (5, "end")]),
        ("max_iter: 4 snapshot_after_train: false", []),
    ],
)
def test_solve_ends_with_a_snapshot(settings, taken):
    solver = one(settings)
    found = snapshots(solver)
    solver.solve()
    assert found == taken and solver.iter == solver.param.max_iter


def test_solve_ends_with_a_test():
    settings = "max_iter: 4 test_iter: 1 test_interval: 2"
    solver = one(settings, test_nets=[make_net(ONE, phase=1)])
    events = record(solver)
    solver.solve()
    assert [e.iteration for e in events if isinstance(e, TestDone)] == [0, 2, 4]
    solver = one(settings.replace("max_iter: 4", "max_iter: 3"), test_nets=[make_net(ONE, phase=1)])
    events = record(solver)
    solver.solve()
    assert [e.iteration for e in events if isinstance(e, TestDone)] == [0, 2]


def test_solve_goes_on_from_where_it_is():
    solver = one("max_iter: 6")
    solver.step(4)
    solver.solve()
    assert solver.iter == 6
    solver.solve()
    assert solver.iter == 6


def test_no_snapshot_without_an_action():
    solver = one("snapshot: 1")
    solver.step(2)
    solver.snapshot()


# Callbacks, events, the trainer.


def test_callbacks_run_before_the_iteration_and_before_the_update():
    solver = one("iter_size: 2", w=0)
    calls = []
    solver.add_callback(
        lambda: calls.append(("start", solver.net.parameters.diff.item())),
        lambda: calls.append(("ready", weight(solver).item())),
    )
    solver.net.before_forward(lambda index: calls.append("forward") if index == 0 else None)
    solver.step(1)
    # Diffs are cleared before; the update comes after.
    assert calls == [("start", 0), "forward", "forward", ("ready", 0)]
    assert weight(solver).item() != 0


def test_step_events():
    solver = one("display: 2", w=0)
    events = record(solver)
    solver.step(4)
    assert all(type(event) is StepDone for event in events)
    assert [event.iteration for event in events] == [1, 2, 3, 4]
    assert [event.display for event in events] == [True, False, True, False]  # 0 and 2, as Caffe
    assert events[0].metrics == {"loss": 4.5} and events[0].sample == {}
    assert {event.learning_rate for event in events} == {0.1}
    silent = one()
    events = record(silent)
    silent.step(2)
    assert not any(event.display for event in events)


def test_metrics_hold_every_output_by_name():
    extra = layer("t", "TanH", "x0", "aux") + layer("s", "TanH", "x1", "more", "loss_weight: 2")
    solver = one(net=make_net(ONE + extra), a=0, b=1)
    events = record(solver)
    solver.step(1)
    loss = 0.5 + 2 * math.tanh(1)
    assert events[0].metrics == {
        "loss": pytest.approx(loss, rel=1e-12), "aux": 0, "more": pytest.approx(math.tanh(1)),
    }  # fmt: skip


class FakeTrainer:
    """Notes what the solver asks of it."""

    def __init__(self, solver):
        self.solver, self.calls = solver, []
        solver.trainer = self

    def note(self, what):
        self.calls.append((what, self.solver.iter, weight(self.solver).item() != 0))

    def prepare(self):
        set_data(self.solver, 1, 1)
        self.note("prepare")

    def collect(self):
        self.note("collect")

    def metrics(self):
        self.note("metrics")
        return {"accuracy": 0.5, "loss": -1}

    def sample(self):
        self.note("sample")
        return {"x": 1.0}

    def test(self, net, iterations):
        self.note(f"test {iterations} {net.phase}")
        return {"accuracy": 1.0}


@pytest.mark.parametrize("listening", [True, False])
def test_order_of_the_trainers_hooks(listening):
    solver = one("iter_size: 2", w=0, a=0, b=0)
    trainer = FakeTrainer(solver)
    events = record(solver) if listening else []
    solver.net.before_forward(lambda index: trainer.note("forward") if index == 0 else None)
    solver.net.after_backward(lambda index: trainer.note("backward") if index == 0 else None)
    solver.step(1)
    one_pass = ["prepare", "forward", "backward", "collect"]
    wanted = [(what, 0, False) for what in one_pass * 2] + [("metrics", 1, True)]
    assert trainer.calls == wanted + ([("sample", 1, True)] if listening else [])
    if listening:
        assert events[0].metrics == {"accuracy": 0.5, "loss": 0.5}  # the loss is the net's
        assert events[0].sample == {"x": 1.0}


def test_a_trainer_tests_the_net():
    solver = one("test_iter: 7 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    trainer, events = FakeTrainer(solver), record(solver)
    solver.test_all()
    assert trainer.calls == [("test 7 1", 0, False)]
    assert events == [TestDone(0, 0, {"accuracy": 1.0})]


# Debug information.


def test_debug_info_on_display_iterations():
    solver = one("debug_info: true display: 2 test_iter: 1 test_interval: 100",
                 test_nets=[make_net(ONE, phase=1)])  # fmt: skip
    lines = []
    solver.net.log = lambda text: lines.append((solver.iter, text))
    solver.test_nets[0].log = lambda text: lines.append(("test", text))
    solver.step(4)
    assert {iteration for iteration, _ in lines} == {"test", 0, 2}
    assert one("debug_info: true").step(1) is None  # no display, no lines


# Determinism.


def noisy(seed):
    text = (
        data((8, 5), (8, 2)) + product("a", "x0", "h", 16) + layer("d", "Dropout", "h", "h")
        + product("b", "h", "y") + LOSS
    )  # fmt: skip
    solver = train(
        "momentum: 0.9 clip_gradients: 1", model=document(text), dtype="float32", seed=seed
    ).solver
    fill(solver.net)
    solver.step(20)
    return solver.net.parameters.data.tobytes(), solver.history[0].tobytes()


def test_the_same_seed_gives_the_same_bits():
    assert noisy(3) == noisy(3)
    assert noisy(3)[0] != noisy(4)[0]
