"""Scripts that people have, each in a few lines: images, drawings, databases and nets as code."""

# Calls are written as the scripts write them.
# ruff: noqa: B905, NPY002, SIM118

from __future__ import annotations

from pathlib import Path

import google.protobuf as pb2
import google.protobuf.text_format  # noqa: F401  # reached through pb2
import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py import layers as L, params as P

from ..building import data, layer, product
from .script_files import desk_of_scripts as desk_of_scripts, picture

pytestmark = pytest.mark.usefixtures("desk_of_scripts")


def test_classification():
    """The notebook 00-classification."""
    net = caffe.Net("deploy.prototxt", caffe.TEST, weights="w.caffemodel")
    np.save("mean.npy", np.full((3, 12, 12), 100.0))
    mu = np.load("mean.npy").mean(1).mean(1)
    transformer = caffe.io.Transformer({"data": net.blobs["data"].data.shape})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_mean("data", mu)
    transformer.set_raw_scale("data", 255)
    transformer.set_channel_swap("data", (2, 1, 0))
    net.blobs["data"].reshape(5, 3, 12, 12)
    transformed = transformer.preprocess("data", caffe.io.load_image(picture("cat.jpg")))
    net.blobs["data"].data[...] = transformed
    output_prob = net.forward()["prob"][0]
    top_inds = output_prob.argsort()[::-1][:5]
    assert list(zip(output_prob[top_inds], top_inds))[0][1] == output_prob.argmax()
    shapes = {name: blob.data.shape for name, blob in net.blobs.items()}
    assert shapes["conv1"] == (5, 4, 10, 10)
    weights = {
        name: (param[0].data.shape, param[1].data.shape) for name, param in net.params.items()
    }
    assert weights["conv1"] == ((4, 3, 3, 3), (4,))
    filters = net.params["conv1"][0].data.transpose(0, 2, 3, 1)
    assert ((filters - filters.min()) / (filters.max() - filters.min())).max() == 1
    assert transformer.deprocess("data", net.blobs["data"].data[0]).shape == (12, 12, 3)


def test_deep_dream():
    """DeepDream's notebook: gradient ascent on an image whose size changes."""
    model = caffe.io.caffe_pb2.NetParameter()
    pb2.text_format.Merge(Path("deploy.prototxt").read_text(), model)
    model.force_backward = True
    Path("tmp.prototxt").write_text(str(model))
    net = caffe.Classifier(
        "tmp.prototxt",
        "w.caffemodel",
        mean=np.float32([104.0, 116.0, 122.0]),
        channel_swap=(2, 1, 0),
    )
    image = np.random.rand(12, 12, 3) * 255
    src, end = net.blobs["data"], "pool1"
    preprocessed = np.float32(np.rollaxis(image, 2)[::-1]) - net.transformer.mean["data"]
    src.reshape(1, 3, 12, 12)
    src.data[0] = preprocessed
    before = None
    for _ in range(5):
        ox, oy = np.random.randint(-2, 3, 2)
        src.data[0] = np.roll(np.roll(src.data[0], ox, -1), oy, -2)
        net.forward(end=end)
        dst = net.blobs[end]
        before = np.square(dst.data).sum() if before is None else before
        dst.diff[:] = dst.data
        net.backward(start=end)
        g = src.diff[0]
        src.data[:] += 1.5 / np.abs(g).mean() * g
        src.data[0] = np.roll(np.roll(src.data[0], -ox, -1), -oy, -2)
        bias = net.transformer.mean["data"]
        src.data[:] = np.clip(src.data, -bias, 255 - bias)
    net.forward(end=end)
    assert np.square(net.blobs[end].data).sum() > before
    shown = np.dstack((src.data[0] + bias)[::-1])
    assert shown.shape == (12, 12, 3)


def test_a_net_as_a_function():
    """examples/pycaffe/caffenet.py: to_proto of tops, names of their own."""

    def conv_relu(bottom, ks, nout, stride=1, pad=0, group=1):
        conv = L.Convolution(
            bottom, kernel_size=ks, stride=stride, num_output=nout, pad=pad, group=group
        )
        return conv, L.ReLU(conv, in_place=True)

    image, label = L.Data(
        source="lmdb",
        backend=P.Data.LMDB,
        batch_size=256,
        ntop=2,
        transform_param=dict(crop_size=227, mirror=True),
    )
    conv1, relu1 = conv_relu(image, 11, 96, stride=4)
    pool1 = L.Pooling(relu1, pool=P.Pooling.MAX, kernel_size=3, stride=2)
    norm1 = L.LRN(pool1, local_size=5, alpha=1e-4, beta=0.75)
    fc8 = L.InnerProduct(L.Dropout(norm1, in_place=True), num_output=1000)
    loss, acc = L.SoftmaxWithLoss(fc8, label), L.Accuracy(fc8, label, include=dict(phase=1))
    proto = caffe.to_proto(loss, acc)
    again = caffe.proto.caffe_pb2.NetParameter()
    pb2.text_format.Parse(str(proto), again)
    assert [each.type for each in again.layer] == [
        *(
            "Data",
            "Convolution",
            "ReLU",
            "Pooling",
            "LRN",
            "Dropout",
            "InnerProduct",
            "SoftmaxWithLoss",
            "Accuracy",
        ),
    ]
    assert (
        again.layer[1].top == again.layer[2].top and again.layer[-1].include[0].phase == caffe.TEST
    )


def test_a_siamese_net_shares_weights_by_name():
    """examples/siamese, in Python."""
    n = caffe.NetSpec()
    n.a, n.b, n.sim = L.DummyData(
        shape=[dict(dim=[4, 6]), dict(dim=[4, 6]), dict(dim=[4])],
        data_filler=[dict(type="gaussian"), dict(type="gaussian"), dict(type="constant", value=1)],
        ntop=3,
    )
    for side in "ab":
        n[f"feat_{side}"] = L.InnerProduct(
            n[side],
            num_output=2,
            weight_filler=dict(type="xavier"),
            param=[dict(name="feat_w", lr_mult=1), dict(name="feat_b", lr_mult=2)],
        )
    n.loss = L.ContrastiveLoss(n.feat_a, n.feat_b, n.sim, margin=1)
    with open("siamese.prototxt", "w") as f:
        f.write("name: 'siamese'\n" + str(n.to_proto()))
    with open("siamese_solver.prototxt", "w") as f:
        f.write("net: 'siamese.prototxt' base_lr: 0.05 lr_policy: 'fixed'")
    solver = caffe.SGDSolver("siamese_solver.prototxt")
    solver.net.forward()
    before = float(solver.net.blobs["loss"].data)
    solver.step(30)
    assert solver.net.blobs["loss"].data < before
    np.testing.assert_array_equal(
        solver.net.params["feat_a"][0].data, solver.net.params["feat_b"][0].data
    )


@pytest.mark.parametrize("rankdir", ["LR", "BT"])
def test_draw_net(rankdir):
    """python/draw_net.py."""
    net = caffe.proto.caffe_pb2.NetParameter()
    pb2.text_format.Merge(Path("deploy.prototxt").read_text(), net)
    caffe.draw.draw_net_to_file(net, "net.svg", rankdir, caffe.TEST, True)
    assert "conv1" in Path("net.svg").read_text()


def test_classify():
    """python/classify.py."""
    np.save("mean.npy", np.full((3, 12, 12), 100.0))
    classifier = caffe.Classifier(
        "deploy.prototxt",
        "w.caffemodel",
        image_dims=[16, 16],
        mean=np.load("mean.npy"),
        input_scale=None,
        raw_scale=255.0,
        channel_swap=[2, 1, 0],
    )
    inputs = [caffe.io.load_image(picture(name)) for name in ("a.jpg", "b.png")]
    predictions = classifier.predict(inputs, not False)
    np.save("out", predictions)
    assert np.load("out.npy").shape == (2, 5)


def test_detect():
    """python/detect.py, with windows from a table."""
    detector = caffe.Detector(
        "deploy.prototxt", "w.caffemodel", mean=None, input_scale=None, raw_scale=255.0, channel_swap=[2, 1, 0],
        context_pad=2,
    )  # fmt: skip
    windows = np.array([[0, 0, 10, 10], [3, 2, 19, 15]])
    detections = detector.detect_windows([(picture("a.png"), windows)])
    assert [d["prediction"].shape for d in detections] == [(5,), (5,)]
    assert detections[0]["filename"] == "a.png"


def test_a_mean_file_becomes_an_array():
    """The usual convert_protomean.py."""
    mean = np.random.rand(1, 3, 4, 5).astype(np.float32)
    with open("mean.binaryproto", "wb") as file:
        file.write(caffe.io.array_to_blobproto(mean).SerializeToString())
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.ParseFromString(Path("mean.binaryproto").read_bytes())
    arr = np.array(caffe.io.blobproto_to_array(blob))
    np.save("mean.npy", arr[0])
    np.testing.assert_array_equal(np.load("mean.npy"), mean[0])


def test_a_database_is_made_and_read():
    """The scripts that write LMDB by hand."""
    import lmdb

    images = np.random.randint(0, 256, (3, 3, 4, 4), dtype=np.uint8)
    with lmdb.open("db", map_size=1 << 20).begin(write=True) as txn:
        for i, image in enumerate(images):
            datum = caffe.proto.caffe_pb2.Datum()
            datum.channels, datum.height, datum.width = image.shape
            datum.data = image.tobytes()
            datum.label = int(i)
            txn.put(f"{i:08}".encode("ascii"), datum.SerializeToString())
    n = caffe.NetSpec()
    n.data, n.label = L.Data(source="db", backend=P.Data.LMDB, batch_size=3, ntop=2)
    with open("db.prototxt", "w") as f:
        f.write(str(n.to_proto()))
    net = caffe.Net("db.prototxt", caffe.TEST)
    out = net.forward()
    np.testing.assert_array_equal(out["data"], images)
    assert out["label"].tolist() == [0, 1, 2]


def test_a_layer_with_a_loss_in_python(tmp_path, monkeypatch):
    """examples/pycaffe/layers/pyloss.py."""
    (tmp_path / "user_pyloss.py").write_text(
        "import caffe\nimport numpy as np\n\n\nclass Loss(caffe.Layer):\n"
        "    def setup(self, bottom, top):\n"
        "        if len(bottom) != 2:\n            raise Exception('Need two inputs.')\n\n"
        "    def reshape(self, bottom, top):\n"
        "        if bottom[0].count != bottom[1].count:\n            raise Exception('dimensions')\n"
        "        self.diff = np.zeros_like(bottom[0].data, dtype=np.float32)\n        top[0].reshape(1)\n\n"
        "    def forward(self, bottom, top):\n"
        "        self.diff[...] = bottom[0].data - bottom[1].data\n"
        "        top[0].data[...] = np.sum(self.diff**2) / bottom[0].num / 2.\n\n"
        "    def backward(self, top, propagate_down, bottom):\n"
        "        for i in range(2):\n            if not propagate_down[i]:\n                continue\n"
        "            sign = 1 if i == 0 else -1\n"
        "            bottom[i].diff[...] = sign * self.diff / bottom[i].num\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    text = data((4, 3), (4, 2)) + product("ip", "x0", "y", 2)
    text += layer(
        "loss",
        "Python",
        "y x1",
        "loss",
        "python_param { module: 'user_pyloss' layer: 'Loss' } loss_weight: 1",
    )
    (tmp_path / "py.prototxt").write_text(text)
    (tmp_path / "py_solver.prototxt").write_text(
        "net: 'py.prototxt' base_lr: 0.1 lr_policy: 'fixed'"
    )
    solver = caffe.SGDSolver("py_solver.prototxt")
    solver.net.blobs["x0"].data[...] = 1
    solver.step(1)
    before = float(solver.net.blobs["loss"].data[0])
    solver.step(20)
    assert solver.net.blobs["loss"].data[0] < before / 2


def test_what_a_net_consists_of():
    """Scripts that print nets, or fold their layers."""
    net = caffe.Net("deploy.prototxt", caffe.TEST)
    names = list(net._layer_names)
    kinds = [net.layers[i].type for i in range(len(net.layers))]
    assert dict(zip(names, kinds))["pool1"] == "Pooling"
    assert [len(each.blobs) for each in net.layers if each.type == "Convolution"] == [2]
    assert net.bottom_names["pool1"] == ["conv1"] and net.top_names["fc"] == ["fc"]
    assert net.blobs["data"].num == 2 and net.blobs["data"].channels == 3
    assert next(iter(net.params)) == "conv1" and net.inputs == ["data"]
    assert {k: v[0].data.size for k, v in net.params.items()}["fc"] == 5 * 100
    assert net.layer_dict["conv1"].blobs[0].shape[0] == 4
