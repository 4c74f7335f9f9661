"""Cards lie apart, wires lead around them, labels are legible, and branches keep the order of the file."""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path

import pytest

from mycaffe_py.builder import load_model
from mycaffe_py.drawing import card_graph, layer_group, layer_summary
from mycaffe_py.drawing.card_sizes import BLOB, LINE, NAME, SHAPE, TYPE
from mycaffe_py.drawing.known_shapes import known_shapes
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import TEST, TRAIN, Layer, LossLayer
from mycaffe_py.plugins import LAYER_GROUPS, default_registry
from mycaffe_py.resources import resource_path

from .nets import LENET, inception, read

DATA = Path(__file__).parents[1] / "data"
SHIPPED = sorted(path.name for path in resource_path("models").glob("*.prototxt"))
LARGE = ("googlenet.prototxt", "resnet50.prototxt")
PHASES = {"TRAIN": TRAIN, "TEST": TEST, "ALL": None}


def net_of(name):
    if name == "unfinished":
        return read(UNFINISHED, default_registry())
    return load_model(DATA / name if name in LARGE else name).message


def some_shapes(net):
    """Shapes for all tops, as wide as those of real nets."""
    return {
        (index, top): (128, 1024, 28, 28)
        for index, each in enumerate(net.layer)
        for top in each.top
    }


# A net that is being edited: bottoms that nothing makes yet, beside ones that are there.
UNFINISHED = """
layer { name: "data" type: "Input" top: "x" top: "target" input_param { shape { dim: 1 dim: 8 } } }
layer { name: "cfc" type: "CFC" bottom: "a_blob_with_a_long_name" bottom: "x" bottom: "another_missing_one" bottom: "x"
  top: "xhat" top: "a_second_top_with_a_name" }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "targt" top: "loss" }
layer { name: "alone" type: "ReLU" bottom: "nowhere" top: "nowhere" }
"""


@pytest.fixture(
    params=itertools.product([*SHIPPED, *LARGE, "unfinished"], PHASES, ("shapes", "no shapes")),
    ids="-".join,
)
def graph(request):
    return graph_of(*request.param)


@cache
def graph_of(name, phase, shaped):
    net = net_of(name)
    shapes = some_shapes(net) if shaped == "shapes" else {}
    return card_graph(net, default_registry(), phase=PHASES[phase], shapes=shapes)


def drawn(name, registry, phase=TRAIN):
    return card_graph(net_of(name), registry, phase=phase)


def of_text(text, registry, phase=None, **options):
    return card_graph(read(text, registry), registry, phase=phase, **options)


def card_named(graph, name):
    return next(card for card in graph.cards if card.name == name)


def box(card):
    return card.x, card.y, card.x + card.width, card.y + card.height


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def label_box(wire):
    label = wire.label
    width = BLOB.width(label.text)
    bottom = label.y + 2
    if wire.shape is not None:
        width, bottom = max(width, SHAPE.width(wire.shape)), label.shape_y + 2
    assert label.anchor == "start"
    return label.x, label.y - 9, label.x + width, bottom


def points_of(path):
    """Points along an SVG path of M, V, L and C."""
    found, x, y = [], 0.0, 0.0
    for letter, rest in re.findall(r"([MVLC])([^MVLC]*)", path):
        numbers = [float(each) for each in rest.split()]
        if letter == "M":
            x, y = numbers
            found.append((x, y))
            continue
        if letter == "V":
            numbers = [x, *numbers]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        controls = [(x, y), *ends]
        for step in range(1, 21):
            level = controls
            while len(level) > 1:
                level = [
                    (a[0] + (b[0] - a[0]) * step / 20, a[1] + (b[1] - a[1]) * step / 20)
                    for a, b in itertools.pairwise(level)
                ]
            found.append(level[0])
        x, y = ends[-1]
    return found


# Nothing lies on anything else.


def test_no_card_lies_on_another_one(graph):
    boxes = sorted(map(box, graph.cards), key=lambda each: each[1])
    assert not [1 for a, b in itertools.combinations(boxes, 2) if overlap(a, b)]


def test_everything_lies_in_the_picture(graph):
    labels = [label_box(wire) for wire in graph.wires if wire.label]
    for left, top, right, bottom in (*map(box, graph.cards), *labels):
        assert left >= 0 and top >= 0 and right <= graph.width and bottom <= graph.height
    for wire in graph.wires:
        assert all(
            0 <= x <= graph.width and 0 <= y <= graph.height for x, y in points_of(wire.path)
        )


def test_no_label_lies_on_a_card_or_on_another_label(graph):
    labels = [label_box(wire) for wire in graph.wires if wire.label]
    assert not [1 for a, b in itertools.combinations(labels, 2) if overlap(a, b)]
    assert not [1 for a, b in itertools.product(labels, map(box, graph.cards)) if overlap(a, b)]


def test_no_wire_runs_through_a_card_or_a_label(graph):
    boxes = [*map(box, graph.cards), *(label_box(wire) for wire in graph.wires if wire.label)]
    for wire in graph.wires:
        for x, y in points_of(wire.path):
            assert not any(b[0] < x < b[2] and b[1] + 0.1 < y < b[3] for b in boxes), wire.blob


def test_wires_lead_down_from_port_to_port(graph):
    for wire in graph.wires:
        points = points_of(wire.path)
        assert all(b[1] >= a[1] - 0.05 for a, b in itertools.pairwise(points))
        for port, point in ((wire.out, points[0]), (wire.into, points[-1])):
            assert port is None or point == pytest.approx((port.x, port.y), abs=0.1)


def test_each_blob_is_labelled_once_below_the_card_that_makes_it(graph):
    made = [port for card in graph.cards for port in card.outputs]
    labelled = [wire.out for wire in graph.wires if wire.label and wire.out]
    assert len(labelled) == len(made) and set(labelled) == set(made)
    for wire in graph.wires:
        if wire.label and wire.source is not None:
            bottom = wire.source.y + wire.source.height
            assert wire.label.text == wire.blob and 0 < wire.label.y - bottom < 20


def test_texts_and_chips_fit_into_their_cards(graph):
    for card in graph.cards:
        widths = [NAME.width(card.title), TYPE.width(card.subtitle), *map(LINE.width, card.lines)]
        assert all(24 + width <= card.width - 12 for width in widths)
        left, top, right, bottom = box(card)
        for chip in card.chips:
            assert left + 20 < chip.x and chip.x + chip.width < right - 10
            assert top + 46 < chip.y and chip.y + chip.height < bottom - 6
        for port in (*card.inputs, *card.outputs):
            assert left + 10 < port.x < right - 10


def test_a_picture_is_the_same_each_time(registry):
    pictures = [drawn("googlenet.prototxt", registry).as_json() for _ in range(2)]
    assert pictures[0] == pictures[1]


# Order and shape.


@pytest.mark.parametrize("phase", [TRAIN, TEST, None])
def test_the_branches_of_googlenet_keep_the_order_of_the_file(registry, phase):
    graph = drawn("googlenet.prototxt", registry, phase)
    for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        names = ("1x1", "3x3_reduce", "5x5_reduce", "pool")
        row = [card_named(graph, f"inception_{block}/{name}") for name in names]
        assert [card.x for card in row] == sorted(card.x for card in row)
        assert len({card.y for card in row}) == 1


def test_googlenet_has_a_card_for_each_layer_that_does_not_work_in_place(registry):
    graph = drawn("googlenet.prototxt", registry)
    assert len(graph.cards) == 95 and sum(len(card.chips) for card in graph.cards) == 64
    train = [each for each in net_of("googlenet.prototxt").layer if not each.include]
    assert len(train) == 95 + 64


def test_a_block_of_four_branches_stands_symmetrically(registry):
    graph = card_graph(inception(1), registry)
    row = sorted((card for card in graph.cards if card.name.endswith("/0")), key=lambda c: c.x)
    assert [card.name for card in row] == ["0/0/0", "0/1/0", "0/2/0", "0/3/0"]
    middle = (row[0].x + row[3].x + row[3].width) / 2
    joined = card_named(graph, "0/output")
    assert joined.x + joined.width / 2 == pytest.approx(middle, abs=30)


def test_an_unbranched_line_is_straight(registry):
    graph = drawn("resnet50.prototxt", registry)
    for block in ("2a", "3d", "4f", "5c"):
        line = [card_named(graph, f"res{block}_branch2{part}") for part in "abc"]
        middles = [card.x + card.width / 2 for card in line]
        assert middles == pytest.approx([middles[0]] * 3, abs=0.01)


def test_the_three_cards_of_the_tutorials_net(registry):
    net = net_of("LiquidNetCfc.prototxt")
    shapes = known_shapes(net, registry, TRAIN)
    graph = card_graph(net, registry, phase=TRAIN, shapes=shapes, weights={1: 87617})
    assert [(card.name, card.group, card.lines) for card in graph.cards] == [
        ("data", "data", []),
        ("cfc1", "liquid", ["87,617 weights"]),
        ("loss", "loss", []),
    ]
    assert [(wire.blob, wire.shape) for wire in graph.wires if wire.label] == [
        ("x", "1 x 82 x 1"),
        ("tt", "1 x 82 x 1"),
        ("mask", "1 x 82 x 1"),
        ("xhat", "1 x 1"),
        ("target", "1 x 1"),
        ("loss", "scalar"),
    ]
    assert graph.width < 420 and graph.height < 460
    ports = [port.x for port in graph.cards[0].outputs]
    assert ports == sorted(ports)


def test_wires_cross_only_where_they_have_to(registry):
    """Of a classifier and its labels, both read by n layers, n (n - 1) / 2 pairs of wires cross."""
    assert crossings(drawn("googlenet.prototxt", registry, TRAIN)) == 0
    assert crossings(drawn("resnet50.prototxt", registry, TRAIN)) == 0
    assert crossings(drawn("LiquidNetCfc.prototxt", registry, TRAIN)) == 0
    assert crossings(drawn("Siamese.prototxt", registry, TRAIN)) == 0
    assert crossings(drawn("googlenet.prototxt", registry, TEST)) == 3 * 3
    assert crossings(drawn("resnet50.prototxt", registry, TEST)) == 1


def crossings(graph):
    """Count pairs of wires, of different blobs, that change sides between two levels of the picture."""
    lines = {}
    for wire in graph.wires:
        for x, y in points_of(wire.path):
            lines.setdefault(wire, {})[round(y, 1)] = x
    count = 0
    for a, b in itertools.combinations(lines, 2):
        if a.out is b.out:
            continue
        shared = sorted(lines[a].keys() & lines[b].keys())
        sides = [lines[a][y] < lines[b][y] for y in shared if lines[a][y] != lines[b][y]]
        count += sum(one != other for one, other in itertools.pairwise(sides))
    return count


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
    graph = drawn("SmallResNet.prototxt", registry, None)
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
