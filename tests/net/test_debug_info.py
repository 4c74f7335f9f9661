"""Caffe's debug_info lines."""

from __future__ import annotations

import logging

import numpy as np

from ..building import data, layer, make_net

TEXT = data((2, 1), (2, 1)) + layer(
    "ip", "InnerProduct", "x0", "y", "inner_product_param { num_output: 1 } param { } param { lr_mult: 0 }"
) + layer("loss", "EuclideanLoss", "y x1", "loss")  # fmt: skip


def logged():
    net, lines = make_net(TEXT), []
    net.debug_info, net.log = True, lines.append
    net.params["ip"][0].data[...], net.params["ip"][1].data[...] = -2, 0.5
    net.blobs["x0"].data[...], net.blobs["x1"].data[...] = [[1], [-3]], 0
    return net, lines


def test_forward_lines():
    net, lines = logged()
    net.forward()
    assert lines == [
        "    [Forward] Layer data, top blob x0 data: 2",
        "    [Forward] Layer data, top blob x1 data: 0",
        "    [Forward] Layer ip, top blob y data: 4",
        "    [Forward] Layer ip, param blob 0 data: 2",
        "    [Forward] Layer ip, param blob 1 data: 0.5",
        "    [Forward] Layer loss, top blob loss data: 11.125",
    ]


def test_backward_lines():
    net, lines = logged()
    net.forward()
    lines.clear()
    net.backward()
    # y = -1.5, 6.5; its gradient is half of it; that of the weight is -0.75 - 9.75.
    assert lines == [
        "    [Backward] Layer loss, bottom blob y diff: 2",
        "    [Backward] Layer ip, param blob 0 diff: 10.5",
        "    [Backward] All net params (data, diff): L1 norm = (2.5, 10.5); L2 norm = (2.06155, 10.5)",
    ]


def test_norms_come_after_a_whole_backward_only():
    net, lines = logged()
    net.forward()
    lines.clear()
    net.backward(end="loss")
    assert lines == ["    [Backward] Layer loss, bottom blob y diff: 2"]


def test_lines_go_to_the_logger(caplog):
    net = make_net(TEXT)
    net.debug_info = True
    with caplog.at_level(logging.INFO, logger="mycaffe"):
        net.forward()
    assert caplog.messages[0] == "    [Forward] Layer data, top blob x0 data: 0"


def test_silent_by_default_and_with_empty_blobs():
    net, lines = logged()
    net.debug_info = False
    net.forward()
    assert lines == []
    net.debug_info = True
    for name in ("x0", "x1"):
        net.blobs[name].reshape(0, 1)
    net.forward(start="data", end="ip")
    assert lines[0] == "    [Forward] Layer data, top blob x0 data: 0"
    assert np.isfinite(net.parameters.data).all()
