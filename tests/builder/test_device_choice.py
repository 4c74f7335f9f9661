"""``auto``: the rule, the trial with injected times, and that a run is the same with and without it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mycaffe_py.builder import build_training, device_choice, load_model, load_solver_file
from mycaffe_py.builder.device_choice import (
    LEAST_FLOPS,
    MOST_FLOPS_A_PART,
    SECONDS,
    by_rule,
    choose,
    choose_device,
    is_auto,
    measured,
)
from mycaffe_py.builder.device_trial import Subject, trial_step
from mycaffe_py.device import Device
from mycaffe_py.errors import DeviceError
from mycaffe_py.layer import TRAIN
from mycaffe_py.net.known_work import NetWork, known_work
from mycaffe_py.testing import strict_device

from ..building import data, document, layer, product
from ..solving import solver_document

SMALL = (
    data((3, 4), (3, 2)) + product("ip", "x0", "y") + layer("loss", "EuclideanLoss", "y x1", "l")
)
SGD = 'type: "SGD" base_lr: 0.1 lr_policy: "fixed" '


class Gpu(Device):
    """Stands for a GPU, by its name alone."""

    def __init__(self):
        super().__init__("cpu")
        self.name = "gpu:0"


def subject(registry, text=SMALL, solver=SGD, phase=TRAIN):
    state = registry.schema.new("NetState", phase=phase)
    param = None if solver is None else solver_document(solver).message
    return Subject(document(text), registry, np.float32, state, param)


def work_of(what):
    return known_work(what.model.message, what.registry, what.state.phase, None, what.state)


# The rule.


@pytest.mark.parametrize(
    ("flops", "parts", "name", "words"),
    [
        (0, 0, "cpu", "0 million operations a step: too few"),
        (LEAST_FLOPS - 1, 3, "cpu", "0.2 million operations"),
        (MOST_FLOPS_A_PART * 7, 7, "gpu:0", "700 million operations a step in 7 parts: large enough"),
        (1.5e12, 200, "gpu:0", "1,500,000 million"),
    ],
)  # fmt: skip
def test_clearly_small_and_clearly_large_nets(flops, parts, name, words):
    choice = by_rule(NetWork(flops, parts), Device(), Gpu())
    assert choice.name == name and words in choice.reason


@pytest.mark.parametrize(
    ("flops", "parts"), [(LEAST_FLOPS, 3), (MOST_FLOPS_A_PART * 7 - 1, 7), (1e10, 5000)]
)
def test_between_them_there_is_no_rule(flops, parts):
    assert by_rule(NetWork(flops, parts), Device(), Gpu()) is None


@pytest.mark.parametrize(
    ("name", "auto"), [("auto", True), (" Auto", True), ("cpu", False), (None, False)]
)
def test_what_is_auto(name, auto):
    assert is_auto(name) is auto and not is_auto(Device())


def test_the_work_of_the_tutorials_net(registry):
    """42.4 million operations in products, 164 time steps and some layers that wait for each other."""
    model = load_model("LiquidNetCfc.prototxt")
    state = registry.schema.new("NetState", phase=TRAIN)
    work = known_work(model.message, registry, TRAIN, None, state)
    assert 42.4e6 < work.flops < 46e6 and 164 <= work.parts <= 168
    assert work.shapes[0, "x"] == (1, 82, 1)


def test_only_what_a_step_runs_counts(registry):
    """A product that nothing needs backward has its forward pass alone: 2 x 3 x 4 x 2 operations and the bias."""
    alone = work_of(subject(registry, data((3, 4)) + product("ip", "x0", "y")))
    assert (alone.flops, alone.parts) == (54, 1)


# The trial.


def timed(monkeypatch, cpu, gpu, **more):
    """Let a step take so many seconds on each device, by the clock; return the choice, the clock and the steps run."""
    now, ran = [0.0], []

    def make(what, work, device):
        seconds = iter(cpu if device.name == "cpu" else gpu)

        def step():
            ran.append(device.name)
            now[0] += next(seconds)

        return step

    monkeypatch.setattr(device_choice, "trial_step", make)
    monkeypatch.setattr(device_choice, "perf_counter", lambda: now[0])
    choice = measured(None, NetWork(1e7, 5), Device(), Gpu())
    return choice, now[0], ran


def always(seconds, first=None):
    return ([] if first is None else [first]) + [seconds] * 100


def test_the_faster_one_is_taken(monkeypatch):
    choice, _, ran = timed(monkeypatch, always(0.002), always(0.001))
    assert choice.name == "gpu:0"
    assert choice.reason == "faster in a trial: a step took 2 ms on cpu, 1 ms on gpu:0"
    assert ran.count("cpu") == ran.count("gpu:0") == 12
    assert timed(monkeypatch, always(0.001), always(0.0270))[0].name == "cpu"


def test_first_steps_do_not_count(monkeypatch):
    choice, _, _ = timed(monkeypatch, always(0.002, first=0.4), always(0.001, first=9.0))
    assert choice.reason == "faster in a trial: a step took 2 ms on cpu, 1 ms on gpu:0"


def test_a_trial_is_bounded(monkeypatch):
    choice, seconds, ran = timed(monkeypatch, always(0.9), always(0.4))
    assert choice.name == "gpu:0" and seconds <= 0.9 + 2 * 0.4 + SECONDS
    choice, seconds, ran = timed(monkeypatch, always(60.0), always(0.5))
    assert ran == ["cpu", "gpu:0", "gpu:0"] and choice.reason.endswith("6e+04 ms on cpu, 500 ms on gpu:0")  # fmt: skip


def test_a_median_is_compared(monkeypatch):
    """One slow step of the CPU among quick ones."""
    cpu = always(0.001)
    cpu[4] = 0.3
    assert timed(monkeypatch, cpu, always(0.002))[0].name == "cpu"


def test_a_trial_that_fails_leaves_the_first_gpu(registry, monkeypatch):
    def fails(*_):
        raise MemoryError("out of\nmemory")

    monkeypatch.setattr(device_choice, "trial_step", fails)
    choice = measured(None, NetWork(1e7, 5), Device(), Gpu())
    assert (choice.name, choice.reason) == (
        "gpu:0", "the first GPU; a trial failed: out of memory",
    )  # fmt: skip


def test_a_net_that_cannot_be_built_leaves_the_first_gpu(registry):
    what = subject(registry, layer("ip", "InnerProduct", "gone", "y"))
    assert choose(what, Device(), Gpu()).reason == "the first GPU"


def test_python_layers_are_not_run(registry):
    text = layer("p", "Python", "", "x", 'python_param { module: "not_there" layer: "Own" }')
    choice = choose(subject(registry, text), Device(), Gpu())
    assert (choice.name, choice.reason) == (
        "gpu:0",
        "the first GPU; Python layers are not tried out",
    )


# What a trial runs.

RECORDS = 'dummy_data_param { shape { dim: 3 dim: 5 } data_filler { type: "uniform" } }'
TEXTS = {
    "with its solver": (SMALL, SGD + "momentum: 0.9"),
    "a net alone": (SMALL, None),
    "indices": (
        data((3, 2))
        + layer("e", "Embed", "x0", "v", "embed_param { num_output: 3 input_dim: 5 }")
        + layer("r", "Reduction", "v", "l", "loss_weight: 1"),
        'type: "Adam" base_lr: 0.1 lr_policy: "fixed"',
    ),
    "a rate of 0": (SMALL, 'type: "SGD" base_lr: 0 lr_policy: "fixed"'),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_step_runs_on_both_devices(registry, name):
    what = subject(registry, *TEXTS[name])
    for device in (Device(), strict_device()):
        step = trial_step(what, work_of(what), device)
        step()
        step()


def test_data_layers_give_way_to_inputs_and_files_are_not_written(registry, tmp_path):
    text = (
        layer("d", "DummyData", "", "x", RECORDS)
        + product("ip", "x", "y")
        + layer("r", "Reduction", "y", "l", "loss_weight: 1")
        + layer("out", "HDF5Output", "x y", "", f'hdf5_output_param {{ file_name: "{tmp_path}/o.h5" }}')
    )  # fmt: skip
    what = subject(registry, text)
    before = what.model.message.SerializeToString()
    trial_step(what, work_of(what), Device())()
    assert what.model.message.SerializeToString() == before
    assert list(tmp_path.iterdir()) == []


def test_the_faster_device_of_the_tutorials_net(registry):
    """The strict device does NumPy's work with checks around it, and is slower: measured, not told."""
    model, solver = load_model("LiquidNetCfc.prototxt"), load_solver_file("adamw.prototxt")
    state = registry.schema.new("NetState", phase=TRAIN)
    what = Subject(model, registry, np.float32, state, solver.message)
    choice = choose(what, Device(), strict_device())
    assert choice.name == "cpu" and "ms on strict" in choice.reason


# A run.


@pytest.fixture
def found(monkeypatch):
    """A stand-in for the first GPU, and times that make it lose or win."""

    def put(cpu=0.001, gpu=0.002):
        monkeypatch.setattr(device_choice, "open_device", lambda name: strict_device())
        monkeypatch.setattr(device_choice, "LEAST_FLOPS", 0)
        seconds, now = {"cpu": cpu, "strict": gpu}, [0.0]

        def make(what, work, device):
            step = trial_step(what, work, device)

            def run():
                step()
                now[0] += seconds[device.name]

            return run

        monkeypatch.setattr(device_choice, "trial_step", make)
        monkeypatch.setattr(device_choice, "perf_counter", lambda: now[0])

    return put


def weights_after(device, steps=3):
    training = build_training(
        solver="adamw.prototxt",
        model="LiquidNetCfc.prototxt",
        overrides=["cfc1.cfc_param.hidden_size=6", "cfc1.cfc_unit_param.backbone_units=4"],
        device=device,
        seed=3,
    )
    training.solver.step(steps)
    return training, [blob.data.copy() for blob in training.net.learnable_params]


def test_a_run_is_the_same_as_with_the_device_named(found):
    _, expected = weights_after("cpu")
    found()
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    training, weights = weights_after("auto")
    assert training.device.name == "cpu" and "1 ms on cpu, 2 ms on strict" in training.device.reason
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_the_gpu_is_taken_where_it_is_faster(found):
    found(cpu=0.003, gpu=0.002)
    training, _ = weights_after("auto", steps=1)
    assert training.device.name == "strict"
    assert training.device.reason == "faster in a trial: a step took 3 ms on cpu, 2 ms on strict"


def test_without_a_gpu_nothing_is_tried(registry, monkeypatch):
    def missing(name):
        raise DeviceError("no GPU: none")

    monkeypatch.setattr(device_choice, "open_device", missing)
    monkeypatch.setattr(device_choice, "choose", lambda *_: pytest.fail("tried"))
    device = choose_device(subject(registry))
    assert (device.name, device.reason) == ("cpu", "no GPU: none")


@pytest.mark.parametrize("device", ["cpu", None])
def test_a_device_that_is_named_is_not_chosen(monkeypatch, device):
    monkeypatch.setattr(
        "mycaffe_py.builder.training.choose_device", lambda *_: pytest.fail("tried")
    )
    training, _ = weights_after(device, steps=1)
    assert training.device.reason == ""
