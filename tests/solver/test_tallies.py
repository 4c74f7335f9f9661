"""Layers that report figures of a whole test, in a test net beside outputs that are averaged."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.events import TestDone
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text, load_solver_text
from mycaffe_py.solver import mean_outputs

from ..building import data, layer
from ..plugging import writer
from ..solving import ONE

WIDEST = '''
class Span:
    higher_is_better = True
    def __init__(self, settings):
        self.least, self.largest, self.settings = 1e9, -1e9, settings
    def add(self, tops):
        self.least = min(self.least, float(tops[0].min()))
        self.largest = max(self.largest, float(tops[0].max()))
    def figures(self):
        largest = {"span_max": self.largest} if self.settings is not None else {}
        return {"span": self.largest - self.least, **largest}

class Widest(Layer):
    """Its figure is the span of all values of a test."""
    type = "Widest"
    exact_num_bottom_blobs = exact_num_top_blobs = 1
    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data
    def test_tally(self, settings):
        return Span(settings)

@hookimpl
def mycaffe_layers():
    return [Widest]
'''


@pytest.fixture
def plugged(tmp_path):
    return load_registry([writer(tmp_path)(WIDEST)])


@pytest.fixture
def make(plugged):
    from mycaffe_py.device import Device
    from mycaffe_py.net import Net

    def of(text, phase="TEST"):
        document = load_net_text(plugged.schema, f"state {{ phase: {phase} }} {text}")
        return Net(document, registry=plugged, device=Device())

    return of


SEEN = data((2, 1)) + layer("wide", "Widest", "x0", "span") + layer("less", "Power", "x0", "less")


def test_the_figure_is_that_of_all_passes(make):
    net = make(SEEN)
    values = iter([[1, 3], [-2, 0], [5, 4]])

    def next_batch(index):
        if index == 0:
            net.blobs["x0"].data[:, 0] = next(values)

    net.after_forward(next_batch)
    passes = []
    found = mean_outputs(net, 3, on_pass=lambda _, outputs: passes.append(sorted(outputs)))
    assert list(found) == ["span", "less[0]", "less[1]"]
    assert found["span"] == 7 and math.isclose(found["less[0]"], 4 / 3)
    assert passes == [["less[0]", "less[1]"]] * 3


def solver_of(plugged, make, settings, test):
    text = 'type: "SGD" lr_policy: "fixed" base_lr: 0.1 test_iter: 2 test_interval: 1 ' + settings
    param = load_solver_text(plugged.schema, text).message
    return plugged.solvers.find("SGD")(param, make(ONE, "TRAIN"), [make(test)])


def test_a_solver_reports_it_with_its_settings(plugged, make):
    solver = solver_of(
        plugged, make, 'eval_type: "detection"', ONE + layer("wide", "Widest", "y", "span")
    )
    events = []
    solver.listeners.append(events.append)
    solver.test_all()
    done = next(event for event in events if isinstance(event, TestDone))
    assert list(done.metrics)[:2] == ["span", "span_max"] and "loss" in done.metrics


def test_a_detection_needs_such_a_layer_before_the_training_begins(plugged, make):
    with pytest.raises(ConfigError, match="no layer of test net") as caught:
        solver_of(plugged, make, 'eval_type: "detection"', ONE)
    assert caught.value.field == "eval_type"


def test_an_unknown_eval_type_is_refused(plugged, make):
    with pytest.raises(ConfigError, match='unknown eval_type "segment"'):
        solver_of(plugged, make, 'eval_type: "segment"', ONE)


def test_the_best_weights_are_those_of_its_highest_figure(plugged, make):
    from mycaffe_py.run.best import BestWeights

    solver = solver_of(plugged, make, "max_iter: 9", ONE + layer("wide", "Widest", "y", "span"))
    best = BestWeights.for_run(solver, None)
    assert (best.metric, best.higher) == ("test span", True)
    for iteration, value in enumerate([0.5, 2.0, 1.0], 1):
        best.listener(TestDone(iteration, 0, {"span": value, "loss": -value}))
    assert (best.value, best.iteration) == (2.0, 2)
