"""Solver: test nets, what a test returns, and how many nets a solver file may name."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.events import Log, TestDone
from mycaffe_py.solver import mean_outputs

from ..building import data, document, layer, make_net
from ..solving import ONE, one, record, train, weight


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


def test_a_test_of_no_passes_has_no_figures():
    solver = one("test_iter: 0 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    events = record(solver)
    solver.step(2)
    assert solver.test() == {} and solver.test_all() == [{}]
    assert not [event for event in events if isinstance(event, TestDone)]


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
    assert solver.test() == {} and events == [Log("Test interrupted.")]


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
            ONE, "2 test nets, but test_iter is given 1 time",
        ),
        (
            NETS + "test_iter: [1, 1] test_state { }", ONE,
            "test_state is given 1 time for 2 test nets",
        ),
        (
            f"train_net_param {{ {ONE} }} net_param {{ {ONE} }}", None,
            "exactly one of net, net_param, train_net, train_net_param may be given",
        ),
        ("", None, "does not name a net"),
    ],
)  # fmt: skip
def test_wrong_counts_of_nets(settings, model, message):
    with pytest.raises(ConfigError, match=message):
        train(settings, model=model and document(model))
