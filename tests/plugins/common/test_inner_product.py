from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def set_blobs(built, *values):
    for blob, value in zip(built.layer.blobs, values, strict=True):
        blob.data[...] = value


def test_forward_and_backward_by_hand(build):
    built = build('type: "InnerProduct" inner_product_param { num_output: 2 }', X)
    assert built.layer.blob_names == ["weight", "bias"]
    assert [blob.shape for blob in built.layer.blobs] == [(2, 3), (2,)]
    set_blobs(built, [[1, 0, -1], [2, 1, 0]], [0.5, -0.5])
    np.testing.assert_array_equal(built.forward(), [[-1.5, 3.5], [-1.5, 12.5]])
    (dx,) = built.backward([[1, 0], [0, 2]])
    np.testing.assert_array_equal(dx, [[1, 0, -1], [4, 2, 0]])
    weight, bias = built.layer.blobs
    np.testing.assert_array_equal(weight.diff, [[1, 2, 3], [8, 10, 12]])
    np.testing.assert_array_equal(bias.diff, [1, 2])
    built.backward([[1, 0], [0, 2]])
    np.testing.assert_array_equal(weight.diff, [[2, 4, 6], [16, 20, 24]])
    np.testing.assert_array_equal(bias.diff, [2, 4])


def test_transpose_describes_the_stored_weight(build):
    plain = build('type: "InnerProduct" inner_product_param { num_output: 2 }', X)
    turned = build('type: "InnerProduct" inner_product_param { num_output: 2 transpose: true }', X)
    assert turned.layer.blobs[0].shape == (3, 2)
    weight = np.arange(6.0).reshape(2, 3)
    set_blobs(plain, weight, 0)
    set_blobs(turned, weight.T, 0)
    np.testing.assert_array_equal(plain.forward(), turned.forward())
    dy = [[1, -1], [2, 3]]
    np.testing.assert_array_equal(plain.backward(dy)[0], turned.backward(dy)[0])
    np.testing.assert_array_equal(plain.layer.blobs[0].diff, turned.layer.blobs[0].diff.T)


@pytest.mark.parametrize(
    ("axis", "weight", "top"),
    [(1, (5, 12), (2, 5)), (2, (5, 4), (2, 3, 5)), (-1, (5, 4), (2, 3, 5)), (0, (5, 24), (5,))],
)
def test_axis(build, axis, weight, top):
    built = build(
        f'type: "InnerProduct" inner_product_param {{ num_output: 5 axis: {axis} }}',
        np.zeros((2, 3, 4)),
    )
    assert built.layer.blobs[0].shape == weight
    assert built.top[0].shape == top


def test_weight_starts_at_zero_without_filler_and_bias_term_may_be_off(build):
    built = build('type: "InnerProduct" inner_product_param { num_output: 2 bias_term: false }', X)
    assert built.layer.blob_names == ["weight"]
    assert not built.layer.blobs[0].data.any()


def test_fillers_and_carried_blobs(build):
    text = (
        'type: "InnerProduct" inner_product_param { num_output: 2 '
        'weight_filler { type: "constant" value: 3 } bias_filler { type: "constant" value: 4 } }'
    )
    built = build(text, X)
    assert (built.layer.blobs[0].data == 3).all() and (built.layer.blobs[1].data == 4).all()
    carried = build(text + " blobs { shape { dim: 2 dim: 3 } data: [1, 2, 3, 4, 5, 6] }", X)
    np.testing.assert_array_equal(carried.layer.blobs[0].data, [[1, 2, 3], [4, 5, 6]])
    assert (carried.layer.blobs[1].data == 4).all()


def test_gradients_that_nobody_wants_are_not_computed(build):
    built = build('type: "InnerProduct" inner_product_param { num_output: 2 }', X)
    set_blobs(built, 1, 0)
    built.forward()
    built.layer.param_propagate_down = [False, True]
    (dx,) = built.backward(np.ones((2, 2)), propagate_down=[False])
    assert not built.layer.blobs[0].diff.any() and not dx.any()
    np.testing.assert_array_equal(built.layer.blobs[1].diff, [2, 2])
    built.layer.param_propagate_down = [True, False]
    built.backward(np.ones((2, 2)))
    assert built.layer.blobs[0].diff.any()
    np.testing.assert_array_equal(built.layer.blobs[1].diff, [2, 2])


def test_batch_may_change_but_not_the_row(build):
    built = build('name: "fc" type: "InnerProduct" inner_product_param { num_output: 2 }', X)
    built.bottom[0].reshape(5, 3)
    assert built.forward().shape == (5, 2)
    built.bottom[0].reshape(0, 3)
    assert built.forward().shape == (0, 2)
    built.backward(np.zeros((0, 2)))
    built.bottom[0].reshape(2, 4)
    with pytest.raises(LayerError) as error:
        built.forward()
    assert str(error.value) == (
        'layer "fc" (InnerProduct): bottom "b0" (2, 4) has 4 elements from axis 1 on, '
        "but the weight (2, 3) was made for 3"
    )


def test_bad_settings(build):
    with pytest.raises(LayerError, match=r'layer "it" \(InnerProduct\): num_output is 0') as error:
        build('type: "InnerProduct" inner_product_param { axis: 1 }', X)
    assert error.value.field == "inner_product_param.num_output"
    with pytest.raises(LayerError, match=r'axis 2 is out of range for bottom "b0" \(2, 3\)'):
        build('type: "InnerProduct" inner_product_param { num_output: 1 axis: 2 }', X)


def test_a_step_allocates_no_large_array(build):
    import tracemalloc

    built = build(
        'type: "InnerProduct" inner_product_param { num_output: 300 }', np.ones((200, 300))
    )

    def step():
        built.forward()
        built.layer.backward(built.top, [True], built.bottom)

    step()
    tracemalloc.start()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("transpose", ["false", "true"])
def test_the_weight_gradient_in_parts_is_the_same(build, rng, monkeypatch, transpose):
    x, dy = rng.standard_normal((5, 7)), rng.standard_normal((5, 4))
    gradients = []
    for limit in (1, 100, 1 << 20):
        monkeypatch.setattr("mycaffe_plugins.common.inner_product.MAX_BYTES", limit)
        settings = f"num_output: 4 transpose: {transpose}"
        built = build(f'type: "InnerProduct" inner_product_param {{ {settings} }}', x)
        built.forward()
        built.backward(dy)
        gradients.append(built.layer.blobs[0].diff)
    expected = x.T @ dy if transpose == "true" else dy.T @ x
    for gradient in gradients:
        np.testing.assert_allclose(gradient, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("least", "shape"),
    [(-1, (2, 4)), (0, (2, 4)), (2, (2, 4)), (3, (2, 4, 1)), (5, (2, 4, 1, 1, 1))],
)
def test_a_least_number_of_axes(build, least, shape):
    settings = f"num_output: 4 min_top_axes: {least}"
    built = build(f'type: "InnerProduct" inner_product_param {{ {settings} }}', X)
    assert built.top[0].shape == shape and built.forward().shape == shape


def test_too_many_axes(build):
    settings = "num_output: 4 min_top_axes: 2000000000"
    with pytest.raises(LayerError, match="at most 32 axes") as error:
        build(f'type: "InnerProduct" inner_product_param {{ {settings} }}', X)
    assert error.value.field == "inner_product_param.min_top_axes"
