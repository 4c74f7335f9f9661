"""A layer of the user's own Python code on the command line."""

from __future__ import annotations

import sys

import pytest

MODULE = """
import caffe


class Scaled(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 3 * bottom[0].data
"""
MODEL = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "py" type: "Python" bottom: "x" top: "y" python_param { module: "user_cli" layer: "Scaled" } }
layer { name: "ip" type: "InnerProduct" bottom: "y" top: "z" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "z" bottom: "x" top: "loss" }
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "net.prototxt").write_text(MODEL)
    (folder / "solver.prototxt").write_text(
        'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 2 snapshot_after_train: false'
    )
    finders = list(sys.meta_path)
    yield (folder / "user_cli.py").write_text
    sys.meta_path[:] = finders
    for name in ("user_cli", "caffe"):
        sys.modules.pop(name, None)


def test_check_and_train(mycaffe, write):
    write(MODULE)
    assert "-> y(2,2)" in mycaffe("check", "model/net.prototxt").output
    assert mycaffe("train", "--solver", "model/solver.prototxt", "--device", "cpu").exit_code == 0


def test_a_mistake_in_the_users_code_is_named_as_such(mycaffe, write):
    write(MODULE.replace("3 *", "'3' +"))
    result = mycaffe("train", "--solver", "model/solver.prototxt", "--device", "cpu")
    assert result.exit_code == 1
    for words in (
        'in layer "py" (Python), forward',
        "the layer's own Python code",
        "user_cli.py:10:",
    ):
        assert words in result.output
    assert "this is a bug in mycaffe-py" not in result.output
