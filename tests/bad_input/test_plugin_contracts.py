"""Classes and hooks of plugins that do not keep to what their base expects: never a bug of ours, and what to write."""

from __future__ import annotations

import pytest

from .conftest import MODEL, SOLVER, TRAIN, replaced

GATE = """
from mycaffe_py import Layer, hookimpl


class Gate(Layer):
    type = "Gate"

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data


@hookimpl
def mycaffe_layers():
    return [Gate]
"""
RESHAPE = "    def reshape(self, bottom, top):\n        top[0].reshape(*bottom[0].shape)\n"
NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [2, 3] } } }
layer { name: "g" type: "Gate" bottom: "x" top: "y" }
"""

# (what is in the plugin, what is written instead): exit code, words of the message
LAYERS = {
    (RESHAPE, ""): (0, []),  # by default, a top has the shape of the bottom
    ("def forward(", "def forwrd("): (
        1,
        ["Gate does not define forward()", "write def forward(self, bottom, top):", "gate.py:5"],
    ),
    ("reshape(self, bottom, top)", "reshape(self)"): (
        1,
        ["Gate.reshape() takes 1 positional", "write def reshape(self, bottom, top):", "gate.py:8"],
    ),
    (RESHAPE, RESHAPE + "\n    def setup(self):\n        pass\n"): (
        1,
        ["Gate.setup() takes 1", "write def setup(self, bottom, top):"],
    ),
    (RESHAPE, RESHAPE + "\n    def __init__(self):\n        pass\n"): (
        1,
        ["Gate.__init__() takes 1", "write def __init__(self, param, context=None):"],
    ),
    ('    type = "Gate"\n', "    pass\n"): (
        2,
        ["Gate is not a layer class", 'write type = "Gate"'],
    ),
    ('"Gate"', '"ReLU"'): (2, ["clashes with", 'choose another name: type = "MyReLU"']),
    ("[Gate]", "Gate"): (2, ["must return a list, not the class Gate", "write return [Gate]"]),
    ("return [Gate]", "pass"): (2, ["must return a list, not None", "write return [...]"]),
    ("[Gate]", "[Gate, Gate]"): (2, ["clashes with", "list it once"]),
    ("Gate(Layer)", "Gate"): (2, ["contains the class Gate", "write class Gate(Layer):"]),
    ("mycaffe_layers()", "mycaffe_gyms()"): (2, ["return it from mycaffe_layers()"]),
    ("mycaffe_layers()", "mycaffe_layer()"): (2, ['did you mean "mycaffe_layers"?']),
    ("mycaffe_layers()", "mycaffe_layers(registry)"): (
        2,
        ["mycaffe_layers() takes no arguments", "write def mycaffe_layers():"],
    ),
    ("@hookimpl\n", ""): (2, ["write @hookimpl above it"]),
    ('    type = "Gate"', '    schema = 5\n    type = "Gate"'): (
        2,
        ["schema must be a text, not int"],
    ),
}


@pytest.mark.parametrize(("old", "new"), LAYERS)
def test_a_layer_that_does_not_fit(bench, old, new):
    code, words = LAYERS[old, new]
    bench.write("gate.py", replaced(GATE, old, new))
    bench.write("g.prototxt", NET)
    result = bench.mycaffe("check", "g.prototxt", "--plugin", "gate.py")
    assert result.exit_code == code, result.output
    assert "E000" not in result.stderr and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


KINDS = """
import numpy as np

from mycaffe_py import Filler, Gym, LrPolicy, Solver, Trainer, hookimpl


class Mine({base}):
    type = "Mine"

{body}


@hookimpl
def mycaffe_{kind}():
    return [Mine]
"""
POLICY = ('"fixed"', '"mine"')
GYM = ('type: "Curve"\n    curve_param { curve: SIN }', 'type: "Mine"')

# (kind, base class, body): what is replaced in the solver, words of the message
OTHERS = {
    ("lr_policies", "LrPolicy", "    pass"): (POLICY, ["write def rate(self, iteration):"]),
    ("lr_policies", "LrPolicy", "    def rate(self):\n        return 1.0"): (
        POLICY,
        ["write def rate(self, iteration):"],
    ),
    ("solvers", "Solver", "    pass"): (
        ('"AdamW"', '"Mine"'),
        ["write def compute_update(self, group, rate):"],
    ),
    ("trainers", "Trainer", "    def __init__(self):\n        pass"): (
        ('"RNN.SUPER_SIMPLE"', '"Mine"'),
        ["write def __init__(self, solver, param, *, base_dir=None, seed=0):"],
    ),
    ("gyms", "Gym", "    pass"): (GYM, ["write def reset(self, *, seed=None, options=None):"]),
    ("gyms", "Gym", "    def reset(self):\n        return {}, {}"): (
        GYM,
        ["write def reset(self, *, seed=None, options=None):"],
    ),
    ("gyms", "Gym", "    def reset(self, **options):\n        return {}"): (
        GYM,
        ["gym Mine: reset() returned dict, not 2 values", "write return observation, info"],
    ),
}


@pytest.mark.parametrize(("kind", "base", "body"), OTHERS)
def test_another_plugin_that_does_not_fit(bench, kind, base, body):
    change, words = OTHERS[kind, base, body]
    bench.write("mine.py", KINDS.format(kind=kind, base=base, body=body))
    bench.write("solver.prototxt", replaced(SOLVER, *change))
    result = bench.mycaffe(*TRAIN, "-q", "--plugin", "mine.py")
    assert result.exit_code in (1, 2), result.output
    assert "E000" not in result.stderr and "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_a_step_of_the_older_form(bench):
    """Gym, before Gymnasium, had four values."""
    body = (
        "    def reset(self, **options):\n        return self.seen(), {}\n\n"
        "    def seen(self):\n        one = np.zeros((1, 1), dtype=np.float32)\n"
        "        return {'x': one, 'tt': one[:, 0], 'mask': one, 'target': one}\n\n"
        "    def step(self, action=None):\n        return self.seen(), 0.0, False, {}"
    )
    bench.write("mine.py", KINDS.format(kind="gyms", base="Gym", body=body))
    bench.write("solver.prototxt", replaced(SOLVER, *GYM))
    words = ["step() returned 4 values, not 5 values", "write return observation, reward,"]
    bench.refuses([*TRAIN, "-q", "--plugin", "mine.py"], 2, ["gym Mine", *words])


def test_a_filler_that_gives_no_values(bench):
    bench.write("mine.py", KINDS.format(kind="fillers", base="Filler", body="    pass"))
    text = 'inner_product_param { num_output: 1 weight_filler { type: "Mine" } }'
    layer = f'layer {{ name: "i" type: "InnerProduct" bottom: "xhat" top: "o" {text} }}'
    bench.write("m.prototxt", MODEL + layer)
    result = bench.mycaffe("check", "m.prototxt", "--plugin", "mine.py")
    assert result.exit_code == 1 and "write def values(self, shape, rng):" in result.stderr
