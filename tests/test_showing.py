"""What objects show at a prompt: one line, whatever their state."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Blob, Gym, Layer, Net, Solver, Trainer
from mycaffe_py.blob import HostBlob
from mycaffe_py.builder import Training, build_training
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import Document
from mycaffe_py.showing import html_line, html_table
from mycaffe_py.testing import strict_device

from .building import data, make_net, product
from .solving import one

TWO = 'name: "two"\n' + data((2, 3)) + product("ip", "x0", "y", 4)


def test_a_layer_shows_its_blobs():
    net = make_net(TWO)
    assert [repr(layer) for layer in net.layers] == [
        "Input('data')",
        "InnerProduct('ip', blobs=[(4, 3), (4,)])",
    ]


def test_a_blob_shows_few_values_or_their_range():
    blob = Blob((2, 2), name="b")
    assert repr(blob) == "Blob('b', shape=(2, 2), float32, cpu)"
    blob.data[...] = [[1, 2], [3, 0.5]]
    assert repr(blob) == "Blob('b', shape=(2, 2), float32, cpu, [1, 2, 3, 0.5])"
    large = Blob((4, 5), name="b")
    large.data[...] = np.arange(20).reshape(4, 5)
    assert repr(large).endswith("cpu, mean 9.5, 0 to 19)")
    large.data[0, 0] = np.inf
    large.data[0, 1] = -np.inf
    assert repr(large).endswith("mean nan, -inf to inf)")


def test_a_blob_allocates_and_fetches_nothing_to_be_shown():
    blob = Blob((2, 2))
    repr(blob), blob._repr_html_()
    assert blob._data.flat is None
    there = Blob((2,), device=strict_device(), name="d")
    there.data[...] = 1
    assert repr(HostBlob(there)) == "HostBlob('d', shape=(2,), float32, strict)"
    assert "not shown" in HostBlob(there)._repr_html_()


def test_a_huge_blob_shows_no_values():
    blob = Blob((200_001,))
    blob.data[...] = 1
    assert repr(blob) == "Blob('', shape=(200001,), float32, cpu)"


def test_a_solver_shows_where_it_is():
    solver = one("max_iter: 50")
    assert repr(solver) == "SGDSolver(iteration 0 of 50, lr=0.1, net='n')".replace(
        "'n'", repr(solver.net.name)
    )
    solver.step(3)
    assert repr(solver).startswith("SGDSolver(iteration 3 of 50, lr=0.1, loss=")


def test_a_training_and_its_parts():
    training = build_training(solver="adamw.prototxt", model="LiquidNetCfc.prototxt", seed=1)
    text = repr(training)
    assert text.startswith("Training(AdamWSolver(iteration 0 of") and text.endswith(
        "dtype=float32, seed=1)"
    )
    assert "trainer=RNN.SUPER_SIMPLE" in text and len(text) < 200
    assert repr(training.trainer) == "TrainerRNNSimple('RNN.SUPER_SIMPLE', net='LiquidNetCfc')"
    assert repr(training.model).startswith("Document(NetParameter, '")
    assert "lines=" in repr(training.model)


def test_registry_and_plugins():
    registry = default_registry()
    assert repr(registry).startswith(f"Registry({len(registry.layers)} layers, ")
    assert repr(registry.layers) == f"Catalog('layer', {len(registry.layers)} types)"
    liquid = next(plugin for plugin in registry.plugins if plugin.name == "mycaffe_plugins.liquid")
    assert repr(liquid) == "Plugin('mycaffe_plugins.liquid', 3 layers, 1 commands)"


@pytest.mark.parametrize(
    "cls",
    [
        Blob,
        HostBlob,
        Gym,
        Layer,
        Net,
        Solver,
        Trainer,
        Training,
        Document,
        type(default_registry()),
    ],
)
def test_nothing_raises_half_built(cls):
    thing = cls.__new__(cls)
    assert repr(thing) == f"<{cls.__name__}, incomplete>"
    html = getattr(thing, "_repr_html_", None)
    assert html is None or html() is None


def test_html_is_escaped():
    assert html_line("<b>") == "<p>&lt;b&gt;</p>"
    assert "<script>" not in html_table(["<script>"], [["<script>", '"']])
    assert "<b>" not in (Blob((1,), name="<b>")._repr_html_() or "<b>")
