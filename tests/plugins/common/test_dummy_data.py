"""DummyData: shapes, fillers, and numbers that come again under a seed and after a resume."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError, MyCaffeError
from mycaffe_py.weights import restore, save_snapshot

from ...building import layer, make_net
from ...solving import make_solver

GAUSSIAN = 'data_filler { type: "gaussian" }'
CONSTANT = "data_filler { value: 3 }"
SHAPE = "shape { dim: 2 dim: 3 }"


def dummy(*settings):
    return f'type: "DummyData" dummy_data_param {{ {" ".join(settings)} }}'


def shapes(built):
    return [blob.shape for blob in built.top]


# Shapes.


def test_one_shape_for_all_tops(build):
    assert shapes(build(dummy(SHAPE), tops=3)) == [(2, 3)] * 3


def test_a_shape_for_each_top(build):
    built = build(dummy(SHAPE, "shape { dim: 1 dim: 2 dim: 3 dim: 4 dim: 5 }", "shape {}"), tops=3)
    assert shapes(built) == [(2, 3), (1, 2, 3, 4, 5), ()]


def test_old_form(build):
    assert (
        shapes(build(dummy("num: 5 channels: 2 height: 3 width: 4"), tops=2)) == [(5, 2, 3, 4)] * 2
    )
    settings = "num: [5, 6] channels: 2 height: 3 width: 4 width: 1"
    assert shapes(build(dummy(settings), tops=2)) == [(5, 2, 3, 4), (6, 2, 3, 1)]


@pytest.mark.parametrize(
    ("settings", "tops", "message", "field"),
    [
        ("", 1, "shape must be given once or once for each top: 0 given, 1 tops", "shape"),
        (SHAPE * 2, 3, "shape must be given once or once for each top: 2 given, 3 tops", "shape"),
        ("num: 1 height: 1 width: 1", 1, "channels must be given once .*: 0 given", "channels"),
        ("num: [1, 2] channels: 1 height: 1 width: 1", 3, "num must .*: 2 given, 3 tops", "num"),
        (f"{SHAPE} num: 2", 1, "give shape or num, channels, height and width", "shape"),
        (SHAPE + GAUSSIAN * 2, 3, "data_filler must be .*: 2 given, 3 tops", "data_filler"),
    ],
)
def test_wrong_numbers_of_settings(build, settings, tops, message, field):
    with pytest.raises(LayerError, match=rf'layer "it" \(DummyData\): {message}') as caught:
        build(dummy(settings), tops=tops)
    assert caught.value.field == f"dummy_data_param.{field}"


def test_takes_no_bottom_and_needs_a_top(build):
    with pytest.raises(LayerError, match=r"\(DummyData\): needs exactly 0 bottom blobs, got 1"):
        build(dummy(SHAPE), [1.0])
    with pytest.raises(LayerError, match=r"\(DummyData\): needs at least 1 top blob, got 0"):
        build(dummy(SHAPE), tops=0)


@pytest.mark.parametrize("filler", ['type: "bilinear"', 'type: "gaussian" std: -1'])
def test_a_filler_that_does_not_fit_fails_when_the_net_is_built(filler):
    text = layer(
        "it", "DummyData", "", "x", f"dummy_data_param {{ {SHAPE} data_filler {{ {filler} }} }}"
    )
    with pytest.raises(MyCaffeError, match=r'layer "it" \(DummyData\): .*a filler of type'):
        make_net(text)


# Values.


def test_zeros_without_a_filler(build):
    built = build(dummy(SHAPE), tops=2)
    built.forward()
    assert not any(blob.data.any() for blob in built.top)


def test_a_constant_is_filled_once(build):
    built = build(dummy(SHAPE, CONSTANT, GAUSSIAN), tops=2)
    constant, drawn = built.top
    assert (constant.data == 3).all()
    built.forward()
    first = drawn.data.copy()
    constant.data[0, 0] = 8
    built.forward()
    assert constant.data[0, 0] == 8 and (constant.data.ravel()[1:] == 3).all()
    assert (drawn.data != first).all()


def test_one_filler_for_all_tops_draws_for_each(build):
    built = build(dummy(SHAPE, GAUSSIAN), tops=2)
    built.forward()
    assert (built.top[0].data != built.top[1].data).all()


def test_a_top_that_the_user_reshapes_is_filled_whole(build):
    built = build(dummy(SHAPE, CONSTANT), tops=1)
    built.top[0].reshape(4, 5)
    assert (built.forward() == 3).all() and built.top[0].shape == (4, 5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_numbers_under_a_seed(build, dtype):
    def twice(seed):
        built = build(dummy(SHAPE, GAUSSIAN), seed=seed, dtype=dtype)
        return [built.forward().copy(), built.forward().copy()]

    first, second, other = twice(1), twice(1), twice(2)
    np.testing.assert_array_equal(first, second)
    assert (first[0] != first[1]).all() and (first[0] != other[0]).all()
    assert first[0].dtype == dtype


# In a net.

NET = (
    layer("it", "DummyData", "", "x t", f"dummy_data_param {{ {SHAPE} {GAUSSIAN} {CONSTANT} }}")
    + layer("ip", "InnerProduct", "x", "y", "inner_product_param { num_output: 3 }")
    + layer("drop", "Dropout", "y", "y")
    + layer("loss", "EuclideanLoss", "y t", "loss")
)


def test_tops_are_no_inputs_and_backward_passes():
    net = make_net("force_backward: true " + NET)
    assert net.inputs == [] and net.outputs == ["loss"]
    net.forward_backward()
    assert net.params["ip"][0].diff.any()


def test_resumes_with_the_numbers_that_would_have_come(tmp_path):
    def solver():
        return make_solver("momentum: 0.9", net=make_net(NET, device=Device(seed=3)))

    whole, stopped, resumed = solver(), solver(), solver()
    whole.step(5)
    stopped.step(2)
    _, state = save_snapshot(stopped, tmp_path / "it")
    resumed.net.forward()  # other numbers drawn in between do not matter
    restore(resumed, state)
    resumed.step(3)
    np.testing.assert_array_equal(resumed.net.parameters.data, whole.net.parameters.data)
    np.testing.assert_array_equal(resumed.net.blobs["x"].data, whole.net.blobs["x"].data)
