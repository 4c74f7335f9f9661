"""Kernels of pooling that would take for ever are refused when the net is built."""

from __future__ import annotations

import pytest
from mycaffe_plugins.vision import pool_windows

from mycaffe_py.errors import PrototxtError, ShapeError

from ...building import data, make_net

BIG = 2_000_000_000


def pooled(settings, image=(2, 3, 8, 8)):
    return data(image) + (
        f'layer {{ name: "it" type: "Pooling" bottom: "x0" top: "y" pooling_param {{ {settings} }} }}'
    )


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "settings",
    [
        f"kernel_size: {BIG} pad: {BIG - 1}",
        f"kernel_size: {BIG} pad: {BIG - 1} stride: {BIG}",
        f"kernel_h: 1 kernel_w: {BIG} pad_h: 0 pad_w: {BIG // 2} stride: 1000000",
    ],
)
def test_many_elements_along_an_axis(settings, pool):
    with pytest.raises(PrototxtError) as caught:
        make_net(pooled(f"pool: {pool} {settings}"))
    (problem,) = caught.value.problems
    assert 'layer "it" (Pooling): a kernel of 2000000000 over 8 cells has ' in problem.message
    assert "elements inside the image, but at most 1,000,000 are possible" in problem.message
    assert problem.location is not None and problem.hint == "make the kernel smaller"


def test_many_elements_of_a_plane_are_no_matter_until_each_is_looked_at(monkeypatch):
    monkeypatch.setattr(pool_windows, "_MOST_ELEMENTS", 63)
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    net = make_net("force_backward: true " + pooled("global_pooling: true"))
    net.forward()
    with pytest.raises(ShapeError, match=r"a kernel \(8, 8\) over \(8, 8\) cells has 64 elements"):
        net.backward()


def test_a_kernel_far_larger_than_the_image_is_no_matter():
    net = make_net(pooled(f"pool: AVE kernel_size: {BIG} pad: {BIG // 2} stride: 2"))
    net.blobs["x0"].data[...] = 1
    net.forward()
    assert net.blobs["y"].shape == (2, 3, 5, 5)
