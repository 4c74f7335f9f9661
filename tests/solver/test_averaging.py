"""Means of outputs over passes, also of outputs that are large or change their shape."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.events import TestDone
from mycaffe_py.solver.averaging import FigureMeans, OutputMeans, mean_outputs
from mycaffe_py.testing import strict_device

from ..building import data, layer, make_net
from ..solving import one, record


def net_of(passes, **options):
    """Return a net whose output y has the given values, one array for each pass."""
    first = np.asarray(passes[0])
    net = make_net(data(first.shape) + layer("p", "Power", "x0", "y"), **options)
    values = iter(passes)

    def give(index):
        if index == 0:
            following = np.asarray(next(values), dtype=float)
            net.device_blobs["x0"].reshape(*following.shape)
            net.blobs["x0"].data[...] = following

    net.before_forward(give)
    return net


@pytest.mark.parametrize("strict", [False, True])
def test_the_least_and_the_largest_of_all_passes(strict):
    passes = [np.linspace(0, 1, 200), np.linspace(-1, 3, 200)]
    net = net_of(passes, **({"device": strict_device()} if strict else {}))
    means = OutputMeans(net, elements=True)
    found = means.over(2)
    assert found == pytest.approx({"y[mean]": 0.75, "y[min]": -1, "y[max]": 3}, rel=1e-6)
    np.testing.assert_allclose(means.elements["y"], np.linspace(-0.5, 2, 200), rtol=1e-5)


def test_without_elements_none_are_kept():
    means = OutputMeans(net_of([np.zeros(200)]))
    means.over(1)
    assert means.elements == {}


def test_a_figure_of_some_passes_is_averaged_over_those():
    net = net_of([[1.0, 2.0], [3.0, 4.0, 6.0]])
    assert mean_outputs(net, 2) == {"y[0]": 2, "y[1]": 3, "y[2]": 6}


def test_an_output_whose_shape_changes_has_no_means_of_elements():
    means = OutputMeans(net_of([np.zeros(200), np.ones(300), np.ones(300)]), elements=True)
    found = means.over(3)
    assert found == pytest.approx({"y[mean]": 2 / 3, "y[min]": 0, "y[max]": 1})
    assert means.elements == {}


def test_not_a_number_stays():
    figures = FigureMeans(["y"])
    for value in (1.0, math.nan, 2.0):
        figures.add({"y[min]": value, "y[max]": value, "y[mean]": value})
    assert all(map(math.isnan, figures.means.values()))
    blob = FigureMeans(["y[min]"])  # a blob of such a name is averaged
    blob.add({"y[min]": 1.0})
    blob.add({"y[min]": 3.0})
    assert blob.means == {"y[min]": 2}


LARGE = data((150,)) + layer("p", "Power", "x0", "y")


def test_events_have_the_elements_at_tests():
    net = make_net(LARGE, phase=1)
    net.blobs["x0"].data[...] = np.arange(150)
    solver = one("test_iter: 2 test_interval: 2", test_nets=[net])
    events = record(solver)
    solver.step(3)
    tests = [event for event in events if isinstance(event, TestDone)]
    assert len(tests) == 2 and tests[0].metrics == {"y[mean]": 74.5, "y[min]": 0, "y[max]": 149}
    assert tests[0].elements["y"].tolist() == list(range(150))
