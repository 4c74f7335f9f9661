"""A layer without backward where a training needs its gradient: said before the training begins."""

from __future__ import annotations

import pytest

from mycaffe_py import get_solver
from mycaffe_py.builder.checking import check_file
from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.plugins import load_registry

from ..plugging import writer

GATE = """
class Gate(Layer):
    type = "Gate"

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data

    def %s(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff

@hookimpl
def mycaffe_layers():
    return [Gate]
"""
MODEL = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 1 } }
layer { name: "g" type: "Gate" bottom: "y" top: "z" }
layer { name: "loss" type: "EuclideanLoss" bottom: "z" bottom: "x" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 2'


@pytest.fixture
def made(tmp_path):
    def of(name, model=MODEL):
        (tmp_path / "net.prototxt").write_text(model)
        (tmp_path / "solver.prototxt").write_text(SOLVER)
        return load_registry([writer(tmp_path)(GATE % name)]), tmp_path

    return of


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("backwrd", "did you mean backward? the class Gate has backwrd"),
        ("other", "write def backward(self, top, propagate_down, bottom): in the class Gate"),
    ],
)
def test_it_is_named_with_its_place(made, name, hint):
    registry, folder = made(name)
    with pytest.warns(
        MyCaffeWarning, match=r'layer "g" \(Gate\): its class has no backward'
    ) as told:
        check_file(folder / "net.prototxt", registry)
    assert hint in str(told[0].message) and "net.prototxt:3:" in str(told[0].message)
    for action in (
        lambda: check_file(folder / "solver.prototxt", registry),
        lambda: get_solver(folder / "solver.prototxt", registry=registry),
    ):
        with pytest.raises(
            PrototxtError, match=r'layer "g" \(Gate\): its class has no backward'
        ) as caught:
            action()
        (problem,) = caught.value.problems
        assert problem.location.line == 3 and hint in problem.hint


@pytest.mark.parametrize(
    "model",
    [
        MODEL.replace('bottom: "y" top: "z"', 'bottom: "x" top: "z"'),
        MODEL[: MODEL.index('layer { name: "loss"')],
    ],
    ids=["nothing learns below", "no loss"],
)
def test_nothing_is_said_where_no_gradient_is_needed(made, model):
    registry, folder = made("other", model)
    check_file(folder / "net.prototxt", registry)


def test_a_layer_with_backward_passes(made):
    registry, folder = made("backward")
    check_file(folder / "solver.prototxt", registry)
