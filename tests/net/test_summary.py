"""The table of a net: every number once, in the width that is asked for."""

from __future__ import annotations

from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest

from mycaffe_py import TEST, Net
from mycaffe_py.errors import ConfigError
from mycaffe_py.testing import strict_device

from ..building import data, layer, make_net, product

SHARED = 'param { name: "w" } param { name: "b" }'
NET = (
    'name: "two"\n'
    + data((2, 3))
    + product("one", "x0", "a", 3, SHARED)
    + layer("act", "ReLU", "a", "a")
    + product("two", "a", "b", 3, SHARED)
    + product("three", "a", "c", 5, "param { lr_mult: 0 } param { lr_mult: 2 }")
    + layer("sum", "Reduction", "b", "sum")
)


def test_numbers_are_counted_once():
    summary = make_net(NET, dtype=np.float32).summary()
    assert summary.parameters == (3 * 3 + 3) + (5 * 3 + 5) and summary.trainable == 12 + 5
    rows = {row.name: row for row in summary.rows}
    assert list(rows) == ["data", "one", "act", "two", "three", "sum"]
    assert (rows["one"].parameters, rows["one"].shared) == (12, 0)
    assert (rows["two"].parameters, rows["two"].shared) == (0, 12)
    assert (rows["three"].parameters, rows["three"].frozen) == (20, 15)
    assert rows["act"].tops == (("a", (2, 3)),)
    assert rows["two"].parameters_text == "12 shared"
    assert rows["three"].parameters_text == "5 (15 frozen)".replace("5 ", "20 ", 1)
    # x0, a (its splits and the in-place layer share its memory), b, c, sum
    assert summary.data_bytes == 4 * (6 + 6 + 6 + 10 + 1)
    assert summary.parameter_bytes == 2 * 4 * 32


def test_the_text_is_a_table():
    text = str(make_net(NET, dtype=np.float32))
    lines = text.splitlines()
    assert lines[0] == 'net "two", TRAIN, cpu, float32, 6 layers'
    assert lines[2].split() == ["layer", "type", "output", "shape", "parameters"]
    assert lines[4].split() == ["data", "Input", "x0", "2x3"]
    assert lines[5].split() == ["one", "InnerProduct", "a", "2x3", "12"]
    assert lines[9].split() == ["sum", "Reduction", "scalar"]
    assert lines[-2:] == [
        "parameters: 32 (17 trainable, 15 frozen)",
        "memory: data 0.1 KiB, parameters with gradients 0.2 KiB",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_long_names_are_cut_to_the_width(width):
    long = "inception_5b/a_very_long_name_of_a_branch/3x3_reduce_and_more"
    net = make_net('name: "n"' + data((2, 3)) + product(long, "x0", f"{long}_top", 3) + layer(
        "last", "Flatten", f"{long}_top", f"{long}_end"
    ))  # fmt: skip
    lines = str(net.summary(width)).splitlines()
    assert max(map(len, lines)) <= width
    assert "/3x3_reduce_and_more"[-8:] in lines[5] and "2x3" in lines[5]


def test_googlenet_fits_a_terminal():
    from pathlib import Path

    net = Net(str(Path(__file__).parents[1] / "data" / "googlenet.prototxt"))
    lines = str(net.summary(80)).splitlines()
    assert max(map(len, lines)) <= 80 and not any(line.endswith("..") for line in lines)
    assert any("..n_3a/3x3_reduce" in line and "32x96x28x28" in line for line in lines)
    assert len(net._repr_html_()) < 200_000


@pytest.mark.parametrize("width", [59, 401, 80.0, "80", None, True])
def test_what_is_no_width(width):
    with pytest.raises(ConfigError, match="width must be a whole number, 60 to 400"):
        make_net(data((2,))).summary(width)


def test_a_net_without_weights_on_another_device():
    net = make_net('name: "n"' + data((2, 3)), device=strict_device(), phase=TEST)
    assert "parameters: none" in str(net) and "TEST, strict, float64" in str(net)


def test_nothing_is_allocated_to_be_counted():
    net = make_net(NET)
    before = [blob._data.flat is None for blob in net.device_blobs.values()]
    str(net), net._repr_html_()
    assert [blob._data.flat is None for blob in net.device_blobs.values()] == before


def test_in_a_notebook_names_are_escaped():
    net = make_net(f'name: "<script>"{data((2, 3))}' + product("<b>&", "x0", "<i>", 3))
    html = net._repr_html_()
    assert "<script>" not in html and "<b>" not in html and "<i>" not in html
    assert "&lt;b&gt;&amp;" in html and "parameters: 12 (all trainable)" in html
    svg = b64decode(html.split("base64,")[1].split('"')[0])
    assert ElementTree.fromstring(svg) is not None


def test_closed_and_half_built_nets():
    net = make_net(NET)
    net.close()
    assert str(net).startswith('net "two"')
    half = Net.__new__(Net)
    assert str(half) == "<Net, incomplete>" and half._repr_html_() is None


def test_a_name_of_several_lines_and_a_single_layer():
    net = Net(r'name: "a\nb" layer { name: "x" type: "Input" top: "x" }')
    assert str(net).splitlines()[0] == r'net "a\nb", TRAIN, cpu, float32, 1 layer'
