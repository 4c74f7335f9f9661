"""Layouts of large nets: the work grows as the net does, and what would take minutes is refused."""

from __future__ import annotations

import sys

import pytest

from mycaffe_py.drawing.graph import build_graph
from mycaffe_py.drawing.layout import lay_out
from mycaffe_py.errors import ConfigError

from .nets import read

CHAIN = 'layer {{ name: "l{0}" type: "ReLU" bottom: "b{0}" top: "b{1}" }}\n'
PAIR = (
    'layer {{ name: "l{0}" type: "ReLU" bottom: "b0" top: "b{1}" }}\n'
    'layer {{ name: "m{0}" type: "ReLU" bottom: "b{1}" top: "c{0}" }}\n'
)


def net(line, count, registry, more=""):
    return read("".join(line.format(at, at + 1) for at in range(count)) + more, registry)


def gathering(count):
    bottoms = "".join(f'bottom: "b{at}" ' for at in range(1, count))
    return f'layer {{ name: "all" type: "Concat" top: "all" {bottoms}}}'


def calls(graph):
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += 1

    sys.setprofile(watch)
    try:
        lay_out(graph, "LR")
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("line", [CHAIN, PAIR], ids=["chain", "fan"])
def test_twice_the_layers_take_twice_the_calls(registry, line):
    few, many = (calls(build_graph(net(line, n, registry), "LR")) for n in (30, 60))
    assert many < 2.3 * few


def test_connections_through_very_many_ranks_are_refused(registry):
    graph = build_graph(net(CHAIN, 500, registry, gathering(500)), "LR")
    with pytest.raises(ConfigError, match=r"too large to be drawn: .* pass 251,\d{3} ranks"):
        lay_out(graph, "LR")


def test_a_net_with_many_long_connections_takes_fewer_sweeps(registry, monkeypatch):
    from mycaffe_py.drawing import layout

    monkeypatch.setattr(layout, "_SLOTS_AT_LEISURE", 50)
    graph = build_graph(net(CHAIN, 20, registry, gathering(20)), "LR")
    hasty = calls(graph)
    monkeypatch.undo()
    assert hasty < calls(graph) / 2
    assert len({(node.x, node.y) for node in graph.nodes}) == len(graph.nodes)
