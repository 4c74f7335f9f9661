"""No boxes lie on one another, arrows lead forward, and straight lines are straight."""

from __future__ import annotations

import itertools

import pytest

from mycaffe_py.drawing.graph import build_graph
from mycaffe_py.drawing.layout import lay_out
from mycaffe_py.drawing.shapes import curves, label_place
from mycaffe_py.drawing.sizes import FONT_SIZE, label_width, text_width

from .nets import KNOWN, LENET, inception, read

RANKDIRS = ("LR", "TB", "BT", "RL")
NETS = ("lenet", "known", "inception", "shipped")


@pytest.fixture(params=itertools.product(NETS, RANKDIRS), ids="-".join)
def laid_out(request, registry):
    """Return (graph, rankdir, width, height) of each net in each direction."""
    name, rankdir = request.param
    if name == "shipped":
        from mycaffe_py.builder import load_model

        net = load_model("LiquidNetCfc.prototxt").message
    else:
        net = (
            inception(3)
            if name == "inception"
            else read({"lenet": LENET, "known": KNOWN}[name], registry)
        )
    graph = build_graph(net, rankdir)
    labelled = {edge.target: edge for edge in graph.edges if edge.target.is_blob}
    for edge in graph.edges:
        edge.label = "64 x 20 x 24 x 24" if edge in labelled.values() else ""
    return graph, rankdir, *lay_out(graph, rankdir)


def box(node):
    return (
        node.x - node.width / 2, node.y - node.height / 2, node.x + node.width / 2, node.y + node.height / 2,
    )  # fmt: skip


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_no_box_lies_on_another_one(laid_out):
    graph, *_ = laid_out
    boxes = [box(node) for node in graph.nodes]
    assert not [1 for a, b in itertools.combinations(boxes, 2) if overlap(a, b)]


def test_everything_lies_in_the_picture(laid_out):
    graph, _, width, height = laid_out
    for node in graph.nodes:
        left, top, right, bottom = box(node)
        assert left >= 0 and top >= 0 and right <= width and bottom <= height
    for x, y in (point for edge in graph.edges for point in edge.points):
        assert 0 <= x <= width and 0 <= y <= height


def test_arrows_lead_forward_from_box_to_box(laid_out):
    graph, rankdir, *_ = laid_out
    for edge in graph.edges:
        (dx, dy), points = edge.direction, edge.points
        along = [x * dx + y * dy for x, y in points]
        assert all(b >= a - 1e-6 for a, b in itertools.pairwise(along))
        first, last = box(edge.source), box(edge.target)
        side = {"LR": (2, 0), "RL": (0, 2), "TB": (3, 1), "BT": (1, 3)}[rankdir]
        axis = 0 if rankdir in ("LR", "RL") else 1
        assert points[0][axis] == pytest.approx(first[side[0]])
        assert points[-1][axis] == pytest.approx(last[side[1]])


def test_no_arrow_crosses_a_box(laid_out):
    graph, *_ = laid_out
    for edge in graph.edges:
        others = [box(n) for n in graph.nodes if n is not edge.source and n is not edge.target]
        for x, y in sampled(edge):
            assert not any(b[0] < x < b[2] and b[1] < y < b[3] for b in others)


def sampled(edge):
    """Yield points of the drawn line."""
    parts = list(curves(edge))
    last = parts[0][0]
    for part in parts[1:]:
        controls = [last, *part]
        for t in (0, 0.2, 0.4, 0.6, 0.8, 1):
            level = controls
            while len(level) > 1:
                level = [
                    (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
                    for a, b in zip(level, level[1:], strict=False)
                ]
            yield level[0]
        last = part[-1]


def test_no_label_lies_on_a_box_or_on_another_label(laid_out):
    graph, *_ = laid_out
    labels = []
    for edge in graph.edges:
        if edge.label:
            x, y, anchor = label_place(edge)
            left = x - label_width(edge) if anchor == "end" else x
            labels.append((left, y - 9, left + label_width(edge), y + 2))
    boxes = [box(node) for node in graph.nodes]
    assert not [1 for a, b in itertools.combinations(labels, 2) if overlap(a, b)]
    assert not [1 for label in labels for b in boxes if overlap(label, b)]


def test_text_fits_into_its_box(laid_out):
    graph, *_ = laid_out
    for node in graph.nodes:
        assert all(text_width(line, FONT_SIZE) < node.width - 8 for line in node.lines)


def test_widths_are_those_of_a_real_font():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for text in (
        "inception_3a/3x3_reduce",
        "(MEAN_ERROR_LOSS)",
        "kernel size: 5",
        "Wide MW",
        "ill.|'",
    ):
        for bold in (False, True):
            font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
            real = TextPath((0, 0), text, size=100, prop=font).get_extents().x1
            assert real * 0.97 <= text_width(text, 100, bold=bold) <= real * 1.3
    assert text_width("層", 100) == pytest.approx(105)


def test_a_chain_lies_on_one_line(registry):
    graph = build_graph(read(LENET, registry), phase=0)
    lay_out(graph, "LR")
    chain = [node for node in graph.nodes if node.lines[0] in ("conv1", "pool1", "ip1", "relu1")]
    assert max(n.y for n in chain) - min(n.y for n in chain) < 1


def test_branches_do_not_cross(registry):
    graph = build_graph(inception(1), "TB")
    lay_out(graph, "TB")
    columns = {}
    for node in graph.nodes:
        branch = node.lines[0].partition(" ")[0].split("/")
        if len(branch) > 2:
            columns.setdefault(branch[1], []).append(node.x)
    spans = sorted((min(xs), max(xs)) for xs in columns.values())
    assert len(spans) == 4
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans))


def test_nothing_to_draw(registry):
    assert min(lay_out(build_graph(read('name: "empty"', registry)), "LR")) > 0


def test_a_deep_net(registry):
    text = 'layer { name: "d" type: "Input" top: "b0" }' + "".join(
        f'layer {{ name: "l{i}" type: "X" bottom: "b{i}" bottom: "b{max(0, i - 3)}" top: "b{i + 1}" }}'
        for i in range(150)
    )
    graph = build_graph(read(text, registry))
    width, height = lay_out(graph, "LR")
    assert width > 150 * 60 and height < width / 10
