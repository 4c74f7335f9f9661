"""``mycaffe convert-weights``: its arguments, its files and its mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mycaffe_py.net import Net

NET = """
name: "two"
layer { name: "in" type: "Input" top: "x" top: "tt" top: "one"
  input_param { shape { dim: 2 dim: 4 dim: 3 } shape { dim: 2 dim: 4 } shape { dim: 2 dim: 3 } } }
layer { name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" top: "y" include { phase: TEST }
  cfc_param { hidden_size: 5 output_features: 2 } cfc_unit_param { backbone_units: 4 } }
layer { name: "fc" type: "InnerProduct" bottom: "one" top: "z" inner_product_param { num_output: 2 } }
"""


@pytest.fixture
def net(tmp_path, mycaffe):
    """A net with weights in the folder of the test; ``mycaffe`` has made it the current one."""
    (tmp_path / "net.prototxt").write_text(NET)
    built = Net("net.prototxt", 1, device="cpu")
    built.save("w.caffemodel")
    return built


def test_out_and_in_again(mycaffe, net, tmp_path):
    result = mycaffe("convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt")
    assert (result.exit_code, result.stdout) == (0, "m.safetensors\n"), result.stderr
    result = mycaffe("convert-weights", "m.safetensors", "b.caffemodel", "--model", "net.prototxt")
    assert (result.exit_code, result.stdout) == (0, "b.caffemodel\n"), result.stderr
    other = Net("net.prototxt", 1, device="cpu")
    other.params["fc"][0].data[...] = 7
    other.copy_from("b.caffemodel")
    for mine, theirs in zip(net.params["cfc1"], other.params["cfc1"], strict=True):
        assert mine.data.tobytes() == theirs.data.tobytes()
    assert (other.params["fc"][0].data == 7).all()  # the file has the liquid layer's weights only


def test_a_file_that_is_replaced_is_named(mycaffe, net, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"old")
    result = mycaffe("convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt")
    assert "replacing m.safetensors" in result.stderr and load_file("m.safetensors")


@pytest.mark.parametrize("name", ["best.caffemodel", "last.caffemodel"])
def test_a_run_folder(mycaffe, net, tmp_path, name):
    (tmp_path / "run").mkdir()
    (tmp_path / "w.caffemodel").rename(tmp_path / "run" / name)
    (tmp_path / "net.prototxt").rename(tmp_path / "run" / "model.prototxt")
    result = mycaffe("convert-weights", "run", "m.safetensors", "--prefix", "rnn")
    assert result.exit_code == 0, result.stderr
    expected = net.params["cfc1"][0].data
    np.testing.assert_array_equal(load_file("m.safetensors")["rnn.rnn_cell.backbone.0.weight"], expected)  # fmt: skip


def test_the_layer_is_named(mycaffe, net, tmp_path):
    liquid = NET[NET.index('layer { name: "cfc1"') : NET.index('layer { name: "fc"')]
    another = liquid.replace('"cfc1"', '"cfc2"').replace('"y"', '"y2"')
    (tmp_path / "net.prototxt").write_text(NET + another)
    arguments = ("convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt")
    result = mycaffe(*arguments)
    assert result.exit_code == 2 and "has 2 liquid layers" in result.stderr
    assert "--layer: cfc1, cfc2" in result.stderr
    assert mycaffe(*arguments, "--layer", "cfc1").exit_code == 0
    result = mycaffe(*arguments, "--layer", "cfc2")
    assert result.exit_code == 2 and 'has no weights for layer "cfc2"' in result.stderr
    result = mycaffe(*arguments, "--layer", "fc")
    assert result.exit_code == 2 and 'no liquid layer "fc"' in result.stderr


def test_the_phase(mycaffe, net):
    arguments = ("convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt")
    result = mycaffe(*arguments, "--phase", "TRAIN")
    assert result.exit_code == 2 and "has no liquid layers" in result.stderr


def test_the_layer_of_a_checkpoint_is_printed(mycaffe, net, tmp_path):
    mycaffe("convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt")
    result = mycaffe("convert-weights", "m.safetensors", "--print-layer")
    assert result.exit_code == 0 and result.stderr == ""
    assert "cfc_param { hidden_size: 5  output_features: 2 }" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("w.caffemodel",), 2, "needs a TARGET"),
        (("w.caffemodel", "m.safetensors"), 2, "needs --model FILE"),
        (("m.safetensors", "b.caffemodel"), 2, "--print-layer prints a layer"),
        (("w.caffemodel", "b.caffemodel", "--model", "net.prototxt"), 2, "both weights files of ours"),
        (("m.pt", "m.safetensors", "--model", "net.prototxt"), 2, "both files of PyTorch"),
        (("w.caffemodel", "m.onnx", "--model", "net.prototxt"), 2, "m.onnx is neither"),
        (("m.safetensors", "b.caffemodel", "--model", "net.prototxt", "--to", "cfc"), 2, "--to is for files"),
        (("m.safetensors", "b.caffemodel", "--print-layer"), 2, "writes no file"),
        (("w.caffemodel", "--print-layer"), 2, "w.caffemodel is none"),
        (("gone.safetensors", "b.caffemodel", "--model", "net.prototxt"), 3, "gone.safetensors does not exist"),
        (("gone.caffemodel", "m.safetensors", "--model", "net.prototxt"), 3, "gone.caffemodel"),
        (("w.caffemodel", "m.safetensors", "--model", "gone.prototxt"), 3, "gone.prototxt"),
        (("folder", "m.safetensors"), 2, "a folder without best.caffemodel"),
        (("m.safetensors", "w.caffemodel/b.caffemodel", "--model", "net.prototxt"), 2, "is a file, not a folder"),
        (("m.safetensors", "b.caffemodel", "--model", "net.prototxt"), 2, "not those of a CfC cell"),
        (("w.caffemodel", "m.safetensors", "--model", "net.prototxt", "--to", "keras"), 2, "keras"),
    ],
)  # fmt: skip
def test_mistakes(mycaffe, net, tmp_path, arguments, status, words):
    save_file({"rnn_cell.ff1.weight": np.ones((2, 2))}, "m.safetensors")
    (tmp_path / "folder").mkdir()
    result = mycaffe("convert-weights", *arguments)
    assert result.exit_code == status and words in result.stderr, result.stderr
    assert result.stdout == "" and "E000" not in result.stderr
