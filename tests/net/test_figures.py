"""Outputs as figures: elements of small ones, a summary of large ones, on every device."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.events.output_names import blob_of, element_weight, is_summary, output_name
from mycaffe_py.net.figures import MOST_FIGURES, large_notes, large_outputs
from mycaffe_py.testing import strict_device

from ..building import data, layer, make_net


def fed(values, device=None):
    """Return a net with one output, y, that has these values."""
    values = np.asarray(values, dtype=float)
    options = {} if device is None else {"device": device}
    net = make_net(data(values.shape) + layer("p", "Power", "x0", "y"), **options)
    net.forward(x0=values)
    return net


def test_up_to_128_elements_are_figures_of_their_own():
    values = np.arange(MOST_FIGURES)
    net = fed(values)
    assert list(net.output_values().values()) == values.tolist()
    assert net.output_values()["y[127]"] == 127
    assert large_outputs(net) == {} and net.printed_elements() == {}


@pytest.mark.parametrize("strict", [False, True])
def test_more_are_summarised(strict):
    values = np.random.default_rng(0).normal(size=(3, 43))
    net = fed(values, strict_device() if strict else None)
    expected = {"y[mean]": values.mean(), "y[min]": values.min(), "y[max]": values.max()}
    for found in (net.output_values(), net.outputs_of_pass()):
        assert found == pytest.approx(expected, rel=1e-6)
        assert all(type(value) is float for value in found.values())
    assert large_outputs(net) == {"y": 129}
    np.testing.assert_allclose(net.printed_elements()["y"], values.ravel(), rtol=1e-6)


def test_printed_elements_are_copies():
    net = fed(np.ones(200))
    taken = net.printed_elements()["y"]
    net.forward(x0=np.zeros(200))
    assert taken.min() == 1


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ([math.nan], (math.nan,) * 3),
        ([math.inf], (math.inf, 0, math.inf)),
        ([math.inf, -math.inf], (math.nan, -math.inf, math.inf)),
    ],
)
def test_what_is_not_finite_shows_and_warns_of_nothing(bad, expected):
    values = np.zeros(300)
    values[: len(bad)] = bad
    found = tuple(fed(values).output_values().values())
    assert found == pytest.approx(expected, nan_ok=True)


def test_the_mean_of_large_numbers_in_float32_is_finite():
    net = make_net(data((500,)) + layer("p", "Power", "x0", "y"), dtype=np.float32)
    net.forward(x0=np.full(500, 3e38))
    assert net.output_values()["y[mean]"] == pytest.approx(3e38, rel=1e-6)


def test_an_output_of_no_elements_has_no_figures():
    net = fed(np.zeros(4))
    net.device_blobs["y"].reshape(0, 5)
    assert net.output_values() == {} and net.outputs_of_pass() == {}
    assert isinstance(net.device_blobs["y"], Blob)


def test_an_output_that_grows_is_summarised_from_then_on():
    net = fed(np.zeros(100))
    assert len(net.output_values()) == 100
    net.device_blobs["x0"].reshape(200)
    net.forward(x0=np.ones(200))
    assert net.output_values() == {"y[mean]": 1, "y[min]": 1, "y[max]": 1}


def test_outputs_of_a_million_values_are_summarised_in_the_log_too(monkeypatch):
    monkeypatch.setattr("mycaffe_py.net.figures.MOST_PRINTED", 150)
    assert list(fed(np.zeros(150)).printed_elements()) == ["y"]
    net = fed(np.zeros(151))
    assert net.printed_elements() == {} and large_outputs(net) == {"y": 151}


def test_names():
    assert blob_of("y[3]", ["y"]) == blob_of("y[mean]", ["y"]) == blob_of("y", ["y"]) == "y"
    assert blob_of("y[mean]", ["y[mean]"]) == "y[mean]" and blob_of("y[sum]", ["y"]) == "y[sum]"
    assert is_summary("y[max]", ["y"]) and not is_summary("y[max]", ["y[max]"])
    assert not is_summary("y[3]", ["y"])
    assert output_name("y[min]_output", ["y"]) == "y[min]"
    # The weight of a loss holds for each element; the weighted mean is no part of the loss.
    weights = {"y": 2.0}
    assert [element_weight(name, weights) for name in ("y", "y[7]", "y[mean]")] == [2, 2, 0]


def test_what_is_said():
    net = fed(np.zeros(90_000))
    assert large_notes(net, net, fed(np.zeros(3))) == [
        'output "y" has 90,000 values: the metrics are their mean, minimum and maximum, '
        "y[mean], y[min] and y[max]"
    ]
