from __future__ import annotations

import pytest

from mycaffe_py.drawing.graph import build_graph
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net.known_shapes import known_shapes

from .nets import KNOWN, LENET, read


def arrows(graph):
    """Return each edge as ``source -> target: label``, by first lines."""
    return [
        f"{e.source.lines[0]} -> {e.target.lines[0]}" + (f": {e.label}" if e.label else "")
        for e in graph.edges
    ]


def test_layers_blobs_and_caffes_labels(registry):
    graph = build_graph(read(LENET, registry), phase=TRAIN)
    assert arrows(graph) == [
        "mnist -> data: Batch 64", "mnist -> label: Batch 64",
        "data -> conv1", "conv1 -> conv1: 20",
        "conv1 -> pool1", "pool1 -> pool1",
        "pool1 -> ip1", "ip1 -> relu1", "relu1 -> ip1: 500",
        "ip1 -> loss", "label -> loss", "loss -> loss",
    ]  # fmt: skip
    shown = {node.lines[0]: node for node in graph.nodes if not node.is_blob}
    assert shown["conv1"].lines == [
        "conv1",
        "(Convolution)",
        "kernel size: 5",
        "stride: 1",
        "pad: 0",
    ]
    assert shown["pool1"].lines[1:] == [
        "(Pooling AVE)",
        "kernel size: 2 x 3",
        "stride: 2",
        "pad: 0",
    ]
    assert {name: node.fill for name, node in shown.items()} == {
        "mnist": "#6495ED", "conv1": "#FF5050", "pool1": "#FF9900", "ip1": "#CC33FF",
        "relu1": "#90EE90", "loss": "#6495ED",
    }  # fmt: skip
    assert all(node.fill == "#E0E0E0" for node in graph.nodes if node.is_blob)


def test_top_to_bottom_has_fewer_lines(registry):
    graph = build_graph(read(LENET, registry), "TB", phase=TRAIN, display_lrm=True)
    conv = next(node for node in graph.nodes if "Conv" in node.lines[0])
    assert conv.lines == [
        "conv1 (Convolution)", "kernel size: 5 stride: 1 pad: 0 lr mult: 1.0, 2.0",
    ]  # fmt: skip


def test_phases(registry):
    net = read(LENET, registry)
    every, test = build_graph(net), build_graph(net, phase=TEST)
    names = [node.lines[0] for node in every.nodes if not node.is_blob]
    assert names.count("mnist") == 2 and "accuracy" in names
    assert [node.lines[0] for node in every.nodes].count("data") == 1
    assert "mnist -> data: Batch 64 or Batch 100" in arrows(every)
    assert "mnist -> data: Batch 100" in arrows(test)
    assert not any("accuracy" in arrow for arrow in arrows(build_graph(net, phase=TRAIN)))


@pytest.mark.parametrize(
    ("rules", "phases"),
    [
        ("", [TRAIN, TEST]),
        ("include { phase: TEST }", [TEST]),
        ("include { phase: TEST } include { phase: TRAIN }", [TRAIN, TEST]),
        ("exclude { phase: TEST }", [TRAIN]),
        ('include { stage: "deploy" }', []),
        ('exclude { stage: "deploy" }', [TRAIN, TEST]),
    ],
)
def test_rules_of_phases(registry, rules, phases):
    net = read(f'layer {{ name: "a" type: "Input" top: "a" {rules} }}', registry)
    found = [phase for phase in (TRAIN, TEST) if build_graph(net, phase=phase).nodes]
    assert found == phases


def test_shapes_stand_in_front_of_the_blobs(registry):
    net = read(KNOWN, registry)
    graph = build_graph(net, shapes=known_shapes(net, registry))
    assert [arrow for arrow in arrows(graph) if ":" in arrow] == [
        "data -> x: 2 x 3", "data -> y: 2 x 1", "act -> ip: 2 x 1", "loss -> loss: scalar",
    ]  # fmt: skip
    assert not any(":" in arrow for arrow in arrows(build_graph(net, label_edges=False)))


def test_a_blob_that_was_read_before_it_is_changed_in_place(registry):
    net = read(
        'layer { name: "data" type: "Input" top: "x" }'
        'layer { name: "a" type: "TanH" bottom: "x" top: "y" }'
        'layer { name: "b" type: "ReLU" bottom: "x" top: "x" }'
        'layer { name: "c" type: "TanH" bottom: "x" top: "z" }',
        registry,
    )
    graph = build_graph(net)
    assert [node.lines[0] for node in graph.nodes].count("x") == 2
    before, after = [node for node in graph.nodes if node.lines == ["x"]]
    readers = {e.target.lines[0]: e.source for e in graph.edges if e.source.is_blob}
    assert readers == {"a": before, "b": before, "c": after}


def test_a_name_that_is_used_again_makes_no_circle(registry):
    net = read(
        'layer { name: "data" type: "Input" top: "x" }'
        'layer { name: "a" type: "TanH" bottom: "x" top: "y" }'
        'layer { name: "b" type: "TanH" bottom: "y" top: "x" }',
        registry,
    )
    assert [node.lines[0] for node in build_graph(net).nodes].count("x") == 2


def test_blobs_that_nobody_makes_are_drawn(registry):
    net = read('layer { name: "a" type: "Nothing" bottom: "x" top: "y" }', registry)
    assert arrows(build_graph(net)) == ["x -> a", "a -> y"]


# Shapes.


def test_shapes_as_far_as_the_net_can_be_built(registry):
    net = read(KNOWN.replace('"TanH"', '"NoSuchType"'), registry)
    found = known_shapes(net, registry)
    assert found == {(0, "x"): (2, 3), (0, "y"): (2, 1), (1, "ip"): (2, 1)}


def test_shapes_of_both_phases(registry):
    layers = [
        f'layer {{ name: "data" type: "Input" top: "x" include {{ phase: {phase} }} '
        f"input_param {{ shape {{ dim: {size} }} }} }}"
        for phase, size in (("TRAIN", 5), ("TEST", 7))
    ]
    net = read("\n".join(layers), registry)
    assert known_shapes(net, registry) == {(0, "x"): (5,), (1, "x"): (7,)}
    assert arrows(build_graph(net, shapes=known_shapes(net, registry))) == [
        "data -> x: 5 or 7", "data -> x",
    ]  # fmt: skip
    assert known_shapes(net, registry, TEST) == {(1, "x"): (7,)}


def test_large_weights_take_no_memory(registry):
    net = read(
        KNOWN.replace("num_output: 1", 'num_output: 400000000 weight_filler { type: "xavier" }')
        .replace("dim: 2 dim: 3", "dim: 2 dim: 5"),
        registry,
    )  # fmt: skip
    assert known_shapes(net, registry)[1, "ip"] == (2, 400000000)


def test_layers_without_tops_are_not_set_up(registry, monkeypatch):
    net = read(KNOWN + 'layer { name: "s" type: "Silence" bottom: "ip" }', registry)

    def fail(*_):
        raise AssertionError("may write a file")

    monkeypatch.setattr(registry.layers.find("Silence"), "setup", fail)
    assert len(known_shapes(net, registry)) == 5


def test_an_exception_of_a_layer_costs_only_its_shapes(registry, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(registry.layers.find("InnerProduct"), "setup", fail)
    assert (0, "x") in known_shapes(read(KNOWN, registry), registry)


def test_stages_count_as_in_the_net(registry):
    net = read('layer { name: "a" type: "ReLU" include { stage: "deploy" } }', registry)
    assert build_graph(net).nodes and not build_graph(net, phase=TEST).nodes
    net.state.stage.append("deploy")
    assert build_graph(net, phase=TEST).nodes
