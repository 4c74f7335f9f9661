"""``layers { layer { type: "conv" ... } ... }``, Caffe's first form."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.schema import load_net, load_net_text

# One layer of each type with every field that it can have, and the same as one would write it today.
LAYERS = {
    "accuracy": ('', 'type: "Accuracy"'),
    "bnll": ('', 'type: "BNLL"'),
    "concat": ('concat_dim: 2', 'type: "Concat" concat_param { concat_dim: 2 }'),
    "conv": (
        'num_output: 96 biasterm: false weight_filler { type: "gaussian" std: 0.01 } '
        'bias_filler { type: "constant" value: 1 } pad: 2 kernelsize: 11 group: 2 stride: 4 '
        "blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0",
        'type: "Convolution" convolution_param { num_output: 96 bias_term: false '
        'weight_filler { type: "gaussian" std: 0.01 } '
        'bias_filler { type: "constant" value: 1 } pad: 2 kernel_size: 11 group: 2 stride: 4 } '
        "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }",
    ),
    "data": (
        'source: "db" batchsize: 8 meanfile: "m" cropsize: 227 mirror: true scale: 2 rand_skip: 5',
        'type: "Data" data_param { source: "db" batch_size: 8 rand_skip: 5 } '
        'transform_param { mean_file: "m" crop_size: 227 mirror: true scale: 2 }',
    ),
    "dropout": ("dropout_ratio: 0.3", 'type: "Dropout" dropout_param { dropout_ratio: 0.3 }'),
    "euclidean_loss": ("", 'type: "EuclideanLoss"'),
    "flatten": ("", 'type: "Flatten"'),
    "hdf5_data": (
        'source: "files" batchsize: 3',
        'type: "HDF5Data" hdf5_data_param { source: "files" batch_size: 3 }',
    ),
    "hdf5_output": (
        'hdf5_output_param { file_name: "out" }',
        'type: "HDF5Output" hdf5_output_param { file_name: "out" }',
    ),
    "im2col": ("", 'type: "Im2col"'),
    "images": (
        'source: "list" batchsize: 4 rand_skip: 1 shuffle_images: true new_height: 9 new_width: 7 '
        "cropsize: 5",
        'type: "ImageData" image_data_param { source: "list" batch_size: 4 rand_skip: 1 '
        "shuffle: true new_height: 9 new_width: 7 } transform_param { crop_size: 5 }",
    ),
    "infogain_loss": ('source: "h"', 'type: "InfogainLoss" infogain_loss_param { source: "h" }'),
    "innerproduct": (
        'num_output: 5 biasterm: false weight_filler { type: "xavier" } bias_filler { value: 1 }',
        'type: "InnerProduct" inner_product_param { num_output: 5 bias_term: false '
        'weight_filler { type: "xavier" } bias_filler { value: 1 } }',
    ),
    "lrn": (
        "local_size: 3 alpha: 0.0001 beta: 0.5 k: 2",
        'type: "LRN" lrn_param { local_size: 3 alpha: 0.0001 beta: 0.5 k: 2 }',
    ),
    "multinomial_logistic_loss": ("", 'type: "MultinomialLogisticLoss"'),
    "pool": (
        "pool: STOCHASTIC kernelsize: 3 stride: 2 pad: 1",
        'type: "Pooling" pooling_param { pool: STOCHASTIC kernel_size: 3 stride: 2 pad: 1 }',
    ),
    "relu": ("", 'type: "ReLU"'),
    "sigmoid": ("", 'type: "Sigmoid"'),
    "softmax": ("", 'type: "Softmax"'),
    "softmax_loss": ("", 'type: "SoftmaxWithLoss"'),
    "split": ("", 'type: "Split"'),
    "tanh": ("", 'type: "TanH"'),
    "window_data": (
        'source: "w" batchsize: 2 cropsize: 8 mirror: true meanfile: "m" scale: 3 '
        "det_fg_threshold: 0.6 det_bg_threshold: 0.4 det_fg_fraction: 0.3 det_context_pad: 1 "
        'det_crop_mode: "square"',
        'type: "WindowData" window_data_param { source: "w" batch_size: 2 scale: 3 '
        "fg_threshold: 0.6 bg_threshold: 0.4 fg_fraction: 0.3 context_pad: 1 "
        'crop_mode: "square" } transform_param { crop_size: 8 mirror: true mean_file: "m" }',
    ),
}  # fmt: skip


def old_layer(kind, settings="", wiring='bottom: "x" top: "y"'):
    return f'layers {{ layer {{ name: "a" type: "{kind}" {settings} }} {wiring} }}\n'


@pytest.mark.parametrize("kind", LAYERS)
def test_each_type_with_all_its_fields(schema, kind):
    settings, modern = LAYERS[kind]
    found = load_net_text(schema, old_layer(kind, settings)).message
    wanted = load_net_text(schema, f'layer {{ name: "a" bottom: "x" top: "y" {modern} }}').message
    assert found == wanted


def test_every_field_of_the_old_form_has_a_test(schema):
    fields = set(schema.message_info("V0LayerParameter").fields)
    used = {word.split(":")[0] for settings, _ in LAYERS.values() for word in settings.split()}
    # new_num and new_channels belonged to a layer that no release had.
    assert fields - used == {"name", "blobs", "new_num", "new_channels"}


PADDED = """
name: "padded"
input: "data" input_dim: [1, 3, 8, 8]
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers { layer { name: "conv1" type: "conv" num_output: 4 kernelsize: 5 } bottom: "pad1" top: "c" }
layers { layer { name: "relu1" type: "relu" } bottom: "c" top: "c" }
layers { layer { name: "pad2" type: "padding" pad: 1 } bottom: "c" top: "pad2" }
layers { layer { name: "pool2" type: "pool" pool: MAX kernelsize: 3 stride: 2 }
         bottom: "pad2" top: "p" }
"""


def test_padding_layers_go_into_the_layers_behind_them(schema):
    document = load_net_text(schema, PADDED)
    wanted = """
    name: "padded"
    layer { name: "input" type: "Input" top: "data"
            input_param { shape { dim: [1, 3, 8, 8] } } }
    layer { name: "conv1" type: "Convolution" bottom: "data" top: "c"
            convolution_param { num_output: 4 kernel_size: 5 pad: 2 } }
    layer { name: "relu1" type: "ReLU" bottom: "c" top: "c" }
    layer { name: "pool2" type: "Pooling" bottom: "c" top: "p"
            pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 } }
    """
    assert document.message == load_net_text(schema, wanted).message
    assert document.upgrades[0] == "layers in the format of Caffe's first version"
    for path, line, word in [
        (("layer", 1, "name"), 5, '"conv1"'),
        (("layer", 1, "bottom", 0), 4, '"data"'),
        (("layer", 1, "convolution_param", "pad"), 4, "2 }"),
        (("layer", 1, "convolution_param", "kernel_size"), 5, "5 }"),
        (("layer", 3, "pooling_param", "pool"), 8, "MAX"),
    ]:
        place = document.locate(path)
        assert place.line == line and place.text[place.column - 1 :].startswith(word), path


@pytest.mark.parametrize(
    ("text", "message", "word"),
    [
        (old_layer("relu", "num_output: 3"), '"num_output" does not belong in a layer of type', "3 }"),
        (old_layer("convolution"), 'unknown type "convolution"', '"convolution"'),
        (old_layer("data", "new_num: 3"), '"new_num" does not belong', "3 }"),
        (old_layer(""), 'unknown type ""', "layer { name:"),
        (
            old_layer("padding", "pad: 1") + old_layer("relu", "", 'bottom: "y" top: "z"'),
            '"y" is the output of a padding layer, which only conv and pool may read', '"y" top: "z"',
        ),
        (
            old_layer("padding", "pad: 1") + old_layer("conv", "", 'bottom: "y" bottom: "x"'),
            "must have one bottom", '"y" bottom',
        ),
        (
            old_layer("padding", "pad: 1", 'top: "y" top: "z"')
            + old_layer("conv", "", 'bottom: "y" top: "w"'),
            "one bottom and one top", "layers { layer",
        ),
        (
            old_layer("relu") + 'layers { name: "b" type: RELU }',
            "mixes layers with and without an inner layer", "layers { name",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_upgraded(schema, text, message, word):
    with pytest.raises(PrototxtError) as caught:
        load_net_text(schema, text, "old.prototxt")
    (problem,) = caught.value.problems
    assert message in problem.message
    place = problem.location
    assert place.text[place.column - 1 :].startswith(word)


def test_all_that_is_wrong_is_told_at_once(schema):
    text = old_layer("relu", "pad: 1 stride: 2") + old_layer("cnv")
    with pytest.raises(PrototxtError) as caught:
        load_net_text(schema, text)
    assert len(caught.value.problems) == 3
    assert caught.value.problems[2].hint == 'did you mean "conv"?'


def test_a_binary_net_of_the_first_form(schema, tmp_path):
    message = schema.parse_text(PADDED, "NetParameter").message
    (tmp_path / "old.binaryproto").write_bytes(message.SerializeToString())
    document = load_net(schema, tmp_path / "old.binaryproto")
    assert document.message == load_net_text(schema, PADDED).message
    assert document.text == "" and document.problem(("layer", 0), "x").location is None
