"""The minimal CfC cell: first values, and time spans that are no spans."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

UNIT = """type: "CFC_UNIT"
    cfc_unit_param { hidden_size: 4 backbone_units: 3 minimal: true backbone_activation: TANH }"""
LAYER = """type: "CFC" cfc_param { output_features: 2 }
    cfc_unit_param { hidden_size: 4 backbone_units: 3 minimal: true }"""


def test_blobs_and_their_first_values(build, rng):
    layer = build(LAYER, rng.random((1, 3, 2)), np.ones((1, 3))).layer
    names = ["bb_0.weight", "bb_0.bias", "ff1.weight", "ff1.bias", "w_tau", "A"]
    assert layer.blob_names == [f"rnn_cell.{n}" for n in names] + ["fc.weight", "fc.bias"]
    w_tau, a = layer.blobs[4].data, layer.blobs[5].data
    assert w_tau.shape == a.shape == (1, 4)
    assert (a == 1).all() and (w_tau != 0).all()
    assert sorted(layer.storage_order()) == list(range(8))


def test_w_tau_learns(build, rng):
    built = build(LAYER, rng.random((2, 3, 2)), np.ones((2, 3)))
    built.forward()
    built.backward(np.ones((2, 2)))
    assert (built.layer.blobs[4].diff != 0).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("span", [0.0, 1e-30, 1e30])
def test_spans_of_any_length(build, rng, span, dtype):
    built = build(UNIT, rng.random((2, 3)), rng.random((2, 4)), [span, span], dtype=dtype)
    new = built.forward()
    gradients = built.backward(np.ones((2, 4)))
    assert all(np.isfinite(array).all() for array in (new, *gradients))
    if span == 1e30:
        np.testing.assert_allclose(new, 1, rtol=1e-6)  # A: the solution at rest


def test_time_running_backwards_is_refused(build, rng):
    message = (
        r'\(CFC\): bottom "b1": the time span of sample 1, step 2 is -0.5, expected at least 0'
    )
    spans = np.ones((2, 3))
    built = build(LAYER, rng.random((2, 3, 2)), spans)
    built.bottom[1].data[1, 2] = -0.5
    with pytest.raises(LayerError, match=message):
        built.forward()
    built = build(UNIT, rng.random((2, 3)), rng.random((2, 4)), [[1], [-2]])
    with pytest.raises(LayerError, match='bottom "b2": the time span of sample 1, step 0 is -2'):
        built.forward()
