"""SPP: its levels are poolings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError


def text(settings):
    return f'name: "s" type: "SPP" spp_param {{ {settings} }}'


def level(build, x, bins, method):
    """Pool one level with Pooling, by the rules of SPP."""
    settings = [f"pool: {method}"]
    for side, size in zip("hw", x.shape[2:], strict=True):
        kernel = int(np.ceil(size / bins))
        pad = (kernel * bins - size + 1) // 2
        settings.append(f"kernel_{side}: {kernel} stride_{side}: {kernel} pad_{side}: {pad}")
    return build(f'type: "Pooling" pooling_param {{ {" ".join(settings)} }}', x)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("image", [(4, 4), (7, 9), (16, 6), (12, 13)])
def test_levels_one_after_the_other(build, rng, method, image):
    x = rng.standard_normal((2, 3, *image))
    built = build(text(f"pyramid_height: 3 pool: {method}"), x)
    y = built.forward()
    pools = [level(build, x, bins, method) for bins in (1, 2, 4)]
    expected = np.concatenate([pool.forward().reshape(2, -1) for pool in pools], axis=1)
    np.testing.assert_array_equal(y, expected)
    dy = rng.standard_normal(y.shape)
    (dx,) = built.backward(dy)
    total, start = np.zeros(x.shape), 0
    for pool in pools:
        shape = pool.top[0].shape
        stop = start + int(np.prod(shape[1:]))
        total += pool.backward(dy[:, start:stop].reshape(shape))[0]
        start = stop
    np.testing.assert_allclose(dx, total, atol=1e-12)


def test_one_level_is_not_flattened(build, rng):
    x = rng.standard_normal((2, 3, 4, 5))
    built = build(text("pyramid_height: 1"), x)
    y = built.forward()
    assert y.shape == (2, 3, 1, 1)
    np.testing.assert_array_equal(y[..., 0, 0], x.max((2, 3)))
    (dx,) = built.backward(np.ones(y.shape))
    np.testing.assert_array_equal(dx, x == y)


def test_images_of_any_size_give_as_many_values(build, rng):
    built = build(text("pyramid_height: 3"), np.zeros((1, 2, 8, 8)))
    for shape in ((3, 2, 9, 11), (1, 2, 4, 7), (0, 2, 8, 8)):
        built.bottom[0].reshape(shape)
        built.bottom[0].data[...] = rng.standard_normal(shape)
        assert built.forward().shape == (shape[0], 2 * 21)
        built.backward(np.ones((shape[0], 42)))


def test_errors(build):
    image = np.zeros((1, 1, 4, 4))
    with pytest.raises(LayerError, match="pyramid_height is 0, but must be from 1 to 16"):
        build(text(""), image)
    with pytest.raises(LayerError) as error:
        build(text("pyramid_height: 3"), np.zeros((1, 1, 5, 8)))
    assert str(error.value) == (
        'layer "s" (SPP): level 2 has 4 windows for the 5 cells of bottom "b0" (1, 1, 5, 8): '
        "a window of 2 would lie in the padding of 2"
    )
    assert error.value.field == "spp_param.pyramid_height"
    with pytest.raises(LayerError, match="with STOCHASTIC they must divide"):
        build(text("pyramid_height: 2 pool: STOCHASTIC"), np.zeros((1, 1, 5, 4)))
    with pytest.raises(LayerError, match=r'bottom "b0" \(1, 4\) must have 4 axes'):
        build(text("pyramid_height: 1"), np.zeros((1, 4)))
    with pytest.raises(LayerError, match=r'bottom "b0" \(1, 2, 0, 4\) has no cells'):
        build(text("pyramid_height: 1"), np.zeros((1, 2, 0, 4)))
