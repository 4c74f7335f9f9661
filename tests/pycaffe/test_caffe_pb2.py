from __future__ import annotations

import pytest
from google.protobuf import text_format

import mycaffe_py as caffe
from mycaffe_py.pycaffe.proto import caffe_pb2
from mycaffe_py.pycaffe.proto.caffe_pb2 import NetParameter


def test_messages_enums_and_values():
    assert caffe.proto.caffe_pb2 is caffe_pb2
    assert (caffe_pb2.TRAIN, caffe_pb2.TEST) == (caffe.TRAIN, caffe.TEST) == (0, 1)
    assert caffe_pb2.Phase.Name(1) == "TEST" and caffe_pb2.Phase.Value("TRAIN") == 0
    assert caffe_pb2.PoolingParameter.AVE == 1
    assert caffe_pb2.PoolingParameter.PoolMethod.items()[0] == ("MAX", 0)
    assert caffe_pb2.V1LayerParameter.LayerType.Value("CONVOLUTION") == 4
    assert caffe_pb2.LayerParameter.DESCRIPTOR.full_name == "caffe.LayerParameter"
    assert caffe_pb2.DESCRIPTOR.package == "caffe"


@pytest.mark.parametrize(
    "name",
    [
        "BlobProto", "BlobProtoVector", "BlobShape", "ConvolutionParameter", "Datum", "FillerParameter",
        "LayerParameter", "NetParameter", "NetState", "NetStateRule", "ParamSpec", "SolverParameter",
        "SolverState", "TransformationParameter", "V1LayerParameter",
    ],
)  # fmt: skip
def test_every_message_can_be_made(name):
    message = getattr(caffe_pb2, name)()
    assert type(message).FromString(message.SerializeToString()) == message
    assert name in dir(caffe_pb2)


def test_protobufs_text_format_takes_the_messages():
    net = NetParameter()
    text_format.Merge('name: "n" layer { name: "x" type: "CFC" cfc_param { hidden_size: 3 } }', net)
    again = text_format.Parse(text_format.MessageToString(net), NetParameter())
    assert again == net and again.layer[0].cfc_param.hidden_size == 3
    assert net.layer[0].HasField("cfc_param") and not net.layer[0].HasField("phase")


def test_names_of_older_protoc_modules():
    assert caffe_pb2._LAYERPARAMETER is caffe_pb2.LayerParameter.DESCRIPTOR
    values = caffe_pb2._V1LAYERPARAMETER_LAYERTYPE.values_by_name
    assert values["RELU"].number == 18


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match='"?NetParam"?.*did you mean'):
        caffe_pb2.NetParamter  # noqa: B018
    with pytest.raises(AttributeError):
        caffe_pb2._NOTHING  # noqa: B018
    assert not hasattr(caffe_pb2, "__path__")
