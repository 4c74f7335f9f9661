"""``layers { type: CONVOLUTION ... }``, the form before ``layer { type: "Convolution" ... }``."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

# Every type of the old form, and what it is called today.
TYPES = {
    "ABSVAL": "AbsVal", "ACCURACY": "Accuracy", "ARGMAX": "ArgMax", "BNLL": "BNLL",
    "CONCAT": "Concat", "CONTRASTIVE_LOSS": "ContrastiveLoss", "CONVOLUTION": "Convolution",
    "DATA": "Data", "DECONVOLUTION": "Deconvolution", "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData", "EUCLIDEAN_LOSS": "EuclideanLoss", "ELTWISE": "Eltwise",
    "EXP": "Exp", "FLATTEN": "Flatten", "HDF5_DATA": "HDF5Data", "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss", "IM2COL": "Im2col", "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss", "INNER_PRODUCT": "InnerProduct", "LRN": "LRN",
    "MEMORY_DATA": "MemoryData", "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN", "POOLING": "Pooling", "POWER": "Power", "RELU": "ReLU", "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss", "SILENCE": "Silence",
    "SOFTMAX": "Softmax", "SOFTMAX_LOSS": "SoftmaxWithLoss", "SPLIT": "Split", "SLICE": "Slice",
    "TANH": "TanH", "WINDOW_DATA": "WindowData", "THRESHOLD": "Threshold", "NONE": "",
    "BN": "BN", "INTERP": "Interp", "SEG_ACCURACY": "SegAccuracy", "UNPOOLING": "Unpooling",
    "UPSAMPLE": "Upsample", "ROI_POOLING": "ROIPooling", "SMOOTH_L1_LOSS": "SmoothL1Loss",
}  # fmt: skip

OLD = """
name: "Old"
layers {
  name: "mnist"
  type: DATA
  top: "data"
  top: "label"
  data_param { source: "db" backend: LMDB batch_size: 64 scale: 0.00390625 mirror: true
               mean_file: "mean" crop_size: 24 rand_skip: 3 }
  include: { phase: TRAIN }
}
layers {
  bottom: "data"
  top: "conv1"
  name: "conv1"
  type: CONVOLUTION
  blobs_lr: 1
  blobs_lr: 2
  weight_decay: 1
  weight_decay: 0
  param: "w" blob_share_mode: PERMISSIVE
  convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } }
}
layers { name: "pool1" type: POOLING bottom: "conv1" top: "pool1"
         pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layers { name: "images" type: IMAGE_DATA top: "i" top: "il" exclude { phase: TEST }
         image_data_param { source: "list" crop_size: 9 } transform_param { force_gray: true } }
layers { name: "windows" type: WINDOW_DATA top: "w" top: "wl"
         window_data_param { source: "w.txt" scale: 2 mirror: true } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "pool1" bottom: "label" loss_weight: 0.5
         loss_param { ignore_label: 3 } }
"""
NEW = """
name: "Old"
layer {
  name: "mnist"
  type: "Data"
  top: "data"
  top: "label"
  data_param { source: "db" backend: LMDB batch_size: 64 rand_skip: 3 }
  transform_param { scale: 0.00390625 mirror: true mean_file: "mean" crop_size: 24 }
  include: { phase: TRAIN }
}
layer {
  bottom: "data"
  top: "conv1"
  name: "conv1"
  type: "Convolution"
  param { name: "w" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 1 }
  param { lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } }
}
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "images" type: "ImageData" top: "i" top: "il" exclude { phase: TEST }
        image_data_param { source: "list" } transform_param { force_gray: true crop_size: 9 } }
layer { name: "windows" type: "WindowData" top: "w" top: "wl"
        window_data_param { source: "w.txt" scale: 2 } transform_param { mirror: true } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "pool1" bottom: "label" loss_weight: 0.5
        loss_param { ignore_label: 3 } }
"""


def test_a_net_becomes_what_one_would_write_today(schema):
    assert load_net_text(schema, OLD).message == load_net_text(schema, NEW).message


def test_every_type(schema):
    enum = schema.message_class("V1LayerParameter").DESCRIPTOR.fields_by_name["type"].enum_type
    assert {value.name for value in enum.values} == set(TYPES)
    text = "".join(f'layers {{ name: "{old}" type: {old} }}\n' for old in TYPES)
    found = {layer.name: layer.type for layer in load_net_text(schema, text).message.layer}
    assert found == TYPES
    assert not load_net_text(schema, 'layers { name: "a" }').message.layer[0].HasField("type")


def test_every_setting_of_the_old_form_is_in_todays(schema):
    """Fields of the same name and type; the rest has a rule of its own."""
    old, new = (schema.message_info(name).fields for name in ("V1LayerParameter", "LayerParameter"))
    differ = [n for n, f in old.items() if n not in new or new[n].type_name != f.type_name]
    assert differ == ["type", "param", "blob_share_mode", "blobs_lr", "weight_decay", "layer"]


def test_stored_blobs_come_along(schema):
    text = 'layers { name: "a" type: INNER_PRODUCT blobs { num: 1 height: 2 data: [1, 2] } }'
    (layer,) = load_net_text(schema, text).message.layer
    assert list(layer.blobs[0].data) == [1, 2] and layer.blobs[0].height == 2


@pytest.mark.parametrize(
    ("path", "line", "word"),
    [
        (("layer", 0, "type"), 5, "DATA"),
        (("layer", 0, "transform_param", "mean_file"), 9, '"mean"'),
        (("layer", 0, "data_param", "rand_skip"), 9, "3 }"),
        (("layer", 1, "param", 1, "lr_mult"), 18, "2"),
        (("layer", 1, "param", 1, "decay_mult"), 20, "0"),
        (("layer", 1, "param", 0, "name"), 21, '"w"'),
        (("layer", 1, "convolution_param", "weight_filler", "type"), 22, '"xavier"'),
        (("layer", 3, "transform_param", "crop_size"), 27, "9 }"),
        (("layer", 3, "transform_param", "force_gray"), 27, "true"),
        (("layer", 5, "bottom", 1), 30, '"label"'),
    ],
)
def test_places_stay_those_of_the_file(schema, path, line, word):
    place = load_net_text(schema, OLD, "old.prototxt").locate(path)
    assert place.text[place.column - 1 :].startswith(word)
    assert place.line == line


def test_a_mistake_that_is_found_later_points_into_the_old_text(registry):
    text = """
input: "data"
input_dim: [1, 3, 4, 4]
layers { name: "fc" type: INNER_PRODUCT
         bottom: "dat" top: "fc"
         inner_product_param { num_output: 0 } }
"""
    document = load_net_text(registry.schema, text, "old.prototxt")
    with pytest.raises(PrototxtError) as caught:
        Net(document, registry=registry)
    (problem,) = caught.value.problems
    assert 'unknown bottom blob "dat"' in problem.message
    assert (problem.location.line, problem.location.column) == (5, 18)
    document = load_net_text(registry.schema, text.replace('"dat"', '"data"'), "old.prototxt")
    with pytest.raises(PrototxtError) as caught:
        Net(document, registry=registry)
    assert caught.value.problems[0].location.line == 6


def test_a_net_of_the_old_form_runs(registry):
    text = """
input: "data" input_dim: 2 input_dim: 3 input_dim: 1 input_dim: 1
layers { name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc" blobs_lr: 0 blobs_lr: 0
         inner_product_param { num_output: 2 } }
layers { name: "relu" type: RELU bottom: "fc" top: "fc" }
"""
    net = Net(load_net_text(registry.schema, text), registry=registry)
    assert net.layer_names == ["input", "fc", "relu"]
    assert net.forward()["fc"].shape == (2, 2)
    message = registry.schema.parse_text(text, "NetParameter").message
    assert Net(message, registry=registry).layer_names == net.layer_names
