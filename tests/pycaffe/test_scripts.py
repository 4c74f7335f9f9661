"""Scripts that people have, each in a few lines: nets run and trained by the calls of published ones."""

# Calls are written as the scripts write them.
# ruff: noqa: B905, NPY002, SIM118

from __future__ import annotations

import os
import tempfile

import google.protobuf as pb2
import google.protobuf.text_format  # noqa: F401  # reached through pb2
import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py import layers as L, params as P

from ..building import layer
from .script_files import CONV, IMAGES, desk_of_scripts as desk_of_scripts

pytestmark = pytest.mark.usefixtures("desk_of_scripts")


@pytest.fixture
def old_call():
    """The call with phase last, which Caffe still takes."""
    with pytest.warns(DeprecationWarning):
        yield


def test_a_detector_runs_on_blobs_of_its_own_size(old_call):
    """py-faster-rcnn, lib/fast_rcnn/test.py; R-FCN has the same."""
    net = caffe.Net("deploy.prototxt", "w.caffemodel", caffe.TEST)
    net.name = os.path.splitext(os.path.basename("models/zf.caffemodel"))[0]
    blobs = {"data": np.random.rand(1, 3, 12, 12).astype(np.float32)}
    net.blobs["data"].reshape(*(blobs["data"].shape))
    forward_kwargs = {"data": blobs["data"].astype(np.float32, copy=False)}
    blobs_out = net.forward(**forward_kwargs)
    scores = blobs_out["prob"]
    assert scores.shape == (1, 5) and net.name == "zf"
    assert net.blobs["pool1"].data.copy().shape == (1, 4, 5, 5)


def test_a_wrapper_around_a_solver():
    """py-faster-rcnn, lib/fast_rcnn/train.py."""
    caffe.set_random_seed(3)
    solver = caffe.SGDSolver("solver.prototxt")
    solver_param = caffe.proto.caffe_pb2.SolverParameter()
    with open("solver.prototxt") as file:
        pb2.text_format.Merge(file.read(), solver_param)
    net = solver.net
    saved = net.params["ip"][0].data.copy(), net.params["ip"][1].data.copy()
    net.params["ip"][0].data[...] = net.params["ip"][0].data * np.array([2, 3])[:, np.newaxis]
    net.params["ip"][1].data[...] = net.params["ip"][1].data * np.array([2, 3]) + 1
    filename = solver_param.snapshot_prefix + f"_iter_{solver.iter:d}" + ".caffemodel"
    net.save(str(filename))
    net.params["ip"][0].data[...], net.params["ip"][1].data[...] = saved
    while solver.iter < 3:
        solver.step(1)
    assert solver.iter == 3 and os.path.exists("snap_iter_0.caffemodel")
    net.copy_from("snap_iter_0.caffemodel")


def test_a_cascade_reshapes_for_each_scale():
    """MTCNN's demo, in Python."""
    net = caffe.Net("deploy.prototxt", caffe.TEST, weights="w.caffemodel")
    image = np.random.rand(3, 12, 12)
    for count in (1, 3):
        net.blobs["data"].reshape(count, 3, 12, 12)
        net.blobs["data"].data[...] = (image - 127.5) * 0.0078125
        out = net.forward()
        assert out["prob"][0, 1].shape == () and out["prob"].shape == (count, 5)


def test_surgery():
    """FCN, surgery.py: transplant() and interp()."""
    up = layer(
        "upscore",
        "Deconvolution",
        "conv1",
        "upscore",
        "convolution_param { num_output: 4 group: 1 kernel_size: 4 stride: 2 bias_term: false }",
    )
    with open("fcn.prototxt", "w") as file:
        file.write(IMAGES + up)
    net = caffe.Net("deploy.prototxt", caffe.TEST)
    new_net = caffe.Net("fcn.prototxt", caffe.TRAIN)
    for p in net.params:
        p_new = p + ""
        if p_new not in new_net.params:
            continue
        for i in range(len(net.params[p])):
            if i > (len(new_net.params[p_new]) - 1):
                break
            assert net.params[p][i].data.shape == new_net.params[p_new][i].data.shape
            new_net.params[p_new][i].data.flat = net.params[p][i].data.flat
    np.testing.assert_array_equal(new_net.params["fc"][0].data, net.params["fc"][0].data)
    for name in [k for k in new_net.params.keys() if "up" in k]:
        m, k, h, w = new_net.params[name][0].data.shape
        assert (m, k, h, w) == (4, 4, 4, 4)
        factor = (h + 1) // 2
        og = np.ogrid[:h, :w]
        filt = (1 - abs(og[0] - 1.5) / factor) * (1 - abs(og[1] - 1.5) / factor)
        new_net.params[name][0].data[range(m), range(k), :, :] = filt
    assert new_net.params["upscore"][0].data[1, 1, 1, 1] == 0.5625
    assert new_net.params["upscore"][0].data[1, 2].sum() == 0


def test_scores_between_steps():
    """FCN, solve.py and score.py."""
    solver = caffe.SGDSolver("solver.prototxt")
    rng = np.random.default_rng(3)
    for net in (solver.net, solver.test_nets[0]):
        net.blobs["x0"].data[...] = rng.standard_normal((4, 3))
        net.blobs["x1"].data[...] = rng.integers(2, size=(4, 1))
    for _ in range(2):
        solver.step(5)
        net = solver.test_nets[0]
        net.share_with(solver.net)
        hist, loss = np.zeros((2, 2)), 0
        net.forward()
        for truth, scores in zip(net.blobs["x1"].data, net.blobs["y"].data):
            hist[int(truth[0]), scores.argmax(0)] += 1
        loss += net.blobs["loss"].data.flat[0]
        assert np.diag(hist).sum() / hist.sum() == net.blobs["accuracy"].data
    assert solver.iter == 10


def test_learning_lenet():
    """The notebook 01-learning-lenet, with a solver put together in Python."""

    def net(batch_size):
        n = caffe.NetSpec()
        n.data, n.label = L.DummyData(
            shape=[{"dim": [batch_size, 1, 12, 12]}, {"dim": [batch_size]}],
            data_filler=[{"type": "gaussian"}, {"type": "constant", "value": 1}],
            ntop=2,
        )
        n.conv1 = L.Convolution(
            n.data, kernel_size=5, num_output=4, weight_filler=dict(type="xavier")
        )
        n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
        n.fc1 = L.InnerProduct(n.pool1, num_output=8, weight_filler=dict(type="xavier"))
        n.relu1 = L.ReLU(n.fc1, in_place=True)
        n.score = L.InnerProduct(n.relu1, num_output=3, weight_filler=dict(type="xavier"))
        n.loss = L.SoftmaxWithLoss(n.score, n.label)
        return n.to_proto()

    for name, size in (("a.prototxt", 8), ("b.prototxt", 4)):
        with open(name, "w") as f:
            f.write(str(net(size)))
    s = caffe.proto.caffe_pb2.SolverParameter()
    s.random_seed = 0xCAFFE
    s.train_net = "a.prototxt"
    s.test_net.append("b.prototxt")
    s.test_interval, s.max_iter, s.type = 500, 100, "SGD"
    s.test_iter.append(100)
    s.base_lr, s.momentum, s.weight_decay = 0.01, 0.75, 5e-4
    s.lr_policy, s.gamma, s.power = "inv", 0.0001, 0.75
    s.display, s.snapshot, s.snapshot_prefix = 1000, 5000, "mnist/custom"
    s.solver_mode = caffe.proto.caffe_pb2.SolverParameter.CPU
    s.test_initialization = False
    with open("s.prototxt", "w") as f:
        f.write(str(s))
    solver = None
    solver = caffe.get_solver("s.prototxt")
    assert dict((k, v.data.shape) for k, v in solver.net.blobs.items())["conv1"] == (8, 4, 8, 8)
    solver.net.forward()
    solver.test_nets[0].forward()
    assert solver.net.blobs["data"].data[:8, 0].transpose(1, 0, 2).reshape(12, 8 * 12).shape == (
        12,
        96,
    )
    solver.step(1)
    assert solver.net.params["conv1"][0].diff[:, 0].reshape(2, 2, 5, 5).any()
    train_loss, output = np.zeros(6), np.zeros((6, 4, 3))
    for it in range(6):
        solver.step(1)
        train_loss[it] = solver.net.blobs["loss"].data
        solver.test_nets[0].forward(start="conv1")
        output[it] = solver.test_nets[0].blobs["score"].data[:8]
        correct = sum(
            solver.test_nets[0].blobs["score"].data.argmax(1)
            == solver.test_nets[0].blobs["label"].data
        )
    assert train_loss[-1] < train_loss[0] and 0 <= correct <= 4


def test_fine_tuning():
    """The notebook 02-fine-tuning: solvers side by side, weights kept in files."""
    solvers = [
        ("pretrained", caffe.get_solver("solver.prototxt")),
        ("scratch", caffe.get_solver("solver.prototxt")),
    ]
    blobs = ("loss", "accuracy")
    loss, acc = ({name: np.zeros(4) for name, _ in solvers} for _ in blobs)
    for it in range(4):
        for name, s in solvers:
            s.net.blobs["x0"].data[...] = 1
            s.step(1)
            loss[name][it], acc[name][it] = (s.net.blobs[b].data.copy() for b in blobs)
    weight_dir, weights = tempfile.mkdtemp(dir="."), {}
    for name, s in solvers:
        weights[name] = os.path.join(weight_dir, f"weights.{name}.caffemodel")
        s.net.save(weights[name])
    test_net = caffe.Net("train.prototxt", weights=weights["scratch"], phase=caffe.TEST)
    accuracy = 0
    for _ in range(2):
        accuracy += test_net.forward()["accuracy"]
    assert 0 <= accuracy / 2 <= 1 and loss["scratch"][-1] < loss["scratch"][0]


def test_net_surgery():
    """The notebook net_surgery: a product becomes a convolution."""
    conv = layer("fc-conv", "Convolution", "pool1", "fc-conv", CONV.format(5, 5, ""))
    with open("full.prototxt", "w") as file:
        file.write(
            IMAGES[: IMAGES.index('layer { name: "fc"')]
            + conv
            + layer("prob", "Softmax", "fc-conv", "prob")
        )
    net = caffe.Net("deploy.prototxt", caffe.TEST, weights="w.caffemodel")
    full = caffe.Net("full.prototxt", caffe.TEST, weights="w.caffemodel")
    fc_params = {pr: (net.params[pr][0].data, net.params[pr][1].data) for pr in ["fc"]}
    conv_params = {pr: (full.params[pr][0].data, full.params[pr][1].data) for pr in ["fc-conv"]}
    for pr, pr_conv in zip(["fc"], ["fc-conv"]):
        conv_params[pr_conv][0].flat = fc_params[pr][0].flat
        conv_params[pr_conv][1][...] = fc_params[pr][1]
    full.save("full.caffemodel")
    image = np.random.rand(3, 12, 12).astype(np.float32)
    out = full.forward_all(data=np.asarray([image, image]))
    same = net.forward_all(data=np.asarray([image, image]))
    np.testing.assert_allclose(out["prob"][..., 0, 0], same["prob"], rtol=1e-5)
    full.blobs["data"].reshape(1, 3, 16, 16)
    full.reshape()
    out = full.forward_all(data=np.random.rand(1, 3, 16, 16))
    assert out["prob"][0].argmax(axis=0).shape == (3, 3)
