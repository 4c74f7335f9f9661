"""Nets to draw; the layers of some of them need not exist."""

from __future__ import annotations

from mycaffe_py.drawing import card_graph
from mycaffe_py.pycaffe.proto import caffe_pb2
from mycaffe_py.schema import load_net_text


def read(text, registry):
    return load_net_text(registry.schema, text).message


LENET = """
name: "LeNet"
layer { name: "mnist" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  data_param { source: "train" batch_size: 64 } }
layer { name: "mnist" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "test" batch_size: 100 } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 20 kernel_size: 5 } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_h: 2 kernel_w: 3 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1" inner_product_param { num_output: 500 } }
layer { name: "relu1" type: "ReLU" bottom: "ip1" top: "ip1" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip1" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip1" bottom: "label" top: "loss" }
"""

KNOWN = """
name: "Known"
layer { name: "data" type: "Input" top: "x" top: "y"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 1 } }
layer { name: "act" type: "TanH" bottom: "ip" top: "ip" }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "y" top: "loss" }
"""


def inception(blocks=2):
    """Return blocks of four branches that are brought together."""
    net = caffe_pb2.NetParameter(name="Inception")
    net.layer.add(name="data", type="Input", top=["data"])
    net.layer[0].input_param.shape.add(dim=[1, 8, 4, 4])
    bottom = "data"
    for block in range(blocks):
        ends = []
        for branch, length in enumerate((1, 2, 2, 3)):
            top = bottom
            for step in range(length):
                name = f"{block}/{branch}/{step}"
                kind = "Convolution" if step % 2 == 0 else "Pooling"
                net.layer.add(name=name, type=kind, bottom=[top], top=[name])
                net.layer.add(name=f"{name}/relu", type="ReLU", bottom=[name], top=[name])
                top = name
            ends.append(top)
        bottom = f"{block}/output"
        net.layer.add(name=bottom, type="Concat", bottom=ends, top=[bottom])
    return net


def of_text(text, registry, phase=None, **options):
    return card_graph(read(text, registry), registry, phase=phase, **options)


def card_named(graph, name):
    return next(card for card in graph.cards if card.name == name)
