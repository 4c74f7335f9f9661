"""Compiled kernels of LSTM, RNN and LSTMUnit against the plain code, and the tables of cases with both."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mycaffe_py.compiled import SWITCH
from mycaffe_py.testing import check_layer
from tests import test_expected
from tests.conformance.recurrent import LAYERS

from .stepping import KINDS, PARTS, text

TOLERANCE = {"float32": 2e-5, "float64": 1e-13}
CASES = [
    pytest.param(kind, case, id=f"{kind}-{number}")
    for kind, cases in LAYERS.items()
    for number, case in enumerate(cases)
]
EXPECTED = [name for name in test_expected.CASES if name.startswith("recurrent-")]


@pytest.fixture
def both(build, monkeypatch):
    """Build a layer with compiled kernels and without; both have the same weights."""

    def make(*arguments, **named):
        layers = []
        for switch in "10":
            monkeypatch.setenv(SWITCH, switch)
            layers.append(build(*arguments, **named))
        compiled, plain = layers
        assert compiled.layer.compiled is not None and plain.layer.compiled is None
        return layers

    return make


def cont_of(rng, kind, steps, batch):
    """Return a cont: whole sequences, sequences that begin late or end early, or any numbers."""
    if kind == "whole":
        return np.repeat(np.arange(steps)[:, None] > 0, batch, axis=1)
    first = rng.integers(0, steps, batch)
    if kind == "late":
        return np.arange(steps)[:, None] > first
    if kind == "early":
        return (np.arange(steps)[:, None] <= first) & (np.arange(steps)[:, None] > 0)
    return rng.choice([0, 0, 1, 1, 0.5], (steps, batch))


def compare(layers, dy, flags, tolerance):
    """Run forward and backward twice, and compare tops, states and all gradients."""
    compiled, plain = layers
    for _ in range(2):  # the state is carried over
        for built in layers:
            built.forward()
            built.backward(*dy, propagate_down=flags)
        pairs = [(a.data, b.data) for a, b in zip(compiled.top, plain.top, strict=True)]
        pairs += [(a.diff, b.diff) for a, b in zip(compiled.bottom, plain.bottom, strict=True)]
        blobs = zip(compiled.layer.blobs, plain.layer.blobs, strict=True)
        pairs += [(a.diff, b.diff) for a, b in blobs]
        states = [built.layer.state() or {} for built in layers]
        pairs += [(states[0][name], states[1][name]) for name in states[1]]
        for found, expected in pairs:
            assert found.dtype == expected.dtype
            scale = max(1.0, float(np.abs(expected).max(initial=0)))
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("batch", "features", "size", "cont"),
    [
        (1, 1, 1, "whole"),
        (1, 3, 64, "any"),
        (2, 17, 7, "any"),
        (5, 1, 128, "late"),
        (9, 3, 7, "early"),
        (9, 17, 64, "late"),
        (33, 3, 1, "any"),
        (33, 1, 64, "late"),
        (33, 17, 7, "whole"),
        (3, 63, 64, "whole"),
        (1, 70, 7, "any"),
        (9, 64, 7, "late"),
        (0, 64, 3, "whole"),
    ],
)
def test_compiled_and_plain(both, rng, kind, batch, features, size, cont, dtype):
    steps = 7
    x = rng.standard_normal((steps, batch, features))
    layers = both(text(kind, size), x, cont_of(rng, cont, steps, batch), dtype=dtype)
    dy = rng.standard_normal((steps, batch, size))
    dy[:-1, : batch // 2] = 0  # only the last output of some sequences counts
    compare(layers, [dy], [True, False], size * TOLERANCE[dtype])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("features", [2, 64])
@pytest.mark.parametrize("cont", ["late", "any"])
def test_compiled_and_plain_with_static_features(both, rng, kind, cont, features):
    x, static = rng.standard_normal((6, 11, features)), rng.standard_normal((11, 3))
    layers = both(text(kind, 5), x, cont_of(rng, cont, 6, 11), static)
    compare(layers, [rng.standard_normal((6, 11, 5))], [True, False, True], 1e-13)
    compare(layers, [rng.standard_normal((6, 11, 5))], [False, False, False], 1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_and_plain_with_exposed_states(both, rng, kind):
    parts = PARTS[kind]
    tops = " ".join(f'top: "t{i}"' for i in range(1 + parts))
    state = [rng.standard_normal((1, 9, 5)) for _ in range(parts)]
    x, cont = rng.standard_normal((4, 9, 3)), cont_of(rng, "any", 4, 9)
    setting = text(kind, 5, "expose_hidden: true", tops)
    layers = both(setting, x, cont, *state, tops=1 + parts)
    dy = [rng.standard_normal((4, 9, 5)), *state]
    compare(layers, dy, [True, False, *(True for _ in state)], 1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_varying_size(both, rng, kind):
    layers = both(text(kind, 5), np.zeros((3, 4, 2)), np.zeros((3, 4)))
    for batch in (4, 1, 13, 0, 9):
        values = rng.standard_normal((3, batch, 2)), cont_of(rng, "any", 3, batch)
        for built in layers:
            for blob, array in zip(built.bottom, values, strict=True):
                blob.reshape(*array.shape)
                blob.data[...] = array
        compare(layers, [rng.standard_normal((3, batch, 5))], [True, False], 1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("batch", "size"), [(1, 1), (5, 7), (9, 64)])
def test_unit(both, rng, batch, size, dtype):
    before, sums = rng.standard_normal((1, batch, size)), rng.standard_normal((1, batch, 4 * size))
    cont, diffs = rng.integers(0, 2, (1, batch)), rng.standard_normal((2, 1, batch, size))
    layers = both('type: "LSTMUnit"', before, sums, cont, tops=2, dtype=dtype)
    for flags in ([True, True, False], [False, True, False], [True, False, False]):
        for built in layers:
            for blob in built.bottom:
                blob.diff[...] = 7
            built.forward()
            built.backward(*diffs, propagate_down=flags)
        compiled, plain = layers
        pairs = [(a.data, b.data) for a, b in zip(compiled.top, plain.top, strict=True)]
        pairs += [(a.diff, b.diff) for a, b in zip(compiled.bottom, plain.bottom, strict=True)]
        for found, expected in pairs:
            np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE[dtype])


def test_large_weights_are_left_to_blas(build, monkeypatch):
    monkeypatch.setenv(SWITCH, "1")
    for size, features, taken in ((256, 8, True), (400, 8, False), (128, 256, False)):
        x, cont = np.zeros((1, 1, features)), np.zeros((1, 1))
        built = build(text("LSTM", size), x, cont, dtype=np.float32)
        assert (built.layer.compiled is not None) == taken


def test_kernels_are_compiled_once_for_each_type(both, rng):
    """The layouts of arrays are the same whatever the layer and its bottoms."""
    from mycaffe_plugins.recurrent.lstm_kernels import lstm_backward, lstm_forward
    from mycaffe_plugins.recurrent.rnn_kernels import rnn_backward, rnn_forward

    kernels = (lstm_forward, lstm_backward, rnn_forward, rnn_backward)
    for kind in KINDS:
        for static in ([], [rng.standard_normal((9, 2))]):
            x, cont = rng.standard_normal((4, 9, 3)), cont_of(rng, "any", 4, 9)
            compiled, _ = both(text(kind), x, cont, *static, dtype="float32")
            for wanted in (True, False):
                compiled.forward()
                compiled.backward(1, propagate_down=[wanted, False, *(wanted for _ in static)])
    for kernel in kernels:
        types = [signature[0].dtype.name for signature in kernel.signatures]
        assert "float32" in types and len(types) == len(set(types))


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_stays_in_its_sequence(build, rng, kind):
    x, cont = rng.standard_normal((5, 9, 2)), cont_of(rng, "late", 5, 9)
    x[2, 4, 0] = np.nan
    built = build(text(kind, 8), x, cont, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        y = built.forward()
        dx, _ = built.backward(np.ones_like(y), propagate_down=[True, False])
    for values in (y, dx):
        assert np.flatnonzero(np.isnan(values).any(axis=(0, 2))).tolist() == [4]
    assert not np.isnan(y[:2]).any() and np.isnan(y[2:, 4]).any()


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(("kind", "case"), CASES)
def test_the_conformance_table(kind, case):
    settings, bottoms, arguments = case
    check_layer(f'name: "layer" type: "{kind}" {settings}', bottoms, **arguments)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", EXPECTED)
def test_the_values_of_another_library(name, dtype, kernels):
    layer, *_ = test_expected.build(test_expected.CASES[name], dtype)
    assert (layer.compiled is not None) == (kernels == "compiled")
    test_expected.test_a_layer_gives_what_another_library_gives(name, dtype)


def test_kernels_are_imported_only_where_they_are_used(build, kernels, monkeypatch):
    module = "mycaffe_plugins.recurrent.lstm_kernels"
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delitem(sys.modules, "mycaffe_plugins.recurrent.compiled_lstm", raising=False)
    build(text("LSTM"), np.zeros((2, 1, 1)), np.zeros((2, 1)))
    assert (module in sys.modules) == (kernels == "compiled")
