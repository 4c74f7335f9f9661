"""What published pycaffe notebooks and scripts do, in small: surgery, segmentation, captions, several test nets."""

from __future__ import annotations

import logging

import numpy as np

import mycaffe_py as caffe
from mycaffe_py import layers as L, params as P
from mycaffe_py.device import device as devices
from mycaffe_py.pycaffe.coord_map import crop

UNIFORM = {"type": "uniform", "min": -0.5, "max": 0.5}


def shaped(*dims):
    return {"dim": list(dims)}


# Net surgery: the weights of a classifier's InnerProduct layers make it a convolution over larger images.


def classifier(size, convolutional):
    n = caffe.NetSpec()
    n.data = L.Input(shape=shaped(1, 2, size, size))
    n.conv = L.Convolution(n.data, num_output=3, kernel_size=3, weight_filler=UNIFORM)
    n.pool = L.Pooling(n.conv, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    if convolutional:
        n["fc-conv"] = L.Convolution(n.pool, num_output=4, kernel_size=3)
        n.prob = L.Softmax(n["fc-conv"])
    else:
        n.fc = L.InnerProduct(n.pool, num_output=4, weight_filler=UNIFORM, bias_filler=UNIFORM)
        n.prob = L.Softmax(n.fc)
    return caffe.Net(n.to_proto(), caffe.TEST)


def test_net_surgery(tmp_path, rng):
    net, full = classifier(8, False), classifier(12, True)
    net.save(tmp_path / "net.caffemodel")
    full.copy_from(tmp_path / "net.caffemodel")  # conv by its name; fc is not in this net
    full.params["fc-conv"][0].data.flat = net.params["fc"][0].data.flat
    full.params["fc-conv"][1].data[...] = net.params["fc"][1].data
    image = rng.standard_normal((1, 2, 12, 12))
    found = full.forward_all(data=image)["prob"]
    assert found.shape == (1, 4, 3, 3)
    for row in range(3):
        for column in range(3):
            part = image[:, :, 2 * row : 2 * row + 8, 2 * column : 2 * column + 8]
            wanted = net.forward(data=part)["prob"]
            np.testing.assert_allclose(found[:, :, row, column], wanted, rtol=1e-5)


# Fully convolutional: images of any size, upsampled by fixed bilinear weights and cropped to the image.


class Images(caffe.Layer):
    """Images that grow from pass to pass, with labels of which some are to be ignored."""

    def setup(self, bottom, top):
        self.size = eval(self.param_str)["size"]

    def reshape(self, bottom, top):
        top[0].reshape(1, 1, self.size, self.size + 3)
        top[1].reshape(1, 1, self.size, self.size + 3)

    def forward(self, bottom, top):
        top[1].data[...] = np.arange(self.size + 3) % 2
        top[0].data[...] = top[1].data
        top[1].data[:, :, 0] = 255
        self.size += 4


def fcn():
    n = caffe.NetSpec()
    n.data, n.label = L.Python(module=__name__, layer="Images", ntop=2, param_str=str({"size": 10}))
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3, pad=20, weight_filler=UNIFORM)
    n.relu = L.ReLU(n.conv, in_place=True)
    n.pool = L.Pooling(n.relu, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.score = L.Convolution(n.pool, num_output=2, kernel_size=1, weight_filler=UNIFORM)
    n.up = L.Deconvolution(
        n.score,
        convolution_param={"num_output": 2, "kernel_size": 4, "stride": 2, "bias_term": False},
        param={"lr_mult": 0},
    )
    n.cropped = crop(n.up, n.data)
    n.loss = L.SoftmaxWithLoss(
        n.cropped, n.label, loss_param={"normalize": False, "ignore_label": 255}
    )
    return n.to_proto()


def test_fully_convolutional(tmp_path, monkeypatch):
    (tmp_path / "fcn.prototxt").write_text(str(fcn()))
    (tmp_path / "solver.prototxt").write_text(
        f'train_net: "{tmp_path}/fcn.prototxt" test_net: "{tmp_path}/fcn.prototxt" test_iter: 9 '
        "test_interval: 99999 test_initialization: false average_loss: 20 lr_policy: 'fixed' "
        "base_lr: 1e-3 momentum: 0.9 max_iter: 100 iter_size: 1"
    )
    monkeypatch.setattr(devices, "_default", devices.Device())
    monkeypatch.setattr(devices, "_chosen_seed", None)
    caffe.set_random_seed(3)
    solver = caffe.SGDSolver(tmp_path / "solver.prototxt")
    row = np.array([0.25, 0.75, 0.75, 0.25])
    solver.net.params["up"][0].data[range(2), range(2)] = np.outer(row, row)
    kept = solver.net.params["up"][0].data.copy()
    losses = []
    for size in (10, 14, 18, 22):
        solver.step(1)
        assert solver.net.blobs["cropped"].data.shape == (1, 2, size, size + 3)
        losses.append(float(solver.net.blobs["loss"].data) / (size - 1) / (size + 3))
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(solver.net.params["up"][0].data, kept)
    (test_net,) = solver.test_nets
    test_net.share_with(solver.net)
    test_net.forward()
    assert np.isfinite(test_net.blobs["loss"].data.flat[0])


# Captions: a net that reads whole sentences, and one that goes on word by word with the same weights.


def captions(length, batch):
    n = caffe.NetSpec()
    n.image = L.Input(shape=shaped(batch, 5))
    n.cont, n.words = L.Input(shape=shaped(length, batch), ntop=2)
    embed = {"bias_term": False, "input_dim": 9, "num_output": 4, "weight_filler": UNIFORM}
    n.embedded = L.Embed(n.words, embed_param=embed)
    settings = {"num_output": 6, "weight_filler": UNIFORM, "bias_filler": UNIFORM}
    n.lstm1 = L.LSTM(n.embedded, n.cont, recurrent_param=settings)
    n.lstm2 = L.LSTM(n.lstm1, n.cont, n.image, recurrent_param=settings)
    n.predict = L.InnerProduct(n.lstm2, num_output=9, axis=2, weight_filler=UNIFORM)
    n.probs = L.Softmax(n.predict, axis=2)
    return caffe.Net(n.to_proto(), caffe.TEST)


def test_captions_word_by_word(tmp_path, rng):
    whole, single = captions(5, 3), captions(1, 3)
    whole.save(tmp_path / "lrcn.caffemodel")
    single.copy_from(tmp_path / "lrcn.caffemodel")
    assert [blob.data.shape for blob in whole.params["lstm2"]] == [(24, 6), (24,), (24, 5), (24, 6)]
    words, image = rng.integers(0, 9, (5, 3)), rng.standard_normal((3, 5))
    cont = np.ones((5, 3))
    cont[0], cont[3, 1] = 0, 0  # the second sentence of the batch is short, and another one follows
    wanted = whole.forward(image=image, cont=cont, words=words)["probs"]
    for step in range(5):
        found = single.forward(
            image=image, cont=cont[step : step + 1], words=words[step : step + 1]
        )["probs"]
        np.testing.assert_allclose(found[0], wanted[step], rtol=1e-5)


# One solver file with the net inside, tested on the data of two stages.

DATA = """
layer { name: "data" type: "DummyData" top: "data" top: "label" include: { %s }
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 }
    data_filler { type: "constant" value: %s } data_filler { type: "constant" } } }
"""
CONSOLIDATED = (
    """
base_lr: 0.01 momentum: 0.9 lr_policy: "inv" gamma: 0.0001 power: 0.75 display: 1 max_iter: 2 snapshot: 0
snapshot_after_train: false random_seed: 1701 solver_mode: CPU debug_info: false test_interval: 2
test_iter: 1 test_iter: 2
test_state: { stage: "test-on-train-set" } test_state: { stage: "test-on-test-set" }
net_param { name: "LeNet"
"""
    + DATA % ("phase: TRAIN", 1)
    + DATA % ('phase: TEST stage: "test-on-train-set"', 1)
    + DATA % ('phase: TEST stage: "test-on-test-set"', 2)
    + """
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" param { lr_mult: 1 } param { lr_mult: 2 }
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" include: { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" } }
"""
)


def test_a_consolidated_solver(tmp_path, caplog):
    (tmp_path / "solver.prototxt").write_text(CONSOLIDATED)
    with caplog.at_level(logging.INFO, logger="mycaffe"):
        solver = caffe.get_solver(tmp_path / "solver.prototxt")
        solver.solve()
    assert [net.blobs["data"].data.flat[0] for net in solver.test_nets] == [1, 2]
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:2] == ["Solving LeNet", "Learning Rate Policy: inv"]
    assert lines[-1] == "Optimization Done."
    tests = [line for line in lines if "Testing net" in line]
    assert tests == [f"Iteration {i}, Testing net (#{k})" for i in (0, 2) for k in (0, 1)]
