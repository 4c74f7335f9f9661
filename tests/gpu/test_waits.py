"""How often an update makes the host wait for the GPU: never, unless somebody wants to know something of each."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.errors import DivergedError, LayerError
from mycaffe_py.events import StepDone
from mycaffe_py.solver.passes import CHECK_EVERY
from mycaffe_py.testing.strict_array import recorded_waits

from ..building import layer, make_net, product
from ..solving import make_solver
from .test_solvers import SMALL

SETTINGS = (
    'type: "AdamW" lr_policy: "step" gamma: 0.9 stepsize: 2 base_lr: 0.01 weight_decay: 0.001 '
)
WAIT = ["Stream.synchronize()"]
LABELLED = (
    layer(
        "data",
        "DummyData",
        "",
        "x label",
        """dummy_data_param { shape { dim: 8 dim: 5 } shape { dim: 8 }
        data_filler { type: "gaussian" } data_filler { type: "constant" value: 2 } }""",
    )
    + layer("norm", "BatchNorm", "x", "n")
    + product("ip", "n", "scores", 4)
    + layer("drop", "Dropout", "scores", "scores")
    + layer("loss", "SoftmaxWithLoss", "scores label", "loss", "loss_param { ignore_label: 3 }")
    + layer(
        "acc",
        "Accuracy",
        "scores label",
        "accuracy accuracies",
        "accuracy_param { ignore_label: 3 }",
    )
)
EMBEDDED = (
    layer(
        "data",
        "DummyData",
        "",
        "x target",
        """dummy_data_param { shape { dim: 8 } shape { dim: 8 dim: 3 }
        data_filler { type: "constant" value: 1 } data_filler { type: "gaussian" } }""",
    )
    + layer(
        "embed",
        "Embed",
        "x",
        "y",
        "embed_param { input_dim: 4 num_output: 3 weight_filler { type: 'xavier' } }",
    )
    + layer(
        "loss",
        "SigmoidCrossEntropyLoss",
        "y target",
        "loss",
        "loss_param { ignore_label: 1 normalization: VALID }",
    )
)
TUTORIAL = {
    "solver": "adamw.prototxt",
    "model": "LiquidNetCfc.prototxt",
    "device": "gpu:0",
    "seed": 3,
    "overrides": ("cfc1.cfc_param.hidden_size=4", "cfc1.cfc_unit_param.backbone_units=4"),
}


def waits_of(solver, updates):
    with recorded_waits() as waits:
        solver.step(updates)
    return waits


@pytest.mark.parametrize("text", [SMALL, LABELLED, EMBEDDED])
@pytest.mark.parametrize("settings", ["", "clip_gradients: 0.1", "iter_size: 3 average_loss: 4"])
def test_updates_wait_for_nothing(stand_in, text, settings):
    solver = make_solver(SETTINGS + settings, net=make_net(text, device=stand_in), start="")
    solver.step(1)
    # The one wait of each call is for the losses, to be sure that they are finite.
    assert waits_of(solver, 5) == WAIT
    assert waits_of(solver, CHECK_EVERY) == WAIT
    assert waits_of(solver, 2 * CHECK_EVERY + 1) == WAIT * 3


def test_the_losses_are_those_of_the_cpu(both):
    found = []
    for device in both:
        device.seed_generators(3)
        net = make_net(SMALL, device=device, dtype="float64")
        solver = make_solver(SETTINGS + "average_loss: 3 iter_size: 2", net=net, start="")
        solver.step(5)
        found.append((solver.loss, solver.pass_loss, solver.smoothed_loss, *solver.recent_losses))
    assert found[1] == pytest.approx(found[0], rel=1e-10)


def test_losses_of_many_updates_are_checked_on_the_way(stand_in):
    solver = make_solver(
        'lr_policy: "fixed" base_lr: 1e30', net=make_net(SMALL, device=stand_in), start=""
    )
    with (
        np.errstate(all="ignore"),
        pytest.raises(DivergedError, match=r"iteration [1-4]: the loss is (nan|inf)"),
    ):
        solver.step(10 * CHECK_EVERY)
    assert solver.iter <= CHECK_EVERY and solver.in_update


def test_a_listener_costs_one_wait_for_each_update(stand_in):
    solver = make_solver(SETTINGS, net=make_net(LABELLED, device=stand_in), start="")
    events = []
    solver.listeners.append(events.append)
    solver.step(1)
    assert waits_of(solver, 3) == WAIT * 3
    assert [event.iteration for event in events] == [1, 2, 3, 4]
    assert all(math.isfinite(event.metrics["loss"]) for event in events)
    assert set(events[0].outputs) == {"loss", "accuracy", *(f"accuracies[{i}]" for i in range(4))}


def test_a_log_waits_when_it_shows_a_line(stand_in):
    solver = make_solver(SETTINGS + "display: 4", net=make_net(SMALL, device=stand_in), start="")
    events = []

    def listener(event):
        events.append(event.iteration)

    listener.only_displayed = True
    solver.listeners.append(listener)
    solver.step(1)
    assert waits_of(solver, 8) == WAIT * 2
    assert events == [1, 5, 9]


@pytest.mark.shim
def test_a_gym_costs_one_wait_for_each_update(shim_gpu):
    training = build_training(**TUTORIAL)
    solver = training.solver
    solver.listeners.append(lambda event: None)
    solver.step(22)  # the layer looks at its first batches: do the times look like times?
    assert waits_of(solver, 3) == WAIT * 3


@pytest.mark.shim
def test_a_test_waits_once_for_each_pass(shim_gpu):
    training = build_training(**TUTORIAL)
    training.trainer.test(training.net, 22)
    with recorded_waits() as waits:
        training.trainer.test(training.net, 3)
    assert waits == WAIT * 3


WRONG = {
    "label": (LABELLED, "label", 4, "label 4 at"),
    "index": (EMBEDDED, "x", 2.5, "holds 2.5 at"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("at_once", [True, False])
def test_wrong_inputs_are_reported_with_the_losses(stand_in, case, at_once):
    text, name, value, message = WRONG[case]
    net = make_net(text, device=stand_in)
    solver = make_solver(SETTINGS, net=net, start="")

    def spoil(index):
        if index == 1 and solver.iter in (3, 4):
            net.blobs[name].data.flat[5] = value

    net.before_forward(spoil)
    if at_once:
        solver.listeners.append(lambda event: None)
    with pytest.raises(LayerError, match=message) as raised:
        solver.step(8)
    assert solver.iter == (4 if at_once else 8) and "(5,)" in str(raised.value)


def test_wrong_inputs_fail_a_forward_at_its_end(gpu):
    net = make_net(LABELLED, device=gpu)
    net.forward_layers(0, 0)
    net.blobs["label"].data[3] = -1
    with pytest.raises(LayerError, match=r"label -1 at \(3,\)") as raised:
        net.forward_layers(1)
    assert 'in layer "loss" (SoftmaxWithLoss), forward, phase TRAIN' in "".join(
        raised.value.__notes__
    )
    net.blobs["label"].data[3] = 1
    net.forward()


def test_the_events_of_a_run_are_those_of_the_cpu(kind):
    events = []
    for device in ("cpu", "gpu:0"):
        training = build_training(**{**TUTORIAL, "device": device}, dtype="float64")
        seen = []
        training.solver.listeners.append(seen.append)
        training.solver.step(3)
        events.append([e for e in seen if isinstance(e, StepDone)])
    for ours, theirs in zip(*events, strict=True):
        assert theirs.metrics == pytest.approx(ours.metrics, rel=1e-6)
        assert theirs.outputs == pytest.approx(ours.outputs, rel=1e-6)
