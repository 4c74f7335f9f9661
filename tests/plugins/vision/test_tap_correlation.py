"""Compiled correlation of small images, against columns, all over shapes and geometries."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mycaffe_plugins.vision.correlation import Correlation
from mycaffe_plugins.vision.geometry import Geometry
from mycaffe_plugins.vision.tap_correlation import TapCorrelation
from mycaffe_plugins.vision.taps import axis_taps

from mycaffe_py.device import Device

WITHIN = {"float64": 1e-13, "float32": 1e-5}
"""Of each array's maximum."""

CASES = [
    # images, outputs, kernel, stride, pad, dilation, group
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((65, 3, 1, 1), 17, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 5, 17, 9), 17, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((3, 9, 17, 9), 4, (5, 5), (1, 1), (2, 2), (1, 1), 1),
    ((4, 7, 8, 8), 16, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((5, 8, 5, 6), 17, (2, 2), (1, 1), (0, 0), (1, 1), 1),
    ((6, 2, 7, 7), 24, (3, 3), (3, 3), (0, 0), (1, 1), 1),
    ((7, 4, 4, 4), 40, (2, 3), (1, 2), (1, 0), (1, 1), 1),
    ((8, 6, 9, 5), 9, (3, 2), (2, 3), (2, 1), (2, 1), 1),
    ((9, 16, 6, 6), 8, (3, 3), (2, 2), (2, 2), (2, 2), 1),
    ((10, 6, 6, 7), 9, (3, 3), (1, 1), (2, 2), (2, 2), 3),
    ((11, 4, 3, 3), 4, (2, 2), (1, 1), (0, 0), (1, 1), 4),
    ((12, 18, 4, 5), 34, (3, 3), (1, 1), (1, 1), (1, 1), 2),
    ((13, 1, 5, 5), 5, (5, 5), (1, 1), (4, 4), (1, 1), 1),
    ((17, 3, 2, 2), 2, (1, 1), (1, 1), (3, 2), (1, 1), 1),  # windows that see padding alone
    ((3, 4, 5, 5), 6, (2, 2), (4, 4), (0, 0), (1, 1), 1),  # places that no window sees
    ((2, 3, 3, 3), 5, (3, 3), (1, 1), (2, 2), (3, 2), 1),  # elements of the kernel that see padding alone
    ((4, 5, 7, 7), 6, (3, 3), (6, 4), (3, 3), (4, 6), 1),  # steps with a common divisor
    ((14, 20, 12, 12), 50, (5, 5), (1, 1), (0, 0), (1, 1), 1),
    ((65, 16, 14, 14), 32, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    ((0, 4, 5, 5), 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
]  # fmt: skip


class Sides:
    """Both ways to correlate, with the same numbers."""

    def __init__(self, rng, case, dtype):
        images, outputs, kernel, stride, pad, dilation, group = case
        geometry, device = Geometry(kernel, stride, pad, dilation), Device()
        maps = (images[0], outputs, *geometry.output_size(images[2:]))
        self.sides = [
            kind(device, np.dtype(dtype), geometry, group) for kind in (TapCorrelation, Correlation)
        ]
        for side in self.sides:
            side.reshape(images, maps)
        weight = (outputs, images[1] // group, *kernel)
        self.images, self.maps, self.weight, self.bias = (
            rng.standard_normal(shape).astype(dtype) for shape in (images, maps, weight, (outputs,))
        )

    def all_results(self, side):
        images, maps, weight = self.images, self.maps, self.weight
        found = {name: np.full_like(maps, np.nan) for name in ("maps", "with bias", "maps too")}
        found |= {name: np.full_like(images, np.nan) for name in ("images", "images too")}
        added = {name: np.ones_like(weight) for name in ("weight", "weight too", "third weight")}
        side.correlate(images, weight, found["maps"])
        side.correlate(images, weight, found["with bias"], self.bias)
        side.spread(maps, weight, found["images"])
        side.add_weight_gradient(images, maps, added["weight"])
        side.add_gradients(images, maps, weight, added["weight too"], found["images too"])
        side.correlate_and_add(images, weight, found["maps too"], maps, added["third weight"])
        return found | added


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_as_with_columns(rng, case, dtype):
    sides = Sides(rng, case, dtype)
    found, expected = (sides.all_results(side) for side in sides.sides)
    for name, values in expected.items():
        scale = max(1, np.abs(values).max(initial=0))
        np.testing.assert_allclose(
            found[name], values, rtol=0, atol=WITHIN[dtype] * scale, err_msg=name
        )


def test_all_geometries_of_a_small_image(rng):
    """Every combination of small kernels, strides, pads and dilations that leaves a window."""
    for kernel, stride, pad, dilation in itertools.product(
        (1, 2, 3, 5), (1, 2, 3), (0, 1, 4), (1, 2)
    ):
        if 6 + 2 * pad <= dilation * (kernel - 1):
            continue
        case = ((5, 5, 6, 7), 9, *((value,) * 2 for value in (kernel, stride, pad, dilation)), 1)
        sides = Sides(rng, case, "float64")
        found, expected = (sides.all_results(side) for side in sides.sides)
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, atol=1e-11, err_msg=f"{name} of {case}")


@pytest.mark.parametrize("size", [4, 7])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_a_number_stays_in_its_image(rng, bad, size):
    sides = Sides(rng, ((9, 4, size, size), 5, (3, 3), (1, 1), (1, 1), (1, 1), 1), "float32")
    sides.images[4, 2, 1, 1] = sides.maps[4, 3, 2, 2] = bad
    found = sides.all_results(sides.sides[0])
    for name in ("maps", "with bias", "images", "images too", "maps too"):
        broken = ~np.isfinite(found[name]).all(axis=(1, 2, 3))
        assert np.flatnonzero(broken).tolist() == [4], name


def test_what_no_window_sees_keeps_its_gradient_of_zero(rng):
    sides = Sides(rng, ((4, 4, 5, 5), 4, (1, 1), (4, 4), (0, 0), (1, 1), 1), "float32")
    gradient = sides.all_results(sides.sides[0])["images"]
    gradient[:, :, ::4, ::4] = 0
    assert not gradient.any()


def test_arrays_that_are_not_contiguous_are_refused(rng):
    sides = Sides(rng, CASES[4], "float32")
    with pytest.raises(ValueError, match="C-contiguous"):
        sides.sides[0].correlate(
            sides.images.swapaxes(2, 3), sides.weight, np.empty_like(sides.maps)
        )


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "dilation"),
    [(7, 3, 1, 1, 1), (6, 3, 2, 1, 2), (9, 2, 6, 3, 4), (5, 4, 4, 5, 6), (3, 1, 1, 2, 1)],
)
def test_taps_meet_where_window_and_element_do(size, kernel, stride, pad, dilation):
    windows = (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1
    expected = {
        (window * stride + element * dilation - pad, window, element)
        for window in range(windows)
        for element in range(kernel)
        if 0 <= window * stride + element * dilation - pad < size
    }
    taps = axis_taps(size, windows, kernel, stride, pad, dilation)
    for view, arranged in (
        (taps.of_maps, lambda target, first, other: (first, target, other)),
        (taps.of_images, lambda target, first, other: (target, first, other)),
        (taps.of_kernel, lambda target, first, other: (first, other, target)),
    ):
        found = {
            arranged(target, first + step * view.steps[0], other + step * view.steps[1])
            for target, (count, first, other) in enumerate(view.table)
            for step in range(count)
        }
        assert found == expected
    parts = [taps.of_kernel.within(start, start + 2) for start in range(0, windows, 2)]
    assert sum(int(part.table[:, 0].sum()) for part in parts) == len(expected)


def test_working_memory_is_that_of_a_block():
    """Any number of images takes no more than the block that fits the cache, and the weight three times."""
    device, geometry = Device(), Geometry((3, 3), (1, 1), (1, 1), (1, 1))
    for batch in (64, 1024):
        taps = TapCorrelation(device, np.dtype("float32"), geometry, 1)
        taps.reshape((batch, 16, 14, 14), (batch, 16, 14, 14))
        weight = 4 * 16 * 16 * 9
        assert taps.working_bytes <= device.cache_bytes * 1.2 + 3 * weight + 4096
