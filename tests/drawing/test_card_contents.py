"""What is on a card: chips, phases, texts, groups; and what of it a page gets."""

from __future__ import annotations

import re

import pytest

from mycaffe_py.builder import load_model
from mycaffe_py.drawing import card_graph, layer_group, layer_summary
from mycaffe_py.drawing.card_sizes import NAME
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import TRAIN, Layer, LossLayer
from mycaffe_py.plugins import LAYER_GROUPS

from .nets import LENET, card_named, of_text, read

# Chips and phases.

HEAD = """layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 4 } }
"""


def chips(graph):
    return {card.name: [chip.name for chip in card.chips] for card in graph.cards}


def test_layers_in_place_are_chips_on_the_card_that_made_their_blob(registry):
    text = (
        HEAD
        + """
    layer { name: "relu" type: "ReLU" bottom: "fc" top: "fc" }
    layer { name: "drop" type: "Dropout" bottom: "fc" top: "fc" }
    layer { name: "quiet" type: "Silence" bottom: "fc" }"""
    )
    graph = of_text(text, registry)
    assert chips(graph) == {"data": [], "fc": ["relu", "drop"], "quiet": []}
    first = card_named(graph, "fc").chips[0]
    assert (first.index, first.type, first.group, first.text) == (2, "ReLU", "activation", "ReLU")


def test_a_layer_in_place_on_a_blob_that_was_read_before_is_a_card(registry):
    text = (
        HEAD
        + """
    layer { name: "early" type: "Silence" bottom: "fc" }
    layer { name: "relu" type: "ReLU" bottom: "fc" top: "fc" }
    layer { name: "late" type: "Silence" bottom: "fc" }"""
    )
    graph = of_text(text, registry)
    assert [card.name for card in graph.cards] == ["data", "fc", "early", "relu", "late"]
    ends = {(wire.source.name, wire.target.name) for wire in graph.wires}
    assert ends == {("data", "fc"), ("fc", "early"), ("fc", "relu"), ("relu", "late")}


def test_a_layer_of_two_bottoms_is_a_card_though_it_works_in_place(registry):
    text = HEAD + 'layer { name: "scale" type: "Scale" bottom: "fc" bottom: "x" top: "fc" }'
    graph = of_text(text, registry)
    assert [card.name for card in graph.cards] == ["data", "fc", "scale"]
    assert len(card_named(graph, "scale").inputs) == 2


def test_layers_of_other_phases_are_left_out_or_marked(registry):
    train = of_text(LENET, registry, TRAIN)
    assert [card.index for card in train.cards] == [0, 2, 3, 4, 7]
    assert train.cards[0].phase == "TRAIN" and train.cards[1].phase is None
    everything = of_text(LENET, registry)
    assert [card.index for card in everything.cards] == [0, 1, 2, 3, 4, 6, 7]
    into_conv = [w.source.index for w in everything.wires if w.target and w.target.name == "conv1"]
    assert into_conv == [0, 1]
    into_accuracy = {w.source.index for w in everything.wires if w.target and w.target.index == 6}
    assert into_accuracy == {1, 4}, "of the data layers, accuracy reads the one for TEST"


def test_layers_that_a_stage_brings_in_stand_beside_those_of_the_phases(registry):
    graph = card_graph(load_model("SmallResNet.prototxt").message, registry)
    into = [w.source.index for w in graph.wires if w.target and w.target.name == "conv1"]
    assert into == [0, 1, 2]
    prob = card_named(graph, "prob")
    assert prob.phase is None and prob.inputs[0].blob == "score"


def test_wires_from_and_to_nowhere_are_short(registry):
    text = 'layer { name: "fc" type: "InnerProduct" bottom: "missing" top: "fc" }'
    graph = of_text(text, registry)
    into, out = graph.wires
    assert (into.source, into.label.text, into.label.y) == (None, "missing", into.label.shape_y)
    assert (out.target, out.label.text) == (None, "fc")
    card = graph.cards[0]
    assert into.label.y < card.y < card.y + card.height < out.label.y
    data = graph.as_json()
    assert [(wire["from"], wire["to"]) for wire in data["wires"]] == [(None, 0), (0, None)]


def test_unknown_types_and_empty_nets_are_drawn(registry):
    graph = of_text('layer { name: "new" type: "NoSuchType" top: "y" }', registry)
    assert (graph.cards[0].group, graph.cards[0].subtitle) == ("other", "NoSuchType")
    empty = of_text('name: "Empty"', registry)
    assert (empty.cards, empty.wires) == ([], [])


def test_very_long_names_are_shortened_in_their_middle(registry):
    name = "a" * 300 + "z" * 300
    graph = of_text(f'layer {{ name: "{name}" type: "Input" top: "{name}" }}', registry)
    card = graph.cards[0]
    assert card.name == name and card.width < 400
    assert re.fullmatch(r"a+\u2026a*", card.title) and NAME.width(card.title) <= 320
    assert len(graph.wires[0].label.text) < 60


def test_a_net_whose_blobs_pass_too_many_layers_is_refused(registry):
    lines = ['layer { name: "d" type: "Input" top: "b0" }']
    lines += [
        f'layer {{ name: "e{n}" type: "Eltwise" bottom: "b{n}" bottom: "b{n // 2}" top: "b{n + 1}" }}'
        for n in range(600)
    ]
    with pytest.raises(ConfigError, match="pass too many layers"):
        of_text("\n".join(lines), registry)


def test_another_measure_sets_the_sizes(registry):
    from mycaffe_py.drawing.card_sizes import measure

    def tall(card):
        measure(card)
        card.height = 500.0
        for port in card.outputs:
            port.y = 500.0

    graph = of_text(HEAD, registry, measure=tall)
    assert {card.height for card in graph.cards} == {500.0} and graph.height > 1000


def test_the_json_has_what_a_page_draws(registry):
    data = of_text(LENET, registry, TRAIN).as_json()
    assert set(data) == {"w", "h", "cards", "wires"}
    card = next(card for card in data["cards"] if card["name"] == "ip1")
    assert set(card) == {
        "index", "name", "type", "group", "title", "subtitle", "lines", "loss", "phase",
        "x", "y", "w", "h", "chips", "ports",
    }  # fmt: skip
    assert [chip["text"] for chip in card["chips"]] == ["ReLU"]
    assert [port["blob"] for port in card["ports"]["in"]] == ["pool1"]
    wire = next(wire for wire in data["wires"] if wire["blob"] == "pool1")
    assert (wire["from"], wire["to"]) == (3, 4) and wire["d"].startswith("M")
    assert set(wire["label"]) == {"x", "y", "anchor", "text", "shape_y"}


# What cards say.


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ('type: "Convolution" convolution_param { num_output: 8 kernel_size: 3 stride: 2 }',
         "3x3, stride 2, 8 outputs"),
        ('type: "Convolution" convolution_param { num_output: 8 kernel_h: 1 kernel_w: 3 }', "1x3, 8 outputs"),
        ('type: "Pooling" pooling_param { pool: AVE global_pooling: true }', "AVE global"),
        ('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 }', "MAX 2x2, stride 2"),
        ('type: "InnerProduct" inner_product_param { num_output: 10 }', "10 outputs"),
        ('type: "Data" data_param { batch_size: 64 }', "batch of 64"),
        ('type: "SoftmaxWithLoss" loss_weight: 0.3', "loss weight 0.3"),
        ('type: "SoftmaxWithLoss" loss_weight: 1', ""),
        ('type: "CFC"', ""),
    ],
)  # fmt: skip
def test_a_summary_names_the_main_settings(registry, text, summary):
    assert layer_summary(read(f'layer {{ name: "a" {text} }}', registry).layer[0]) == summary


def test_every_layer_type_has_a_group(registry):
    groups = {cls.type: layer_group(cls) for cls in registry.layers.classes()}
    assert set(groups.values()) == set(LAYER_GROUPS)
    for group, types in {
        "data": ("Input", "Data", "DummyData", "Parameter"),
        "liquid": ("CFC", "CFC_UNIT", "LTC_UNIT"),
        "conv": ("Convolution", "Deconvolution"),
        "dense": ("InnerProduct", "LSTM", "RNN", "Embed"),
        "norm": ("BatchNorm", "LRN", "MVN", "Scale", "Bias", "Standardize"),
        "pool": ("Pooling", "SPP"),
        "loss": ("SoftmaxWithLoss", "MEAN_ERROR_LOSS", "ContrastiveLoss"),
        "activation": ("ReLU", "Sigmoid", "Dropout", "PReLU", "SiLU"),
        "shape": ("Concat", "Slice", "Reshape", "Flatten", "Split", "Crop"),
        "other": ("Accuracy", "Silence", "Eltwise"),
    }.items():
        assert {groups[each] for each in types} == {group}


def test_a_plugins_layer_chooses_its_group_or_gets_one():
    class Own(Layer):
        group = "liquid"

    class Source(Layer):
        exact_num_bottom_blobs = 0

    class Cost(LossLayer):
        pass

    class Odd(Layer):
        group = "no such group"

    assert [layer_group(cls) for cls in (Own, Source, Cost, Odd, Layer)] == [
        "liquid", "data", "loss", "other", "other",
    ]  # fmt: skip
