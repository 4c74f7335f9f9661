"""Cards lie apart, wires lead around them, labels are legible, and branches keep the order of the file."""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path

import pytest

from mycaffe_py.builder import load_model
from mycaffe_py.drawing import card_graph
from mycaffe_py.drawing.card_sizes import BLOB, LINE, NAME, SHAPE, TYPE
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net.known_shapes import known_shapes
from mycaffe_py.plugins import default_registry
from mycaffe_py.resources import resource_path

from .nets import card_named, inception, read

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
