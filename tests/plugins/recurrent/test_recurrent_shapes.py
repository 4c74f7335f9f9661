"""Bottoms, tops and settings that do not fit LSTM, RNN or LSTMUnit: said by layer, blob and both shapes."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

from .stepping import KINDS, PARTS, text

X, CONT, STATIC = (3, 2, 4), (3, 2), (2, 5)


def zeros(*shapes):
    return [np.zeros(shape) for shape in shapes]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(3, 2), CONT], r'"b0" is \(3, 2\), expected \(T, N, ...\)'),
        ([(0, 2, 4), (0, 2)], r'"b0" is \(0, 2, 4\), expected \(T, N, ...\)'),
        ([(3, 2, 0), CONT], r'"b0" is \(3, 2, 0\), expected \(T, N, ...\)'),
        ([X, (3, 2, 1)], r'"b1" is \(3, 2, 1\), expected \(T, N\) = \(3, 2\) .*"b0" \(3, 2, 4\)'),
        ([X, (2, 3)], r'"b1" is \(2, 3\), expected \(T, N\) = \(3, 2\) .*"b0" \(3, 2, 4\)'),
        ([X, CONT, (2,)], r'"b2" is \(2,\), expected \(N, ...\)'),
        ([X, CONT, (3, 5)], r'"b2" is \(3, 5\), expected .* N = 2 .*"b0" \(3, 2, 4\)'),
        ([X], "needs at least 2 bottom blobs, got 1"),
        ([X, CONT, STATIC, STATIC], "takes at most 3 bottom blobs, got 4"),
    ],
)
def test_bottoms_at_setup(build, kind, shapes, message):
    with pytest.raises(LayerError, match=rf'layer "it" \({kind}\): .*{message}'):
        build(text(kind), *zeros(*shapes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("index", "shape", "message"),
    [
        (0, (4, 2, 4), r'"b0" \(4, 2, 4\) has 4 steps, but the layer was set up for 3'),
        (0, (3, 2, 5), r'"b0" \(3, 2, 5\) has 5 features, but W_x\w \(\d+, 4\) was made for 4'),
        (1, (3, 3), r'"b1" is \(3, 3\), expected \(T, N\) = \(3, 2\) as in .*"b0" \(3, 2, 4\)'),
        (2, (2, 6), r'"b2" \(2, 6\) has 6 features, but W_x\w_static \(\d+, 5\) was made for 5'),
        (2, (3, 5), r'"b2" is \(3, 5\), expected .* N = 2 as in bottom "b0" \(3, 2, 4\)'),
    ],
)
@pytest.mark.usefixtures("kernels")
def test_bottoms_that_change(build, kind, index, shape, message):
    built = build(text(kind), *zeros(X, CONT, STATIC))
    built.forward()
    built.bottom[index].reshape(shape)
    with pytest.raises(LayerError, match=rf'layer "it" \({kind}\): .*{message}'):
        built.forward()


@pytest.mark.parametrize("kind", KINDS)
def test_num_output_is_needed(build, kind):
    with pytest.raises(LayerError, match="num_output is 0, but must be at least 1") as error:
        build(f'type: "{kind}"', *zeros(X, CONT))
    assert error.value.field == "recurrent_param.num_output"


@pytest.mark.parametrize("kind", KINDS)
def test_exposed_bottoms_and_tops(build, kind):
    parts = PARTS[kind]
    setting = text(kind, 3, "expose_hidden: true")
    good = [(1, 2, 3)] * parts
    build(setting, *zeros(X, CONT, *good), tops=1 + parts)
    build(setting, *zeros(X, CONT, STATIC, *good), tops=1 + parts)
    with pytest.raises(LayerError, match=f"needs at least {2 + parts} bottom blobs, got 2"):
        build(setting, *zeros(X, CONT), tops=1 + parts)
    with pytest.raises(LayerError, match=f"needs exactly {1 + parts} top blobs, got 1"):
        build(setting, *zeros(X, CONT, *good))
    with pytest.raises(LayerError, match="needs exactly 1 top blob, got 2"):
        build(text(kind), *zeros(X, CONT), tops=2)
    last = f"b{1 + parts}"
    with pytest.raises(
        LayerError, match=rf'"{last}" is \(2, 3\), expected \w_0 of \(1, 2, 3\) .*"b0" \(3, 2, 4\)'
    ):
        build(setting, *zeros(X, CONT, *good[1:], (2, 3)), tops=1 + parts)


@pytest.mark.parametrize(
    ("spelling", "name"), [("Lstm", "LSTM"), ("Lstm_Unit", "LSTMUnit"), ("rnn", "RNN")]
)
def test_mycaffe_spellings(registry, spelling, name):
    assert registry.layers.find(spelling).type == name


# LSTMUnit.


def unit(build, *bottoms, **arguments):
    return build('type: "LSTMUnit"', *bottoms, tops=2, **arguments)


@pytest.mark.usefixtures("kernels")
def test_unit_of_a_new_sequence_forgets(build):
    huge = np.full((1, 2, 1), 1e30)
    built = unit(build, huge, np.zeros((1, 2, 4)), [[0.0, 1.0]])
    c, h = built.forward(), built.top[1].data
    np.testing.assert_array_equal(c[0, :, 0], [0, 0.5e30])
    np.testing.assert_array_equal(h[0, :, 0], [0, 0.5])


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unit_gates_in_order(build, dtype):
    sums = np.array([[[0.3, -0.2, 0.7, -1.1]]])
    built = unit(build, [[[0.4]]], sums, [[1.0]], dtype=dtype)
    i, f, o = 1 / (1 + np.exp(-sums[0, 0, :3]))
    c = f * 0.4 + i * np.tanh(-1.1)
    np.testing.assert_allclose(built.forward(), [[[c]]], rtol=1e-6)
    np.testing.assert_allclose(built.top[1].data, [[[o * np.tanh(c)]]], rtol=1e-6)
    assert built.top[1].data.dtype == dtype


@pytest.mark.usefixtures("kernels")
def test_unit_cont_has_no_gradient(build):
    built = unit(build, *zeros((1, 2, 3), (1, 2, 12), (1, 2)))
    built.forward()
    built.backward(1, 1, propagate_down=[False, False, False])
    with pytest.raises(LayerError, match=r'"it" \(LSTMUnit\): bottom "b2" \(1, 2\) .*no gradient'):
        built.backward(1, 1)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 2, 3), (1, 2, 12), (1, 2)], r'"b0" is \(2, 2, 3\), expected c_prev \(1, N, D\)'),
        ([(2, 3), (1, 2, 12), (1, 2)], r'"b0" is \(2, 3\), expected c_prev'),
        ([(1, 2, 3), (1, 2, 9), (1, 2)], r'"b1" is \(1, 2, 9\), .*\(1, 2, 12\) .*"b0" \(1, 2, 3\)'),
        (
            [(1, 2, 3), (1, 2, 12), (2,)],
            r'"b2" is \(2,\), expected cont \(1, 2\) .*"b0" \(1, 2, 3\)',
        ),
        ([(1, 2, 3), (1, 2, 12)], "needs exactly 3 bottom blobs, got 2"),
    ],
)
def test_unit_shapes(build, shapes, message):
    with pytest.raises(LayerError, match=rf'layer "it" \(LSTMUnit\): .*{message}'):
        unit(build, *zeros(*shapes))
