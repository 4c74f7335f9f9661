"""The files that the scripts of the tests work on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import mycaffe_py as caffe
from mycaffe_py.device import device as devices

from ..building import data, layer, product

CONV = (
    "convolution_param {{ num_output: {} kernel_size: {} {} weight_filler {{ type: 'xavier' }} }}"
)
IMAGES = (
    "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 12 dim: 12 } } }\n"
    + layer("conv1", "Convolution", "data", "conv1", CONV.format(4, 3, "stride: 1"))
    + layer("relu1", "ReLU", "conv1", "conv1")
    + layer("pool1", "Pooling", "conv1", "pool1", "pooling_param { kernel_size: 2 stride: 2 }")
    + layer(
        "fc",
        "InnerProduct",
        "pool1",
        "fc",
        "inner_product_param { num_output: 5 weight_filler { type: 'xavier' } }",
    )
    + layer("prob", "Softmax", "fc", "prob")
)
TRAIN = (
    data((4, 3), (4, 1))
    + product("ip", "x0", "y", 2)
    + layer("loss", "SoftmaxWithLoss", "y x1", "loss")
    + layer("accuracy", "Accuracy", "y x1", "accuracy")
)
SOLVER = (
    "base_lr: 0.1 lr_policy: 'fixed' momentum: 0.9 display: 0 max_iter: 100 snapshot_prefix: 'snap' "
    "test_iter: 2 test_interval: 1000 test_initialization: false "
)


@pytest.fixture
def desk_of_scripts(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "_default", devices.Device())
    monkeypatch.setattr(devices, "_chosen_seed", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy.prototxt").write_text(IMAGES)
    (tmp_path / "train.prototxt").write_text(TRAIN)
    (tmp_path / "solver.prototxt").write_text(f"net: 'train.prototxt' {SOLVER}")
    caffe.set_mode_cpu()
    caffe.Net("deploy.prototxt", caffe.TEST).save("w.caffemodel")


def picture(name, height=20, width=16):
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(name)
    return name
