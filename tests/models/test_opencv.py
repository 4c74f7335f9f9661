"""Weights that we saved give OpenCV's Caffe reader the same outputs as they give us."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mycaffe_py import TEST, Net, default_registry
from mycaffe_py.schema import load_net_text

from . import layouts


def lenet():
    return Net("LeNet.prototxt", TEST, stages=["deploy"])


def layout(name, **settings):
    return Net(getattr(layouts, name)(batch=2, **settings).to_proto(), TEST)


NETS = {
    "LeNet": lenet,
    "AlexNet": lambda: layout("alexnet", size=115, width=4),
    "CaffeNet": lambda: layout("caffenet", size=115, width=4),
    "GoogLeNet": lambda: layout("googlenet", width=4),
}


@pytest.fixture(params=sorted(NETS))
def net(request, rng):
    net = NETS[request.param]()
    for blobs in net.params.values():
        for blob in blobs[1:]:
            blob.data[...] = rng.uniform(-0.1, 0.1, blob.shape)
    net.blobs["data"].data[...] = rng.uniform(-1, 1, net.blobs["data"].shape)
    return net


def deploy_text(net):
    """Return the net as the prototxt of a deploy net: what OpenCV reads knows no stages."""
    message = default_registry().schema.new("NetParameter")
    message.CopyFrom(load_net_text(net.registry.schema, "").message)
    message.name = net.name
    for layer in net.layers:
        entry = message.layer.add()
        entry.CopyFrom(layer.param)
        entry.ClearField("include")
        entry.ClearField("exclude")
        entry.ClearField("phase")
        entry.ClearField("blobs")
    return net.registry.schema.to_text(message)


def test_opencv_reads_our_weights(net, tmp_path):
    ours = {name: values.copy() for name, values in net.forward().items()}
    net.save(tmp_path / "net.caffemodel")
    (tmp_path / "net.prototxt").write_text(deploy_text(net))
    theirs = cv2.dnn.readNetFromCaffe(
        str(tmp_path / "net.prototxt"), str(tmp_path / "net.caffemodel")
    )
    theirs.setInput(np.ascontiguousarray(net.blobs["data"].data), "data")
    found = theirs.forward("prob").reshape(ours["prob"].shape)
    assert ours["prob"].std() > 1e-4  # not all alike
    np.testing.assert_allclose(ours["prob"], found, rtol=2e-4, atol=1e-6)
