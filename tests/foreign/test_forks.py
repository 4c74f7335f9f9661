"""Layers and fields of forks that are not here: nothing in the tables is, and messages say which fork it is of."""

from __future__ import annotations

import re

import pytest

from mycaffe_py.foreign import accepted_fields, fork_fields, forks, types, words

KINDS = ("layer", "solver", "filler", "gym", "trainer", "lr_policy")


def test_no_type_of_the_table_is_here(registry):
    assert [name for name in forks.all_types() if name in registry.layers] == []


def test_no_field_of_the_table_is_here(registry):
    messages = registry.schema.catalog.messages
    found = fork_fields.all_fields()
    assert [message for message, _ in found if message not in messages] == []
    assert [each for each in found if each[1] in messages[each[0]].fields] == []


def test_no_field_of_the_table_is_accepted():
    found = fork_fields.all_fields()
    assert [each for each in found if accepted_fields.fork_field(*each) is not None] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_type_of_other_tools_is_here(registry, kind):
    catalog = registry.catalog(f"{kind}s" if kind != "lr_policy" else "lr_policies")
    assert [word for word in types.words(kind) if word in catalog] == []


def test_the_table():
    names = forks.all_types()
    assert len(names) == len(set(names)) > 150
    assert [name for name in names if words.folded(name) != name] == []
    for name in names:
        fork = forks.fork_of(name)
        assert fork and re.fullmatch(r"[\w.-]+/[\w.-]+", fork.repository), name
    assert forks.fork_of("Convolution") is None and forks.fork_of("") is None


@pytest.mark.parametrize(
    ("name", "fork"),
    [
        ("FlowWarp", "FlowNet2"),
        ("VideoData", "TSN"),
        ("ColorConv", "colorization"),
        ("InnerDistance", "NormFace's and caffe-windows' Caffe"),
        ("BoxGroupOutput", "MS-CNN and Cascade R-CNN"),
        ("QuantizationLoss", "deep hashing"),
        ("Flow_Warp", "FlowNet2"),
        ("MultiStageMeanfield", "CRF-as-RNN"),
        ("CtcLoss", "the CTC and LSTM fork"),
        ("WarpCTCLoss", "Baidu's warp-ctc in Caffe"),
        ("CPMData", "OpenPose's first fork"),
        ("FixedNeuron", "Xilinx (DeePhi)"),
        ("Convolution3D", "C3D"),
        ("NdConvolution", "video-caffe"),
        ("RegionLoss", "YOLO in Caffe"),
        ("LargeMarginInnerProduct", "Large-Margin Softmax"),
        ("CapsuleRouting", "capsule nets in Caffe"),
        ("ConvolutionRistretto", "Ristretto"),
        ("TransformerBlock", "MyCaffe"),
    ],
)
def test_forks(name, fork):
    found = forks.fork_of(name)
    assert found and found.name == fork


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("rpn.proposal_layer", "py-faster-rcnn"),
        ("caffe.layers.detectnet.clustering", "NVIDIA"),
        ("voc_layers", "FCN"),
        ("rpnx", None),
        ("caffe.layers", None),
        ("", None),
    ],
)
def test_modules_of_python_layers(module, name):
    found = forks.fork_of_module(module)
    assert (found and found.name) == name


def test_hints_of_fields():
    hint = fork_fields.fork_field_hint
    assert hint("NetParameter", "quantize") == (
        "of Xilinx (DeePhi) (github.com/Xilinx/Vitis-AI): it sets numbers of few bits; leave it out, and the net "
        "computes in floating point"
    )
    assert hint("LayerParameter", "odd_param", "FlowWarp") == (
        "of FlowNet2 (github.com/lmb-freiburg/flownet2), as its layer type FlowWarp"
    )
    assert hint("LayerParameter", "odd_param", "Convolution") is None
    assert hint("LayerParameter", "odd", "FlowWarp") is None
    assert hint("Nothing", "engine") is None
