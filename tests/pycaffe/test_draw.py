from __future__ import annotations

import io
import sys
import types
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

import mycaffe_py as caffe
from mycaffe_py import draw
from mycaffe_py.drawing import picture
from mycaffe_py.errors import ConfigError, MissingExtraError

from ..drawing.nets import KNOWN, LENET, inception, read

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("rankdir", ["LR", "TB", "BT", "RL"])
def test_svg(registry, rankdir):
    root = ElementTree.fromstring(draw.draw_net(read(KNOWN, registry), rankdir, "svg"))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert {"x", "y", "ip", "2 x 3", "scalar"} <= set(texts)
    assert root.find(f"{SVG}title").text == "Known"
    assert len(list(root.iter(f"{SVG}path"))) == 8
    assert len([p for p in root.iter(f"{SVG}polygon") if p.get("class") == "node"]) == 8


def test_names_that_mean_something_in_xml_or_formulas(registry):
    name = '<a> & $x^2$ \\u0007 "é"'
    net = caffe.proto.caffe_pb2.NetParameter(name=name)
    net.layer.add(name=name, type="$\\frac$", top=["_^$"])
    root = ElementTree.fromstring(draw.draw_net(net, ext="svg"))
    assert name in [element.text for element in root.iter(f"{SVG}text")]
    assert draw.draw_net(net, ext="png").startswith(b"\x89PNG")


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_png(registry, rankdir):
    net = read(LENET, registry)
    image = Image.open(io.BytesIO(caffe.draw.draw_net(net, rankdir, display_lrm=True)))
    wide, high = image.size
    assert (wide > high) == (rankdir == "LR")
    colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 24)}
    assert {(0xFF, 0x50, 0x50), (0xFF, 0x99, 0), (0xCC, 0x33, 0xFF), (0x90, 0xEE, 0x90)} <= colours


def test_a_picture_too_large_for_its_format_is_made_smaller(registry, monkeypatch):
    monkeypatch.setattr(picture, "_LARGEST_SIDE", 500)
    image = Image.open(io.BytesIO(draw.draw_net(read(LENET, registry), "LR")))
    assert 490 <= max(image.size) <= 501


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("x.svg", b"<svg"),
        ("x.PNG", b"\x89PNG"),
        pytest.param("x.pdf", b"%PDF", marks=pytest.mark.slow),
        ("new folder/x.jpeg", b"\xff\xd8"),
    ],
)
def test_the_extension_says_the_format(tmp_path, name, start):
    draw.draw_net_to_file(inception(1), tmp_path / name, "TB")
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("x.gif",), 'cannot be drawn as "gif" .formats: svg, png, pdf, jpg'),
        (("x",), 'the extension of "x" must say'),
        (("x.svg", "XY"), 'rankdir must be LR, TB, BT, RL, got "XY"'),
    ],
)
def test_what_cannot_be_drawn(arguments, words):
    with pytest.raises(ConfigError, match=words):
        draw.draw_net_to_file(inception(1), *arguments)


def test_only_nets_are_drawn():
    with pytest.raises(ConfigError, match="NetParameter message can be drawn, not str"):
        draw.draw_net("net.prototxt")


def test_the_old_form_of_inputs_is_drawn(registry):
    net = caffe.proto.caffe_pb2.NetParameter(input=["data"], input_dim=[1, 3, 4, 5])
    net.layer.add(name="a", type="ReLU", bottom=["data"], top=["a"])
    before = net.SerializeToString()
    assert b">1 x 3 x 4 x 5<" in draw.draw_net(net, ext="svg")
    assert net.SerializeToString() == before


def test_without_matplotlib_only_svg(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert draw.draw_net(inception(1), ext="svg")
    with pytest.raises(MissingExtraError, match=r"mycaffe-py\[plot\]"):
        draw.draw_net(inception(1), ext="png")


def test_pydot_is_not_needed_but_may_be_used(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ConfigError, match="pip install pydot, or use draw_net_to_file"):
        draw.get_pydot_graph(read(LENET, registry), "LR")

    class Recorded:
        def __init__(self, *arguments, **settings):
            self.arguments, self.settings, self.parts = arguments, settings, []

        add_node = add_edge = lambda self, part: self.parts.append(part)

    fake = types.SimpleNamespace(Dot=Recorded, Node=Recorded, Edge=Recorded)
    monkeypatch.setitem(sys.modules, "pydot", fake)
    dot = draw.get_pydot_graph(read(LENET, registry), "LR", phase=caffe.TRAIN)
    labels = [part.settings.get("label") for part in dot.parts]
    assert dot.arguments == ('"LeNet"',) and dot.settings["rankdir"] == "LR"
    assert '"conv1\\n(Convolution)\\nkernel size: 5\\nstride: 1\\npad: 0"' in labels
    assert '"Batch 64"' in labels and '"20"' in labels
