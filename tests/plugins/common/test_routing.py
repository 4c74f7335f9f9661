"""Input, Concat, Slice, Split, Silence."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError


def test_concat_joins_and_takes_apart(build):
    built = build('type: "Concat"', [[1, 2]], [[3]], [[4, 5]])
    np.testing.assert_array_equal(built.forward(), [[1, 2, 3, 4, 5]])
    diffs = built.backward([[10, 20, 30, 40, 50]], propagate_down=[True, False, True])
    assert [diff.tolist() for diff in diffs] == [[[10, 20]], [[0]], [[40, 50]]]


@pytest.mark.parametrize("settings", ["axis: 0", "axis: -2", "concat_dim: 0"])
def test_concat_axis(build, settings):
    built = build(f'type: "Concat" concat_param {{ {settings} }}', [[1, 2]], [[3, 4], [5, 6]])
    np.testing.assert_array_equal(built.forward(), [[1, 2], [3, 4], [5, 6]])


def test_concat_of_one_bottom_shares_memory(build):
    built = build('type: "Concat"', [[1, 2, 3]])
    assert np.shares_memory(built.forward(), built.bottom[0].data)
    assert np.shares_memory(built.top[0].diff, built.bottom[0].diff)
    assert built.backward([[7, 8, 9]])[0].tolist() == [[7, 8, 9]]


def test_concat_errors(build):
    with pytest.raises(LayerError) as error:
        build('name: "join" type: "Concat"', np.zeros((2, 3)), np.zeros((3, 3)))
    assert str(error.value) == (
        'layer "join" (Concat): bottom "b0" (2, 3) and bottom "b1" (3, 3) must have the same '
        "dimensions except along axis 1"
    )
    with pytest.raises(LayerError, match=r'"b0" \(2, 3\) and bottom "b1" \(2, 3, 1\)'):
        build('type: "Concat"', np.zeros((2, 3)), np.zeros((2, 3, 1)))
    with pytest.raises(LayerError, match="give axis or concat_dim"):
        build('type: "Concat" concat_param { axis: 1 concat_dim: 1 }', np.zeros((2, 3)))
    with pytest.raises(LayerError, match=r"concat_dim 2 is out of range .*\(2, 3\)"):
        build('type: "Concat" concat_param { concat_dim: 2 }', np.zeros((2, 3)))
    with pytest.raises(LayerError, match=r"axis -3 is out of range .*\(2, 3\)"):
        build('type: "Concat" concat_param { axis: -3 }', np.zeros((2, 3)))
    with pytest.raises(LayerError, match="needs at least 1 bottom blob, got 0"):
        build('type: "Concat"')


def slice_text(settings="", name="cut"):
    return f'name: "{name}" type: "Slice" slice_param {{ {settings} }}'


def test_slice_into_equal_parts_and_back(build):
    built = build(slice_text(), np.arange(8.0).reshape(2, 4), tops=2)
    built.forward()
    assert [top.data.tolist() for top in built.top] == [[[0, 1], [4, 5]], [[2, 3], [6, 7]]]
    (dx,) = built.backward([[1, 2], [3, 4]], [[5, 6], [7, 8]])
    assert dx.tolist() == [[1, 2, 5, 6], [3, 4, 7, 8]]


@pytest.mark.parametrize("axis", ["axis: 0", "axis: -2", "slice_dim: 0"])
def test_slice_points(build, axis):
    built = build(slice_text(f"{axis} slice_point: 1 slice_point: 3"), np.zeros((6, 2)), tops=3)
    assert [top.shape for top in built.top] == [(1, 2), (2, 2), (3, 2)]


def test_slice_into_one_shares_memory(build):
    built = build(slice_text(), [[1, 2, 3]])
    assert np.shares_memory(built.forward(), built.bottom[0].data)
    assert built.backward([[4, 5, 6]])[0].tolist() == [[4, 5, 6]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", r'cannot cut bottom "b0" \(2, 5\) along axis 1 into 2 equal parts'),
        ("slice_point: 1 slice_point: 2", "2 tops need 1 slice_point, got 2"),
        ("slice_point: 0", r"slice_point \[0\] must be strictly increasing"),
        ("slice_point: 5", r'lie inside bottom "b0" \(2, 5\) along axis 1'),
        ("axis: 1 slice_dim: 1 slice_point: 1", "give axis or slice_dim"),
        ("slice_dim: 2", r"slice_dim 2 is out of range"),
    ],
)
def test_slice_errors(build, settings, message):
    with pytest.raises(LayerError, match=r'layer "cut" \(Slice\): .*' + message):
        build(slice_text(settings), np.zeros((2, 5)), tops=2)


def test_slice_points_must_increase(build):
    with pytest.raises(LayerError, match=r"slice_point \[3, 3\] must be strictly increasing"):
        build(slice_text("slice_point: 3 slice_point: 3"), np.zeros((2, 5)), tops=3)


def test_split_shares_data_and_adds_gradients(build):
    built = build('type: "Split"', [1.0, 2.0], tops=3)
    built.forward()
    assert all(np.shares_memory(top.data, built.bottom[0].data) for top in built.top)
    (dx,) = built.backward([1, 2], [10, 20], [100, 200])
    assert dx.tolist() == [111, 222]
    one = build('type: "Split"', [1.0, 2.0])
    one.forward()
    assert one.backward([3, 4])[0].tolist() == [3, 4]


def test_split_follows_a_growing_bottom(build):
    built = build('type: "Split"', [1.0, 2.0], tops=2)
    built.forward()
    for size in (5, 2, 7):
        built.bottom[0].reshape(size)
        built.bottom[0].data[...] = np.arange(size)
        built.forward()
        assert [top.data.tolist() for top in built.top] == [list(range(size))] * 2


def test_in_place_is_refused_where_it_cannot_work(registry):
    in_place = {cls.type for cls in registry.layers.classes() if cls.allows_in_place}
    neurons = {"ReLU", "TanH", "Sigmoid", "SiLU", "GELU", "LeCun", "SoftPlus", "Dropout"}
    assert neurons <= in_place
    assert not in_place & {"Split", "Concat", "Slice", "InnerProduct", "EuclideanLoss", "Silence"}


def test_silence_writes_zeros(build):
    built = build('type: "Silence"', [1.0, 2.0], [3.0], tops=0)
    built.forward()
    for blob in built.bottom:
        blob.diff[...] = 5
    diffs = built.backward(propagate_down=[True, False])
    assert [diff.tolist() for diff in diffs] == [[0, 0], [5]]


@pytest.mark.parametrize(
    ("settings", "shapes"),
    [
        ("", [(), ()]),
        ("shape { dim: 2 dim: 3 }", [(2, 3), (2, 3)]),
        ("shape { dim: 2 } shape { dim: 4 dim: 1 }", [(2,), (4, 1)]),
    ],
)
def test_input_shapes(build, settings, shapes):
    built = build(f'type: "Input" input_param {{ {settings} }}', tops=2)
    assert [top.shape for top in built.top] == shapes


def test_input_keeps_what_the_user_sets(build):
    built = build('type: "Input" input_param { shape { dim: 2 } }')
    built.top[0].reshape(3)
    built.top[0].data[...] = [1, 2, 3]
    assert built.forward().tolist() == [1, 2, 3]


def test_input_needs_a_shape_for_each_top(build):
    with pytest.raises(LayerError, match=r"\(Input\): shape must be given once .* 2 given, 3 tops"):
        build('type: "Input" input_param { shape { dim: 2 } shape { dim: 2 } }', tops=3)
