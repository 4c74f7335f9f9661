"""Checking files without training."""

from __future__ import annotations

import pytest

from mycaffe_py.builder.checking import check_file, check_files
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.resources import resource_names

MODELS, SOLVERS = resource_names("models"), resource_names("solvers")


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        (tmp_path / name).write_text(text)
        return name

    return write


def rendered(paths, registry):
    return [problem.render().splitlines()[0] for problem in check_files(paths, registry)]


def test_what_is_returned(registry, write):
    assert isinstance(check_file("LiquidNetCfc.prototxt", registry), Net)
    assert check_file("adamw.prototxt", registry).message.type == "AdamW"
    both = write(
        "solver.prototxt", 'net: "LiquidNetCfc.prototxt" lr_policy: "fixed" base_lr: 1 max_iter: 1'
    )
    assert isinstance(check_file(both, registry), Net)


def test_several_mistakes_in_several_files(registry, write):
    net = write(
        "net.prototxt",
        'layer { name: "a" tpye: "Input" }\n'
        'layer { name: "b" type: "ReLU" bottom: "x" top: "y" num: 3 }\n',
    )
    wired = write(
        "wired.prototxt",
        'layer { name: "b" type: "ReLUU" bottom: "x" top: "y" }\n'
        'layer { name: "b" type: "ReLU" bottom: "yy" top: "z" }\n',
    )
    solver = write(
        "solver.prototxt", 'type: "SGD"\nlr_policy: "fixed"\nbase_lr: fast\nmax_iter: 2.5\n'
    )
    lines = rendered([net, "LiquidNetCfc.prototxt", wired, solver], registry)
    places = [line.split(" ")[1].rstrip(":") for line in lines]
    assert places[:2] == ["net.prototxt:1:19", "net.prototxt:2:53"]
    assert places[-2:] == ["solver.prototxt:3:10", "solver.prototxt:4:11"]
    assert "wired.prototxt:1:25" in places
    assert "wired.prototxt:2:40" in places
    assert "wired.prototxt:2:40" in places


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "SGDD" lr_policy: "fixed"', 'unknown solver type "SGDD"'),
        ('type: "SGD"', "lr_policy is not set"),
        ('lr_policy: "fixed" trainer { type: "No" }', 'unknown trainer type "No"'),
        ('lr_policy: "fixed" trainer { }', "type is missing"),
        (
            'lr_policy: "fixed" trainer { type: "RNN.SUPER_SIMPLE" gym { type: "No" } }',
            "unknown gym",
        ),
        (
            'lr_policy: "fixed" trainer { type: "RNN.SUPER_SIMPLE" rnn_simple_param { accuracy_window: 0 } }',
            "accuracy_window must be at least 1",
        ),
        (
            'lr_policy: "fixed" trainer { type: "RNN.SUPER_SIMPLE" gym { curve_param { step: -1 } } }',
            "curve_param.step is -1",
        ),
        ('net: "no.prototxt" lr_policy: "fixed"', 'model file "no.prototxt" does not exist'),
    ],
)
def test_solver_files(registry, write, text, message):
    (line,) = rendered([write("solver.prototxt", text)], registry)
    assert "solver.prototxt:1:" in line
    assert message in line


def test_shape_errors_are_found(registry, write):
    text = """
    layer { name: "in" type: "Input" top: "a" top: "b"
      input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "l" }
    """
    (line,) = rendered([write("net.prototxt", text)], registry)
    assert 'layer "loss"' in line


def test_files_that_cannot_be_read(registry, write, tmp_path):
    (tmp_path / "w.caffemodel").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    write("empty.prototxt", "")
    lines = rendered(
        ["no.prototxt", "w.caffemodel", "folder", "empty.prototxt", "LiquidNetCfk.prototxt"],
        registry,
    )
    assert "[E310]" in lines[0]
    assert "is a binary file" in lines[1]
    assert "is a directory" in lines[2]
    assert "is empty" in lines[3]
    assert 'model file "LiquidNetCfk.prototxt" does not exist' in lines[4]


def test_a_check_leaves_large_blobs_without_values(tmp_path):
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1000 } } } '
        'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 200 '
        'weight_filler { type: "constant" value: 1 } bias_filler { type: "constant" value: 1 } } }'
    )
    for built in (False, True):
        net = check_file(tmp_path / "net.prototxt", default_registry(), built=built)
        weight, bias = net.layers[1].blobs
        assert weight.data.all() == built and bias.data.all()
