"""Layer and LossLayer: counts, loss weights, learnable blobs, messages, names of fields."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.blob.blob import Blob
from mycaffe_py.blob.blobproto import array_to_proto
from mycaffe_py.errors import LayerError, SnapshotError
from mycaffe_py.layer import TEST, TRAIN, Layer, LayerContext
from mycaffe_py.layer.loss_layer import LossLayer
from mycaffe_py.plugins.type_fields import default_parameter_field

from ..building import layer_param, make_layer, make_net, set_up

DATA = Path(__file__).parents[1] / "data"


class Copy(Layer):
    """Copies its bottoms."""

    type = "Copy"

    def reshape(self, bottom, top):
        for b, t in zip(bottom, top, strict=False):
            t.reshape_like(b)

    def forward(self, bottom, top):
        for b, t in zip(bottom, top, strict=True):
            t.data[...] = b.data


class Weighted(Copy):
    """Has two learnable blobs."""

    type = "Weighted"

    def setup(self, bottom, top):
        param = self.param.inner_product_param
        self.add_blob((2, 3), param.weight_filler if param.HasField("weight_filler") else None, "w")
        self.add_blob((2,), param.bias_filler if param.HasField("bias_filler") else None)


class Loss(LossLayer):
    """A loss of zero."""

    type = "Loss"


class TwoTopLoss(Loss):
    """A loss with an optional second top."""

    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2


NAMED = 'name: "l" type: "Copy" '


@pytest.mark.parametrize(
    ("limits", "bottoms", "tops", "message"),
    [
        ({"exact_num_bottom_blobs": 2}, 1, 1, "needs exactly 2 bottom blobs, got 1"),
        ({"exact_num_bottom_blobs": 0}, 1, 1, "needs exactly 0 bottom blobs, got 1"),
        ({"min_bottom_blobs": 1}, 0, 1, "needs at least 1 bottom blob, got 0"),
        ({"max_bottom_blobs": 2}, 3, 1, "takes at most 2 bottom blobs, got 3"),
        ({"exact_num_top_blobs": 1}, 1, 2, "needs exactly 1 top blob, got 2"),
        ({"min_top_blobs": 2}, 1, 1, "needs at least 2 top blobs, got 1"),
        ({"max_top_blobs": 1}, 1, 2, "takes at most 1 top blob, got 2"),
        (
            {"equal_num_bottom_top_blobs": True}, 1, 2,
            "needs as many tops as bottoms, got 1 bottom and 2 tops",
        ),
    ],
)  # fmt: skip
def test_counts(limits, bottoms, tops, message):
    cls = type("Limited", (Copy,), limits)
    with pytest.raises(LayerError, match=rf'layer "l" \(Copy\): {message}'):
        set_up(cls, NAMED, [(2,)] * bottoms, tops)


def test_counts_that_fit():
    limits = {"min_bottom_blobs": 1, "max_bottom_blobs": 2, "exact_num_top_blobs": 2}
    set_up(type("Limited", (Copy,), limits), NAMED, [(2,)] * 2, 2)


@pytest.mark.parametrize(
    ("cls", "settings", "tops", "weights"),
    [
        (Copy, "", 2, [0, 0]),
        (Copy, "loss_weight: 0.3 loss_weight: 0", 2, [0.3, 0]),
        (Loss, "", 1, [1]),
        (Loss, "loss_weight: 0", 1, [0]),
        (Loss, "loss_weight: 2.5", 1, [2.5]),
        (TwoTopLoss, "", 1, [1]),
        (TwoTopLoss, "loss_weight: 1 loss_weight: 0.5", 2, [1, 0.5]),
    ],
)
def test_loss_weights(cls, settings, tops, weights):
    layer, _, top = set_up(cls, NAMED + settings, [(2, 3)] * 2, tops)
    assert layer.loss_weights == weights  # 0.3 exactly: the digits of the file
    for blob, weight in zip(top, weights, strict=True):
        assert blob.has_diff == bool(weight)
        assert (blob.diff == weight).all()


@pytest.mark.parametrize(
    ("cls", "settings", "tops", "message"),
    [
        (Copy, "loss_weight: 1", 2, "once for each top: 1 given, 2 tops"),
        (Loss, "loss_weight: 1 loss_weight: 1", 1, "once for each top: 2 given, 1 top"),
        (TwoTopLoss, "", 2, "has 2 tops, so loss_weight must be given for each"),
        (TwoTopLoss, "loss_weight: 1", 2, "once for each top: 1 given, 2 tops"),
    ],
)
def test_wrong_number_of_loss_weights(cls, settings, tops, message):
    with pytest.raises(LayerError, match=message):
        set_up(cls, NAMED + settings, [(2, 3)] * 2, tops)


def test_loss_layer_rules():
    layer, bottom, top = set_up(Loss, NAMED, [(3, 4), (3, 2)])
    assert top[0].shape == ()
    assert [layer.allow_force_backward(index) for index in (0, 1)] == [True, False]
    with pytest.raises(
        LayerError, match=r"\(3, 4\).*\(3, 2\) must have the same number of elements"
    ):
        layer.require_same_count(bottom)
    with pytest.raises(LayerError, match=r"\(3, 4\).*\(2, 4\) must have the same first dimension"):
        set_up(Loss, NAMED, [(3, 4), (2, 4)])
    with pytest.raises(LayerError, match="needs exactly 2 bottom blobs, got 1"):
        set_up(Loss, NAMED, [(3, 4)])


def test_blobs_by_filler():
    text = NAMED + 'inner_product_param { weight_filler { type: "constant" value: 0.5 } }'
    layer, _, _ = set_up(Weighted, text, [(2,)])
    assert (layer.blobs[0].data == 0.5).all() and not layer.blobs[1].data.any()
    assert layer.blob_names == ["w", "blob_1"]
    assert layer.param_propagate_down == [True, True]
    assert [blob.dtype for blob in layer.blobs] == [np.float64] * 2


def weighted_with(*arrays):
    param = layer_param(
        NAMED + 'inner_product_param { weight_filler { type: "constant" value: 7 } }'
    )
    for array in arrays:
        array_to_proto(array, param.blobs.add())
    layer = make_layer(Weighted, NAMED)
    layer.param = param
    layer.initialize([], [])
    return layer


def test_blobs_carried_by_the_layer_parameter():
    weight = np.arange(6.0).reshape(2, 3) / 3
    layer = weighted_with(weight)
    np.testing.assert_array_equal(layer.blobs[0].data, weight)
    assert not layer.blobs[1].data.any()


def test_carried_blobs_in_the_legacy_shape():
    param = layer_param(
        NAMED + "blobs { num: 1 channels: 1 height: 2 width: 3 data: [1, 2, 3, 4, 5, 6] }"
        "blobs { num: 1 channels: 1 height: 1 width: 2 data: [8, 9] }"
    )
    layer = make_layer(Weighted, NAMED)
    layer.param = param
    layer.initialize([], [])
    np.testing.assert_array_equal(layer.blobs[0].data, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(layer.blobs[1].data, [8, 9])


@pytest.mark.parametrize("shape", [(3, 2), (6,), (2, 4)])
def test_carried_blobs_must_have_the_shape(shape):
    with pytest.raises(
        LayerError, match=r'layer "l" .*blobs\[0\] in the file is \(.*here it is \(2, 3\)'
    ):
        weighted_with(np.zeros(shape))


def test_carried_blobs_that_are_damaged():
    layer = make_layer(Weighted, NAMED + "blobs { shape { dim: 2 dim: 3 } data: [1, 2] }")
    with pytest.raises(SnapshotError, match="damaged"):
        layer.initialize([], [])


def test_a_stored_double_beyond_the_range_of_float32_is_infinite():
    stored = "blobs { shape { dim: 2 dim: 3 } double_data: [1e308, 1, 2, 3, 4, 5] }"
    layer = make_layer(Weighted, NAMED + stored, dtype=np.float32)
    layer.initialize([], [])
    assert layer.blobs[0].data.tolist() == [[np.inf, 1, 2], [3, 4, 5]]


def test_phase_is_the_nets_unless_the_layer_has_its_own():
    assert make_layer(Copy, NAMED, phase=TEST).phase == TEST
    assert make_layer(Copy, NAMED + "phase: TRAIN", phase=TEST).phase == TRAIN
    assert make_layer(Copy, NAMED + "phase: TEST", phase=TRAIN).phase == TEST


def test_a_layer_with_a_phase_of_its_own_in_a_net():
    net = make_net(
        'layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 50 } } }'
        'layer { name: "drop" type: "Dropout" bottom: "x" top: "y" phase: TEST }'
        'layer { name: "drop2" type: "Dropout" bottom: "x" top: "z" }',
        phase=TRAIN,
    )
    net.blobs["x"].data[...] = 1
    net.forward()
    assert (net.blobs["y"].data == 1).all()
    assert set(net.blobs["z"].data) == {0, 2}


def test_what_a_layer_does_not_define():
    class Bare(Layer):
        type = "Bare"

    layer = make_layer(Bare, 'name: "l"')
    with pytest.raises(TypeError, match=r"layer type Bare does not define reshape\(\)"):
        layer.reshape([], [])
    with pytest.raises(TypeError, match=r"layer type Bare does not define forward\(\)"):
        layer.forward([], [])
    with pytest.raises(LayerError, match="layer type Bare has no gradient, but one is needed here"):
        layer.backward([], [], [])
    assert layer.allow_force_backward(0)
    assert layer.storage_order() == []
    assert repr(layer) == "Bare('l')"


def test_fail_names_layer_type_and_field():
    layer = make_layer(Copy, NAMED)
    with pytest.raises(LayerError) as caught:
        layer.fail("is wrong", field="inner_product_param.axis", hint="try 1")
    assert caught.value.message == 'layer "l" (Copy): is wrong'
    assert (caught.value.field, caught.value.hint) == ("inner_product_param.axis", "try 1")
    assert caught.value.exit_code == 2


FIELDS = {
    "Accuracy": "accuracy_param", "ArgMax": "argmax_param", "BatchNorm": "batch_norm_param",
    "Bias": "bias_param", "CFC": "cfc_param", "CFC_UNIT": "cfc_unit_param", "Clip": "clip_param",
    "Concat": "concat_param", "ContrastiveLoss": "contrastive_loss_param",
    "Convolution": "convolution_param", "Crop": "crop_param", "Data": "data_param",
    "Deconvolution": "convolution_param", "Dropout": "dropout_param",
    "DummyData": "dummy_data_param", "ELU": "elu_param", "Eltwise": "eltwise_param",
    "Embed": "embed_param", "Exp": "exp_param", "Flatten": "flatten_param",
    "HDF5Data": "hdf5_data_param", "HDF5Output": "hdf5_output_param",
    "HingeLoss": "hinge_loss_param", "Im2col": "convolution_param",
    "ImageData": "image_data_param", "InfogainLoss": "infogain_loss_param",
    "InnerProduct": "inner_product_param", "Input": "input_param", "LRN": "lrn_param",
    "LSTM": "recurrent_param", "Log": "log_param", "MEAN_ERROR_LOSS": "mean_error_loss_param",
    "MVN": "mvn_param", "MemoryData": "memory_data_param",
    "MultinomialLogisticLoss": "loss_param", "PReLU": "prelu_param",
    "Parameter": "parameter_param", "Pooling": "pooling_param", "Power": "power_param",
    "Python": "python_param", "RNN": "recurrent_param", "ReLU": "relu_param",
    "Reduction": "reduction_param", "Reshape": "reshape_param", "SPP": "spp_param",
    "Scale": "scale_param", "Sigmoid": "sigmoid_param", "SigmoidCrossEntropyLoss": "loss_param",
    "Slice": "slice_param", "Softmax": "softmax_param", "SoftmaxWithLoss": "softmax_param",
    "Swish": "swish_param", "TanH": "tanh_param", "Threshold": "threshold_param",
    "Tile": "tile_param", "WindowData": "window_data_param",
}  # fmt: skip


@pytest.mark.parametrize(("type_name", "field"), FIELDS.items())
def test_field_of_a_type(type_name, field):
    assert default_parameter_field(type_name) == field


def test_every_layer_field_of_caffe_belongs_to_a_type():
    schema = json.loads((DATA / "caffe_schema.json").read_text(encoding="utf-8"))
    text = json.dumps(schema)
    known = {field for field in FIELDS.values() if field in text}
    described = {
        name for name in layer_param("").DESCRIPTOR.fields_by_name if name.endswith("_param")
    }
    caffe = {name for name in described if f'"{name}"' in text}
    assert caffe - known == {"transform_param"}  # every data layer reads it
    assert set(FIELDS.values()) <= described


def test_tops_have_the_shape_of_the_first_bottom_by_default(registry):
    class Pair(Layer):
        type = "Pair"

    param = registry.schema.new("LayerParameter", name="p", type="Pair")
    bottom, top = [Blob((2, 3)), Blob((7,))], [Blob(), Blob()]
    Pair(param, LayerContext(registry)).initialize(bottom, top)
    assert [blob.shape for blob in top] == [(2, 3), (2, 3)]
    bottom[0].reshape((5, 3))
    Pair(param, LayerContext(registry)).reshape(bottom, [bottom[0]])  # in place
    assert bottom[0].shape == (5, 3)
    with pytest.raises(TypeError, match=r"layer type Pair does not define reshape\(\)"):
        Pair(param, LayerContext(registry)).reshape([], top)
