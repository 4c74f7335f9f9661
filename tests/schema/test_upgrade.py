from __future__ import annotations

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.schema import (
    load_net,
    load_net_text,
    load_solver,
    load_solver_text,
    upgraded_net,
)

BODY = 'layer {\n  name: "ip"\n  bottom: "data"\n}\n'


def test_input_with_shape(schema):
    text = 'input: "data"\ninput: "label"\ninput_shape { dim: 2 dim: 3 }\ninput_shape { dim: 2 }\n'
    document = load_net_text(schema, text + BODY, "net.prototxt")
    net = document.message
    assert [layer.name for layer in net.layer] == ["input", "ip"]
    layer = net.layer[0]
    assert (layer.type, list(layer.top)) == ("Input", ["data", "label"])
    assert [list(shape.dim) for shape in layer.input_param.shape] == [[2, 3], [2]]
    assert not net.input and not net.input_shape
    assert document.locate(("layer", 0)).line == 1
    assert document.locate(("layer", 0, "top", 1)).line == 2
    assert document.locate(("layer", 0, "input_param", "shape", 1, "dim", 0)).line == 4
    assert document.locate(("layer", 1, "bottom", 0)).line == 7
    assert document.locate(("layer", 1, "bottom", 0)).column == 11


def test_input_with_dims(schema):
    text = BODY + 'input: "data" input_dim: [1, 2, 3, 4]\ninput: "b"\ninput_dim: [5, 6, 7, 8]'
    document = load_net_text(schema, text)
    net = document.message
    assert [list(shape.dim) for shape in net.layer[0].input_param.shape] == [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
    ]
    assert net.layer[1].name == "ip"
    assert document.locate(("layer", 1, "name")).line == 2
    assert document.locate(("layer", 0, "input_param", "shape", 1)).line == 7


def test_input_that_nobody_reads_is_dropped(schema):
    net = load_net_text(schema, 'input: "data" layer { name: "a" top: "data" }').message
    assert [layer.name for layer in net.layer] == ["a"]
    assert not net.input


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('input: "data"\n' + BODY, 'the input "data" has no shape', 1, 8),
        ('input: "data"\ninput_dim: 3\n' + BODY, "1 input, but 1 input_dim", 2, 12),
        ('input: "a" input: "b"\ninput_shape { dim: 1 }', "2 input, but 1 input_shape", 2, 1),
        ('layer { }\nlayers { name: "a" }', 'mixes "layer"', 2, 1),
    ],
)
def test_nets_that_cannot_be_upgraded(schema, text, message, line, column):
    with pytest.raises(PrototxtError) as caught:
        load_net_text(schema, text, "net.prototxt")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.code == "E200" and problem.hint
    assert (problem.location.line, problem.location.column) == (line, column)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("5", "Adam"),
        ("adam", "Adam"),
    ],
)
def test_solver_type(schema, old, new):
    document = load_solver_text(schema, f"base_lr: 1\nsolver_type: {old}")
    assert document.message.type == new
    assert not document.message.HasField("solver_type")
    assert document.locate(("type",)).line == 2


def test_solver_type_given_in_both_forms(schema):
    with pytest.raises(PrototxtError) as caught:
        load_solver_text(schema, 'solver_type: ADAM\ntype: "Adam"')
    (problem,) = caught.value.problems
    assert (problem.location.line, problem.location.column) == (1, 14)


def test_nets_inside_a_solver(schema):
    text = (
        'net_param {\n  input: "x"\n  input_dim: [1, 1, 1, 1]\n  layer { name: "a" }\n}\n'
        "test_net_param { }\ntest_net_param {\n  layer { }\n  layers { }\n}"
    )
    with pytest.raises(PrototxtError) as caught:
        load_solver_text(schema, text)
    assert caught.value.problems[0].location.line == 9
    document = load_solver_text(schema, text.replace("  layers { }\n", ""))
    net = document.message.net_param
    assert [layer.name for layer in net.layer] == ["input", "a"]
    assert document.locate(("net_param", "layer", 1, "name")).line == 4


def test_statistics_of_batch_norm_never_learn(schema):
    text = 'layer { name: "bn" type: "BatchNorm" bottom: "x" top: "x" %s }'
    document = load_net_text(schema, text % "param { lr_mult: 1 } param { name: 'v' } param { }")
    specs = document.message.layer[0].param
    assert [(spec.lr_mult, spec.decay_mult, spec.name) for spec in specs] == [
        (0, 0, ""), (0, 0, "v"), (0, 0, ""),
    ]  # fmt: skip
    assert document.upgrades == ["params of BatchNorm that would change its statistics"]
    for other in ("param { lr_mult: 1 }", ""):  # two or none: the layer itself judges them
        assert load_net_text(schema, text % other).upgrades == []


def test_what_was_upgraded_is_told(schema):
    assert load_net_text(schema, BODY).upgrades == []
    text = 'input: "data" input_dim: [1, 2, 3, 4] layers { name: "a" type: RELU }'
    assert load_net_text(schema, text).upgrades == [
        "layers { } instead of layer { }",
        "input fields instead of an Input layer",
    ]
    solver = load_solver_text(schema, "solver_type: ADAM net_param { " + text + " }")
    assert solver.upgrades[0] == "solver_type instead of type" and len(solver.upgrades) == 3


def test_a_message_is_upgraded_as_a_copy(schema):
    old = schema.parse_text('layers { name: "a" type: RELU }', "NetParameter").message
    assert [layer.type for layer in upgraded_net(old).message.layer] == ["ReLU"]
    assert len(old.layers) == 1 and not old.layer
    new = schema.parse_text('layer { name: "a" type: "ReLU" }', "NetParameter").message
    assert upgraded_net(new).message is new
    with pytest.raises(PrototxtError, match="mixes"):
        upgraded_net(schema.new("NetParameter", layer=new.layer, layers=old.layers))


def test_files(schema, tmp_path):
    net = tmp_path / "net.prototxt"
    net.write_text('input: "x" input_shape { dim: 1 }')
    assert load_net(schema, net).message.layer[0].type == "Input"
    solver = tmp_path / "solver.prototxt"
    solver.write_text("solver_type: ADAM")
    assert load_solver(schema, str(solver)).message.type == "Adam"
