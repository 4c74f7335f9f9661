"""Updates that are replayed as a graph make the weights that they make without one."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError
from mycaffe_py.events import Log
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import default_registry
from mycaffe_py.solver.recording import WARM_UP
from mycaffe_py.testing.strict_array import recorded_waits

from ..building import layer, make_net, product
from ..solving import make_solver
from .test_solvers import weights

pytestmark = pytest.mark.shim
SETTINGS = (
    'type: "AdamW" lr_policy: "step" gamma: 0.9 stepsize: 2 base_lr: 0.01 weight_decay: 0.01 '
)
FIRST = WARM_UP + 1
"""The first update that is replayed: buffers are allocated in the one before the warm-up."""
INPUTS = layer("data", "Input", "", "x", "input_param { shape { dim: 4 dim: 6 } }") + layer(
    "labels", "Input", "", "label", "input_param { shape { dim: 4 } }"
)
NET = (
    INPUTS
    + product("ip1", "x", "h", 8)
    + layer("relu", "ReLU", "h", "h")
    + layer("norm", "BatchNorm", "h", "n")
    + product("ip2", "n", "scores", 3)
    + layer("loss", "SoftmaxWithLoss", "scores label", "loss")
    + layer("accuracy", "Accuracy", "scores label", "accuracy")
)


class Feeder:
    """A trainer that gives the net new inputs for each pass."""

    type = "feeder"

    def __init__(self, solver, outputs_only=True, rows=lambda step: 4):
        self.net, self.rng, self.step = solver.net, np.random.default_rng(5), 0
        self.outputs_only, self.rows = outputs_only, rows
        self.collected = []
        solver.trainer = self

    def collects_outputs_only(self):
        return self.outputs_only

    def prepare(self):
        rows = self.rows(self.step)
        self.step += 1
        for name, values in (
            ("x", self.rng.standard_normal((rows, 6))),
            ("label", self.rng.integers(3, size=rows).astype(float)),
        ):
            blob = self.net.device_blobs[name]
            blob.reshape(*values.shape)
            self.net.device.send(values, blob.data)

    def collect(self):
        self.collected.append(self.net.readings.of(self.net.device_blobs["loss"]).item())

    def metrics(self):
        return {}

    def sample(self):
        return {}


def trained(device, updates=10, settings="", text=NET, prepare=None, **feeding):
    device.seed_generators(3)
    solver = make_solver(
        SETTINGS + settings, net=make_net(text, device=device, dtype="float64"), start=""
    )
    feeder = Feeder(solver, **feeding)
    logged = []
    solver.listeners.append(
        lambda event: logged.append(event.text) if isinstance(event, Log) else None
    )
    if prepare:
        prepare(solver)
    solver.step(updates)
    return solver, feeder, logged


def compare(shim_gpu, **how):
    ours, theirs = trained(Device(), **how), trained(shim_gpu, **how)
    np.testing.assert_allclose(weights(theirs[0]), weights(ours[0]), rtol=1e-9, atol=1e-12)
    assert theirs[1].collected == pytest.approx(ours[1].collected, rel=1e-9)
    assert theirs[0].loss == pytest.approx(ours[0].loss, rel=1e-9)
    return theirs


def graphs_of(device):
    return [graph.launched for graph in device.xp.streams.graphs]


@pytest.mark.parametrize("settings", ["", "clip_gradients: 0.1", 'regularization_type: "L1"'])
def test_whole_updates_are_replayed(shim_gpu, settings):
    _, _, logged = compare(shim_gpu, settings=settings)
    assert graphs_of(shim_gpu) == [10 - FIRST]
    assert logged == [f"Updates are replayed as a CUDA graph from iteration {FIRST} on."]


@pytest.mark.parametrize(
    ("how", "launched"),
    [
        ({"outputs_only": False}, 10 - FIRST),
        ({"settings": "iter_size: 2"}, 20 - FIRST),
        ({"prepare": lambda solver: solver.add_callback(lambda: None, lambda: None)}, 10 - FIRST),
    ],
)
def test_passes_are_replayed_where_something_comes_before_the_update(shim_gpu, how, launched):
    compare(shim_gpu, **how)
    assert graphs_of(shim_gpu) == [launched]


def test_the_rate_of_each_update_counts(shim_gpu):
    solver, _, _ = compare(shim_gpu, updates=8)
    assert solver.last_lr == pytest.approx(0.01 * 0.9**3)


def test_updates_that_are_counted_from_here_are_replayed_too(shim_gpu):
    found = []
    for device in (Device(), shim_gpu):
        solver, _, _ = trained(device, updates=8)
        solver.restart_updates()
        solver.step(3)
        assert solver.last_lr == pytest.approx(0.01 * 0.9)
        found.append(weights(solver))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-12)
    assert graphs_of(shim_gpu) == [11 - FIRST]


def test_updates_of_a_loop_between_replayed_ones_count(shim_gpu):
    found = []
    for device in (Device(), shim_gpu):
        solver, feeder, _ = trained(device, updates=6)
        for _ in range(3):
            feeder.prepare()
            solver.net.clear_param_diffs()
            solver.net.forward()
            solver.net.backward()
            solver.apply_update()
        solver.step(2)
        assert solver.iter == 11 and solver.last_lr == pytest.approx(0.01 * 0.9**5)
        found.append(weights(solver))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-12)


def test_other_shapes_are_recorded_anew(shim_gpu):
    compare(shim_gpu, updates=14, rows=lambda step: 4 if step < 6 else 7)
    assert graphs_of(shim_gpu) == [6 - FIRST, 8 - FIRST]


def test_nothing_is_replayed_while_somebody_watches_layers(shim_gpu):
    seen = []
    compare(shim_gpu, prepare=lambda solver: solver.net.after_forward(seen.append))
    assert graphs_of(shim_gpu) == [] and len(seen) == 20 * 10


def test_what_users_write_and_read_goes_through_a_replay(shim_gpu):
    found = []
    for device in (Device(), shim_gpu):
        solver, _, _ = trained(device, updates=6)
        weight = solver.net.params["ip1"][0].data
        weight[...] *= 0.5
        solver.step(1)
        found.append([np.array(weight), np.array(solver.net.blobs["h"].data)])
        del weight
        solver.step(2)
        found[-1].append(weights(solver))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-12)


def test_a_replayed_update_waits_for_nothing(shim_gpu):
    solver, feeder, _ = trained(shim_gpu, updates=6)
    feeder.collect = lambda: None
    solver.listeners.clear()
    with recorded_waits() as waits:
        solver.step(5)
    assert waits == ["Stream.synchronize()"]


def test_a_wrong_label_is_noticed(shim_gpu):
    solver, feeder, _ = trained(shim_gpu, updates=6)
    prepare = feeder.prepare

    def spoil():
        prepare()
        shim_gpu.send(np.full(4, 7.0), solver.net.device_blobs["label"].data)

    feeder.prepare = spoil
    with pytest.raises(LayerError, match="holds the label 7"):
        solver.step(3)


def test_the_tutorials_net(shim_gpu):
    found = []
    for device in ("cpu", "gpu:0"):
        training = build_training(
            solver="adamw.prototxt",
            model="LiquidNetCfc.prototxt",
            device=device,
            seed=3,
            dtype="float64",
            overrides=("cfc1.cfc_param.hidden_size=8", "cfc1.cfc_unit_param.backbone_units=4"),
        )
        training.solver.step(28)
        found.append((weights(training.solver), training.solver.loss, training.solver.net))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-6, atol=1e-8)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-6)
    (launched,) = graphs_of(found[1][2].device)
    assert launched >= 4


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (
            layer("filter", "Filter", "h label", "kept"),
            'layer "filter" (Filter) needs the host in each pass, or is not declared as recordable',
        ),
        (
            layer("claims", "Claims", "h", "claimed"),
            "RuntimeError: item() is not permitted while a stream is being captured",
        ),
        (
            layer("shy", "Undeclared", "h", "claimed"),
            'layer "shy" (Undeclared) needs the host in each pass, or is not declared as recordable',
        ),
    ],
)
def test_what_refuses_leads_to_the_plain_path(shim_gpu, extra, why):
    abs_value = default_registry().layers.find("AbsVal")

    class Claims(abs_value):
        type = "Claims"
        recordable = True

        def forward(self, bottom, top):
            super().forward(bottom, top)
            bottom[0].data.sum().item()

    class Undeclared(abs_value):
        type = "Undeclared"

        def forward(self, bottom, top):
            super().forward(bottom, top)

    registry = default_registry()
    added = [cls for cls in (Claims, Undeclared) if cls.type in extra]
    from mycaffe_py.net import Net

    found = []
    for device in (Device(seed=3), shim_gpu):
        device.seed_generators(3)
        net = Net(
            NET + extra,
            device=device,
            dtype="float64",
            registry=registry if not added else None,
            plugins=added,
        )
        solver = make_solver(SETTINGS, net=net, start="")
        Feeder(solver)
        logged = []
        solver.listeners.append(
            lambda e, to=logged: to.append(e.text) if isinstance(e, Log) else None
        )
        solver.step(8)
        found.append((weights(solver), logged))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-9, atol=1e-12)
    assert found[0][1] == []
    assert (
        found[1][1] == [f"Updates are not replayed as a CUDA graph: {why}"] or why in found[1][1][0]
    )
    assert sum(graphs_of(shim_gpu)) == 0


def test_a_class_that_changes_forward_must_declare_it_again():
    base = default_registry().layers.find("TanH")

    class Changed(base):
        type = "Changed"

        def forward(self, bottom, top):
            """Do the same."""

    assert base.recordable and Layer.recordable is False
    assert Changed.recordable and "recordable" not in vars(Changed)
    assert Changed.why_not_recorded(object.__new__(Changed)) != ""
    assert base.why_not_recorded(object.__new__(base)) == ""
