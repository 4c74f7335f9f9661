"""Plugins that were asked for and cannot be used."""

from __future__ import annotations

import pytest

from .conftest import MODEL, TRAIN, replaced

HOOK = "from mycaffe_py import Layer, hookimpl\n\n\n@hookimpl\ndef {}\n"
GATE = '''
from mycaffe_py import Layer, hookimpl


class Gate(Layer):
    """A layer."""

    type = "{type}"
    schema = """{schema}"""

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        top[0].data[...] = nonsense


@hookimpl
def mycaffe_layers():
    return [Gate]
'''


def hook(signature, result):
    return HOOK.format(f"{signature}:\n    return {result}")


def gate(type_name="Gate", message="message GP { optional int32 x = 1; }", field=""):
    extend = f"extend LayerParameter {{ optional {field}; }}" if field else ""
    return GATE.format(type=type_name, schema=f"{message} {extend}")


# kind: (content of plug.py, words of the message)
MISTAKES = {
    "import that fails": ("import nonsuch\n", ["cannot be imported", "'nonsuch'"]),
    "syntax error": ("def f(:\n", ["SyntaxError", "plug.py, line 1"]),
    "exception at import": ("raise RuntimeError('no')\n", ["RuntimeError: no"]),
    "exit at import": ("import sys\nsys.exit(3)\n", ["cannot be imported", "SystemExit"]),
    "no hooks": ("x = 1\n", ["offers nothing", "hooks: mycaffe_schema, mycaffe_layers"]),
    "misspelt hook": (
        *(hook("mycaffe_layer()", "[]"),),
        ["unknown hook mycaffe_layer()", '"mycaffe_layers"?'],
    ),
    "hook without its mark": (
        "def mycaffe_layers():\n    return []\n",
        ["mycaffe_layers() is not marked as a hook", "@hookimpl"],
    ),
    "hook with parameters": (
        hook("mycaffe_layers(x)", "[]"),
        ["mycaffe_layers() takes no arguments", "write def mycaffe_layers():"],
    ),
    "hook that returns no list": (hook("mycaffe_layers()", "3"), ["must return a list, not int"]),
    "hook that returns other things": (hook("mycaffe_layers()", "[3]"), ["but it contains 3"]),
    "hook that fails": (hook("mycaffe_layers()", "1 / 0"), ["raised ZeroDivisionError"]),
    "type that is there already": (
        *(gate("ReLU"),),
        ['layer type "ReLU"', "clashes", 'plugin "mycaffe_plugins.common"'],
    ),
    "no type": (gate(""), ["Gate", "is not a layer class with a type name"]),
    "schema that is no proto2": (
        *(gate(message="message GP { optional int32 x = 1 }"),),
        ["plug.Gate.schema:1:35", 'expected ";", found "}"'],
    ),
    "message that is there already": (
        *(gate(message="message CfcParameter { }"),),
        ['the message "CfcParameter" is declared by mycaffe_plugins.liquid', "and by plug"],
    ),
    "field name that is there already": (
        *(gate(field="GP relu_param = 50000"),),
        ['"LayerParameter.relu_param" is declared by mycaffe_py', "and by plug"],
    ),
    "field number that is there already": (
        *(gate(field="GP gp_param = 1000"),),
        ["plug", "1000"],
    ),
    "field number of the core": (
        *(gate(field="GP gp_param = 102"),),
        ["102", "numbers below 1000 belong to the core", "use "],
    ),
    "field number that protobuf keeps": (
        *(gate(field="GP gp_param = 19500"),),
        ["the field number 19500 is not allowed"],
    ),
    "extension of nothing": (
        *(gate(message="extend LayerParam { optional int32 x = 50000; }"),),
        ['extends the message "LayerParam"', '"LayerParameter"?'],
    ),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_in_a_plugin(bench, kind):
    content, words = MISTAKES[kind]
    bench.write("plug.py", content)
    bench.refuses([*TRAIN, "--plugin", "plug.py"], 2, ["E120", 'plugin "plug"', *words])


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("plog.py", 3, ['plugin file "plog.py" does not exist', '"plug.py"?']),
        ("folder/plug.py", 3, ['"folder/plug.py" does not exist']),
        ("no_such_module", 3, ['"no_such_module" is neither a file nor an importable module']),
        ("model.prototxt", 2, ['plugin "model.prototxt" is not a .py file']),
        (".", 2, ['plugin "." is a folder', "give a .py file"]),
        ("", 2, ["'--plugin': it is empty"]),
    ],
)
def test_a_plugin_that_is_not_there(bench, name, code, words):
    bench.write("plug.py", gate())
    bench.refuses([*TRAIN, "--plugin", name], code, words)


@pytest.mark.parametrize("verb", ["layers", "plugins", "check"])
def test_other_verbs_refuse_a_broken_plugin(bench, verb):
    bench.write("plug.py", "import nonsuch\n")
    files = ["model.prototxt"] if verb == "check" else []
    bench.refuses([verb, *files, "--plugin", "plug.py"], 2, ["E120", "'nonsuch'"])


def test_a_layer_that_fails_while_training_is_named(bench):
    """An error in a plugin's own code is a bug, but not one of ours."""
    bench.write("plug.py", gate())
    added = 'layer { name: "g" type: "Gate" bottom: "xhat" top: "y" }\nlayer {\n  name: "loss"'
    bench.write("model.prototxt", replaced(MODEL, 'layer {\n  name: "loss"', added))
    result = bench.mycaffe(*TRAIN, "--plugin", "plug.py")
    assert result.exit_code == 1 and "Traceback" not in result.stderr
    assert 'in layer "g" (Gate), forward, phase TRAIN' in result.stderr
    assert 'error[E121]: layer "g" (Gate) of plugin "plug", forward(): ' in result.stderr
    assert "plug.py:" in result.stderr and "bug in mycaffe-py" not in result.stderr
