"""Whole nets of SSD's kind: shapes, forward and backward, time of the last layer, pictures."""

from __future__ import annotations

import time

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.device import Device
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

from .ssd_nets import mobilenet_ssd, small_ssd, vgg_ssd300

OBJECTS = [
    [0, 1, 0, 0.1, 0.1, 0.6, 0.7, 0],
    [0, 2, 0, 0.5, 0.3, 0.9, 0.9, 1],
    [-1] * 8,
    [-1] * 8,
]
PRIORS = {"VGG_VOC0712_SSD_300x300": 8732, "MobileNet-SSD": 1917}


def net_of(text, train=False):
    document = load_net_text(default_registry().schema, text)
    made = Net(
        document, registry=default_registry(), device=Device(seed=1), phase=TRAIN if train else TEST
    )
    for layer in made.layers:
        if layer.type == "BatchNorm":  # as after a training: mean 0 and variance 1
            layer.blobs[1].data[...] = layer.blobs[2].data[...] = 1
    rng = np.random.default_rng(0)
    made.blobs["data"].data[...] = rng.standard_normal(made.blobs["data"].shape)
    if train:
        made.blobs["label"].data[...] = OBJECTS
    return made


def check_deployed(net):
    net.forward_layers()
    found = net.blobs["detection_out"].data
    assert found.shape[:2] == (1, 1) and found.shape[3] == 7
    assert np.isfinite(found).all() and found[0, 0, :, 0].min() == 0
    if net.name in PRIORS:
        assert net.blobs["mbox_priorbox"].shape == (1, 2, 4 * PRIORS[net.name])


def check_trained(net):
    loss = net.forward_backward()
    assert np.isfinite(loss) and loss > 0
    for layer in net.layers:
        for blob in layer.blobs:
            assert np.isfinite(blob.diff).all()
    assert np.abs(net.params["conv1_1" if "conv1_1" in net.params else "conv1"][0].diff).max() > 0


def test_a_small_net():
    check_deployed(net_of(small_ssd()))
    check_trained(net_of(small_ssd(train=True), train=True))


def test_narrow_nets_of_the_published_form():
    check_deployed(net_of(vgg_ssd300(width=1 / 32)))
    check_deployed(net_of(mobilenet_ssd(width=1 / 8)))


@pytest.mark.parametrize("verb", ["draw", "time"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(small_ssd(train=True), id="small"),
        pytest.param(vgg_ssd300(width=1 / 64), id="vgg", marks=pytest.mark.slow),
        pytest.param(mobilenet_ssd(width=1 / 16), id="mobilenet", marks=pytest.mark.slow),
    ],
)
def test_they_are_drawn_and_timed(tmp_path, monkeypatch, text, verb):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(text)
    words = ["--model", "net.prototxt", "--iterations", "1"]
    if verb == "draw":
        words = ["net.prototxt", "net.svg"]
    done = CliRunner().invoke(app, [verb, *words])
    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_narrow_nets_learn():
    check_trained(net_of(vgg_ssd300(width=1 / 16, train=True), train=True))
    check_trained(net_of(mobilenet_ssd(width=1 / 4, train=True), train=True))


def times(net):
    """Return the seconds of a forward pass of each type of layer."""
    seconds, start = {}, {}

    def before(index):
        start[index] = time.perf_counter()

    def after(index):
        kind = net.layers[index].type
        seconds[kind] = seconds.get(kind, 0) + time.perf_counter() - start[index]

    net.forward_layers()
    net.before_forward(before)
    net.after_forward(after)
    check_deployed(net)
    return seconds


@pytest.mark.slow
@pytest.mark.parametrize("make", [vgg_ssd300, mobilenet_ssd])
def test_whole_nets_run_and_detections_take_little_of_the_time(make):
    seconds = times(net_of(make()))
    assert seconds["DetectionOutput"] < seconds["Convolution"] / 3, seconds
