from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py import NetSpec, layers as L, params as P, to_proto
from mycaffe_py.errors import ConfigError
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry, registry as plugins, use_plugins
from mycaffe_py.plugins.type_fields import own_fields
from mycaffe_py.pycaffe.net_spec import Function, Top
from mycaffe_py.schema import load_net_text

ROOT = Path(__file__).parents[2]


def lenet(batch_size):
    n = NetSpec()
    n.data, n.label = L.DummyData(
        shape=[dict(dim=[batch_size, 1, 28, 28]), dict(dim=[batch_size, 1, 1, 1])],
        transform_param=dict(scale=1 / 255.0),
        ntop=2,
    )
    filler = dict(type="xavier")
    n.conv1 = L.Convolution(n.data, kernel_size=5, num_output=20, weight_filler=filler)
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.ip1 = L.InnerProduct(n.pool1, num_output=500, weight_filler=filler)
    n.relu1 = L.ReLU(n.ip1, in_place=True)
    n.ip2 = L.InnerProduct(n.relu1, num_output=10, weight_filler=filler)
    n.loss = L.SoftmaxWithLoss(n.ip2, n.label)
    return n.to_proto()


def wires(net):
    return [(layer.name, list(layer.bottom), list(layer.top)) for layer in net.layer]


# Names.


def test_layers_and_blobs_are_named_by_the_attribute():
    net = lenet(50)
    assert wires(net) == [
        ("data", [], ["data", "label"]),
        ("conv1", ["data"], ["conv1"]),
        ("pool1", ["conv1"], ["pool1"]),
        ("ip1", ["pool1"], ["ip1"]),
        ("relu1", ["ip1"], ["ip1"]),
        ("ip2", ["ip1"], ["ip2"]),
        ("loss", ["ip2", "label"], ["loss"]),
    ]
    assert net.layer[1].convolution_param.kernel_size == [5]
    assert net.layer[1].convolution_param.weight_filler.type == "xavier"
    assert net.layer[2].pooling_param.pool == P.Pooling.MAX


def test_what_has_no_name_gets_its_type_and_a_number():
    data, label = L.Input(ntop=2)
    hidden = L.ReLU(L.InnerProduct(data, num_output=3), in_place=True)
    net = to_proto(L.EuclideanLoss(L.InnerProduct(hidden, num_output=1), label))
    assert wires(net) == [
        ("Input1", [], ["Input1", "Input2"]),
        ("InnerProduct1", ["Input1"], ["InnerProduct1"]),
        ("ReLU1", ["InnerProduct1"], ["InnerProduct1"]),
        ("InnerProduct2", ["InnerProduct1"], ["InnerProduct2"]),
        ("EuclideanLoss1", ["InnerProduct2", "Input2"], ["EuclideanLoss1"]),
    ]


def test_numbers_avoid_names_that_are_taken():
    n = NetSpec()
    n.ReLU1 = L.Input()
    n.last = L.ReLU(L.ReLU(n.ReLU1))
    assert [layer.name for layer in n.to_proto().layer] == ["ReLU1", "ReLU2", "last"]


def test_a_layer_may_have_a_name_of_its_own():
    n = NetSpec()
    n.x = L.Input(name="data")
    assert wires(n.to_proto()) == [("data", [], ["x"])]


def test_a_layer_without_tops_is_written_if_it_was_assigned():
    n = NetSpec()
    n.data, n.data2 = L.Input(ntop=2)
    n.silence_data = L.Silence(n.data, ntop=0)
    n.silence_data2 = L.Silence(n.data2, ntop=0)
    assert wires(n.to_proto()) == [
        ("data", [], ["data", "data2"]),
        ("silence_data", ["data"], []),
        ("silence_data2", ["data2"], []),
    ]
    assert isinstance(n.silence_data, Function)


def test_only_what_an_assigned_blob_needs_is_written():
    n = NetSpec()
    n.x = L.Input()
    L.ReLU(n.x)
    n.y = L.TanH(L.Sigmoid(n.x))
    assert [layer.type for layer in n.to_proto().layer] == ["Input", "Sigmoid", "TanH"]


def test_one_top_of_its_own_and_several_at_once():
    x = L.Input()
    assert isinstance(x, Top)
    assert [layer.type for layer in L.ReLU(x).to_proto().layer] == ["Input", "ReLU"]
    assert len(to_proto(L.ReLU(x), L.TanH(x)).layer) == 3


def test_a_deep_net():
    top = L.Input()
    for _ in range(3000):
        top = L.ReLU(top, in_place=True)
    assert len(top.to_proto().layer) == 3001


# The spec as a container.


def test_a_spec_by_items():
    n = NetSpec()
    n["a/b"] = L.Input()
    n.update({"c": L.ReLU(n["a/b"])})
    assert n.keys() == ["a/b", "c"] and n.vals()[1] is n.c is n["c"] and list(n) == n.keys()
    assert "c" in n and "d" not in n and "c" in dir(n)
    del n.c
    assert list(n.tops) == ["a/b"]
    assert list(copy.copy(n).tops) == ["a/b"]


def test_the_last_name_of_a_blob_counts():
    n = NetSpec()
    n.first = L.Input()
    n.second = n.first
    assert wires(n.to_proto()) == [("second", [], ["second"])]


@pytest.mark.parametrize(
    ("get", "error"),
    [(lambda n: n.lable, AttributeError), (lambda n: n["lable"], KeyError)],
)
def test_a_name_that_is_not_there(get, error):
    n = NetSpec()
    n.label = L.Input()
    with pytest.raises(error, match='no "lable"; did you mean "label"'):
        get(n)


def test_only_tops_can_be_assigned():
    n = NetSpec()
    with pytest.raises(TypeError, match=r"n\.x must be what L\.Type\(\.\.\.\) returns, not int"):
        n.x = 3
    with pytest.raises(TypeError, match="needs as many names: n.a, n.b"):
        n.x = L.Input(ntop=2)
    with pytest.raises(TypeError, match=r"ReLU input 0 is not a Top \(type is <class 'str'>\)"):
        L.ReLU("data")


# Settings.


def test_lists_dicts_and_single_values():
    layer = (
        L.Convolution(
            L.Input(),
            kernel_size=[3, 5],
            pad=1,
            param=[dict(lr_mult=1), dict(lr_mult=2, name="b")],
            loss_weight=0.5,
            include=dict(phase="TEST", stage="deploy"),
            convolution_param=dict(bias_filler=dict(type="constant", value=0.1)),
        )
        .to_proto()
        .layer[1]
    )
    assert layer.convolution_param.kernel_size == [3, 5] and layer.convolution_param.pad == [1]
    assert [spec.lr_mult for spec in layer.param] == [1, 2] and layer.param[1].name == "b"
    assert layer.loss_weight == [0.5]
    assert layer.include[0].phase == 1 and layer.include[0].stage == ["deploy"]
    assert layer.convolution_param.bias_filler.value == pytest.approx(0.1)


def test_numpy_values_enum_names_and_messages():
    shape = default_registry().schema.new("BlobShape", dim=[2, 3])
    layer = L.Input(shape=shape, name=str(np.str_("x"))).to_proto().layer[0]
    assert layer.input_param.shape[0].dim == [2, 3]
    layer = L.Pooling(L.Input(), pool="ave", kernel_size=np.int64(3)).to_proto().layer[1]
    assert layer.pooling_param.pool == P.Pooling.AVE and layer.pooling_param.kernel_size == 3
    layer = L.Input(shape=dict(dim=np.array([4, 5]))).to_proto().layer[0]
    assert layer.input_param.shape[0].dim == [4, 5]


def test_a_field_of_two_messages_means_the_first():
    layer = L.CFC(L.Input(), hidden_size=7, backbone_units=5).to_proto().layer[1]
    assert layer.cfc_param.hidden_size == 7 and not layer.cfc_unit_param.HasField("hidden_size")
    assert layer.cfc_unit_param.backbone_units == 5
    layer = L.CFC(L.Input(), cfc_unit_param=dict(hidden_size=7)).to_proto().layer[1]
    assert layer.cfc_unit_param.hidden_size == 7


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda x: L.InnerProduct(x, num_outptu=3),
            'L.InnerProduct: no field "num_outptu" in inner_product_param or LayerParameter '
            '(did you mean "num_output"?)',
        ),
        (
            lambda x: L.InnerProduct(x, inner_product_parm={}),
            'did you mean "inner_product_param"?',
        ),
        (
            lambda x: L.InnerProduct(x, weight_filler=dict(tpye="x")),
            'L.InnerProduct: inner_product_param.weight_filler: no field "tpye" in FillerParameter '
            '(did you mean "type"?)',
        ),
        (
            lambda x: L.InnerProduct(x, num_output=2.5),
            'inner_product_param: "num_output" takes an integer (uint32), not 2.5',
        ),
        (lambda x: L.InnerProduct(x, num_output="three"), "an integer (uint32), not 'three'"),
        (lambda x: L.InnerProduct(x, num_output=-1), "takes an integer (uint32), not -1"),
        (lambda x: L.InnerProduct(x, num_output=None), "takes an integer (uint32), not None"),
        (
            lambda x: L.Pooling(x, pool="MXA"),
            "takes a value of PoolingParameter.PoolMethod, not 'MXA' (did you mean \"MAX\"?)",
        ),
        (lambda x: L.Pooling(x, pool=9), "values: MAX, AVE, STOCHASTIC"),
        (
            lambda x: L.Input(shape=[3, 4]),
            "input_param.shape takes a dict of BlobShape's fields, not 3 (fields: dim)",
        ),
        (
            lambda x: L.InnerProdct(x, num_output=3),
            'offers the layer type "InnerProdct"; did you mean "InnerProduct"?',
        ),
        (lambda x: L.Input(in_place=True), "L.Input: in_place needs an input"),
    ],
)
def test_settings_that_do_not_fit_fail_where_they_are_written(make, words):
    with pytest.raises(ConfigError) as caught:
        make(L.Input())
    assert words in str(caught.value)


def test_every_registered_layer_takes_its_own_fields():
    registry = default_registry()
    known = registry.schema.message_info("LayerParameter").fields
    for offered in registry.layers.classes():
        make = getattr(L, offered.type)
        for name in own_fields(offered, "layers", known):
            if not known[name].message:
                continue
            assert make(ntop=0, **{name: {}}).layer_parameter().HasField(name)


def test_values_of_enums():
    assert (P.Pooling.MAX, P.Pooling.AVE, P.Data.LMDB, P.Eltwise.SUM) == (0, 1, 1, 1)
    assert P.CfcUnit.RELU == 1
    assert "Pooling" in dir(P) and "AVE" in dir(P.Pooling) and "InnerProduct" in dir(L)
    with pytest.raises(AttributeError, match='no message PoolParameter; did you mean "Pooling"'):
        P.Pool  # noqa: B018
    with pytest.raises(AttributeError, match="PoolingParameter has no value MIN"):
        P.Pooling.MIN  # noqa: B018


# What is written can be read.


def test_the_text_is_read_back_equal():
    net = lenet(7)
    assert load_net_text(default_registry().schema, str(net)).message == net


def test_a_net_of_a_spec_runs():
    n = NetSpec()
    n.data, n.target = L.Input(shape=[dict(dim=[2, 3]), dict(dim=[2, 4])], ntop=2)
    n.ip = L.InnerProduct(n.data, num_output=4, weight_filler=dict(type="xavier"))
    n.act = L.ReLU(n.ip, in_place=True)
    n.loss = L.EuclideanLoss(n.act, n.target)
    net = Net(n.to_proto())
    net.forward_backward()
    assert net.params["ip"][0].shape == (4, 3) and net.outputs == ["loss"]


def test_a_layer_of_a_plugin(monkeypatch):
    before = L.Input(shape=dict(dim=[2])).to_proto()
    monkeypatch.setattr(plugins, "_default", None)
    use_plugins(str(ROOT / "examples" / "plugins" / "gate.py"))
    assert Net(before).inputs == ["Input1"]  # a message of the registry before
    layer = L.Gate(L.Input(), scale=2).to_proto().layer[1]
    assert layer.gate_param.scale == 2
    with pytest.raises(ConfigError, match='did you mean "scale"'):
        L.Gate(L.Input(), scael=2)
