"""Forms of published files, one file for each family of nets: each is read and built, the deployed ones run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.builder.checking import check_files
from mycaffe_py.cli.app import app
from mycaffe_py.device import Device
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.permission import refusing_python_layers

HERE = Path(__file__).parent
NETS = sorted((HERE / "nets").glob("*.prototxt"))
SOLVERS = sorted((HERE / "solvers").glob("*.prototxt"))
WITH_DATA = sorted((HERE / "with_data").glob("*.prototxt"))
NO_SUCH_FILE = "E311"

# Nets that predict, with an output of each and its shape.
DEPLOYED = {
    "faster_rcnn_v1_regions": ("boxes", (2, 8)),
    "faster_rcnn_proposal": ("cls_prob", (None, 4)),
    "rfcn_test": ("bbox_pred", (3, 8)),
    "ssd_deploy": ("detection_out", (1, 1, None, 7)),
    "mobilenet_ssd_deploy": ("detection_out", (1, 1, None, 7)),
    "segnet_basic": ("prob", (2, 3, 18, 24)),
    "enet_deploy_final": ("deconv6", (1, 4, 32, 32)),
    "pspnet": ("conv6_interp", (1, 3, 33, 33)),
    "icnet": ("sub12_sum", (1, 4, 17, 33)),
    "hed": ("upscore-fuse", (1, 1, 12, 16)),
    "mtcnn_det1": ("prob1", (1, 2, 1, 1)),
    "mtcnn_det2": ("conv5-2", (1, 4)),
    "mtcnn_det3": ("conv6-3", (2, 10)),
    "openpose": ("joints", (1, 6, 21, 3)),
    "senet": ("out", (1, 8, 8, 8)),
    "shufflenet": ("fc", (1, 5)),
    "deconvnet": ("seg-score", (1, 3, 16, 16)),
    "shufflenet_v2": ("shuffle2", (1, 12, 8, 8)),
    "fcn8s": ("score", (1, 3, 20, 24)),
    "tsn_deploy": ("pool_fusion", (1, 1, 1, 5)),
}
pytestmark = pytest.mark.filterwarnings("ignore::mycaffe_py.errors.MyCaffeWarning")


def named(paths):
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.mark.parametrize("path", named(NETS + SOLVERS))
def test_each_checks(path, registry):
    with refusing_python_layers():
        assert [str(problem) for problem in check_files([path], registry)] == []


@pytest.mark.parametrize("path", named(WITH_DATA))
def test_only_the_data_are_missing(path, registry):
    found = check_files([path], registry)
    assert found and [str(each) for each in found if each.code != NO_SUCH_FILE] == []


def test_every_file_says_what_it_is_of():
    for path in NETS + SOLVERS + WITH_DATA:
        assert path.read_text(encoding="utf-8").startswith("# "), path


def ran(name):
    """The net after a pass over random images; regions and sizes are some that fit."""
    net = Net(HERE / "nets" / f"{name}.prototxt", TEST, device=Device(seed=3))
    rng = np.random.default_rng(3)
    for layer in net.layers:  # as after a training: no weight is 0, and variances are 1
        for number, blob in enumerate(layer.blobs):
            if layer.type == "BatchNorm":
                blob.data[...] = number > 0
            elif not blob.data.any():
                blob.data[...] = rng.normal(0, 0.3, blob.shape)
    for blob in net.inputs:
        shape = net.blobs[blob].shape
        net.blobs[blob].data[...] = rng.normal(0, 1, shape)
        if blob == "rois":
            boxes = np.array([0, 4, 4, 30, 30], np.float32).reshape(1, 5)
            net.blobs[blob].data[...] = np.resize(boxes, shape)
        if blob == "im_info":
            net.blobs[blob].data[...] = [[96, 96, 1]]
        if blob == "label":
            net.blobs[blob].data[...] = 0
    net.forward()
    return net


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_deployed_run(name):
    output, expected = DEPLOYED[name]
    net = ran(name)
    got = net.blobs[output]
    assert len(got.shape) == len(expected)
    assert all(size in (None, real) for size, real in zip(expected, got.shape, strict=True))
    assert np.isfinite(got.data).all() and np.abs(got.data).max() > 0


def test_a_detector_finds_boxes_within_its_limits():
    found = np.asarray(ran("ssd_deploy").blobs["detection_out"].data)[0, 0]
    assert (found[:, 0] == 0).all() and set(found[:, 1]) <= {1, 2}
    assert ((found[:, 2] > 0.01) & (found[:, 2] <= 1)).all() and 0 < len(found) <= 200


@pytest.mark.parametrize("name", ["ssd_deploy", "rfcn_test", "segnet_basic", "lrcn_activity"])
def test_they_are_drawn(name, tmp_path, monkeypatch, sketches):
    monkeypatch.chdir(tmp_path)
    model = HERE / "nets" / f"{name}.prototxt"
    result = CliRunner().invoke(app, ["draw", str(model), "net.svg"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "net.svg").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("faster_rcnn_proposal", "enet_deploy_final", "openpose"),
        *("faster_rcnn_v1_loss", "segnet_train", "mycaffe_char_rnn"),  # labels and rows as inputs
    ],
)
def test_they_are_timed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = str(HERE / "nets" / f"{name}.prototxt")
    result = CliRunner().invoke(app, ["time", "--model", model, "--iterations", "1"])
    assert result.exit_code == 0, result.output
    assert "Average time per layer" in result.output + result.stderr
