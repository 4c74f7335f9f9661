"""The registry: what is refused and why, and that the rest keeps working."""

from __future__ import annotations

import re
import textwrap

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.net import Net
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text

from ..plugging import BUNDLED, broken, installer, layer, refused, schema_layer, writer


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


@pytest.fixture
def install(tmp_path, monkeypatch):
    with installer(tmp_path / "installed", monkeypatch) as install:
        yield install


# What is broken: (file, what the message says, what the hint says).

FAULTS = {
    "syntax error": ("def f(:\n", r"cannot be imported: SyntaxError: .*\(own\.py, line \d\)$", ""),
    "import error": (
        "import no_such_thing\n",
        r"cannot be imported: own\.py:3: No module named 'no_such_thing'",
        "",
    ),
    "exception at import": (
        "1 / 0\n",
        r"cannot be imported: own\.py:3: ZeroDivisionError: division by zero",
        "",
    ),
    "exit at import": (
        "import sys; sys.exit(3)\n",
        r"cannot be imported: own\.py:3: SystemExit: 3",
        "",
    ),
    "Python 2": ("print 'x'\n", "cannot be imported: SyntaxError", "Python 2's print statement"),
    "a module of Python 2": (
        "import cPickle\n",
        "No module named 'cPickle'",
        "cPickle is pickle now",
    ),
    "a name of Python 2": ("x = xrange(3)\n", "NameError", "write range for xrange"),
    "no hooks": ("x = 1\n", "offers nothing", "mycaffe_layers"),
    "hook without mark": (
        "def mycaffe_layers():\n    return []\n",
        r"mycaffe_layers\(\) is not marked as a hook",
        "@hookimpl",
    ),
    "misspelt hook": (
        "@hookimpl\ndef mycaffe_layer():\n    return []\n",
        r"unknown hook mycaffe_layer\(\)",
        'did you mean "mycaffe_layers"?',
    ),
    "hook with an argument": (
        "@hookimpl\ndef mycaffe_layers(x):\n    return []\n",
        "takes no arguments",
        "",
    ),
    "raising hook": (
        "@hookimpl\ndef mycaffe_layers():\n    raise KeyError('lost')\n",
        r"mycaffe_layers\(\) raised KeyError: 'lost'",
        "",
    ),
    "hook returns None": (
        "@hookimpl\ndef mycaffe_layers():\n    pass\n",
        r"mycaffe_layers\(\) must return a list, not None",
        "",
    ),
    "hook returns a class": (
        "@hookimpl\ndef mycaffe_layers():\n    return Layer\n",
        r"mycaffe_layers\(\) must return a list, not the class",
        "",
    ),
    "class of another kind": (
        "class G(Gym):\n    type = 'G'\n\n@hookimpl\ndef mycaffe_layers():\n    return [G]\n",
        r"mycaffe_layers\(\) must return a list of Layer classes, but it contains the class",
        "",
    ),
    "instance": (
        "@hookimpl\ndef mycaffe_gyms():\n    return ['Curve']\n",
        r"must return a list of Gym classes, but it contains 'Curve'",
        "",
    ),
    "command that is none": (
        "@hookimpl\ndef mycaffe_commands():\n    return [print]\n",
        "must return a list of click commands",
        "",
    ),
    "schema that is no text": (
        "@hookimpl\ndef mycaffe_schema():\n    return [3]\n",
        "must return a list of str or Path of .proto text",
        "",
    ),
    "schema file that is not there": (
        "from pathlib import Path\n@hookimpl\ndef mycaffe_schema():\n    return [Path('no.proto')]\n",
        "FileNotFoundError: .*no.proto",
        "",
    ),
    "class without a type": (layer(""), "is not a layer class with a type name", ""),
    "aliases as a string": (
        layer("Own", 'aliases = "Mine"'),
        "aliases is a str",
        'aliases = \\("Mine",\\)',
    ),
    "type of a bundled plugin": (
        layer("innerproduct"),
        'layer type "innerproduct" of plugin "own" clashes with "InnerProduct" of plugin "mycaffe_plugins.common"',
        "",
    ),
    "alias of a bundled plugin": (
        layer("Own", 'aliases = ("Re-LU",)'),
        'layer type "Own" of plugin "own" clashes with "ReLU" of plugin "mycaffe_plugins.common"',
        "",
    ),
    "one type twice": (
        layer("Own").replace("[Own]", "[Own, type('Other', (Own,), {})]"),
        'layer type "Own" of plugin "own" clashes with "Own" of plugin "own"',
        "",
    ),
    "number of the core": (
        schema_layer(number=117),
        "numbers below 1000 belong to the core",
        "use \\d+",
    ),
    "number of a bundled plugin": (
        schema_layer(number=1000),
        "belong to the bundled plugins",
        "use \\d+",
    ),
    "reserved number": (schema_layer(number=12000), "numbers from 2000 to 19999 are reserved", ""),
    "number of protobuf": (schema_layer(number=19500), "the field number 19500 is not allowed", ""),
    "message of the core": (
        schema_layer(message="ConvolutionParameter"),
        'the message "ConvolutionParameter" is declared by mycaffe_py .* and by own',
        "",
    ),
    "message of a bundled plugin": (
        schema_layer(message="CurveParameter"),
        'the message "CurveParameter" is declared by mycaffe_plugins.gyms .* and by own',
        "",
    ),
    "field of the core": (
        schema_layer(field="relu_param"),
        'the field "LayerParameter.relu_param" is declared by mycaffe_py .* and by own',
        "",
    ),
}


@pytest.mark.parametrize(("body", "message", "hint"), FAULTS.values(), ids=FAULTS)
def test_faults_of_a_plugin_that_was_asked_for(write, body, message, hint):
    error = refused([write(body)])
    assert error.exit_code == 2
    assert error.message.startswith('plugin "own": ')

    assert re.search(message, error.message), error.message
    assert re.search(hint, error.hint or ""), error.hint


@pytest.mark.parametrize(("body", "message", "hint"), FAULTS.values(), ids=FAULTS)
def test_faults_of_an_installed_plugin_leave_the_rest_working(install, body, message, hint):

    install(layer("Good"), "good_plugin_here")
    install(body, "own")
    registry = load_registry()
    errors = broken(registry)
    assert set(errors) == {"own"}
    assert re.search(message, errors["own"]), errors["own"]
    assert {"Good", "InnerProduct"} <= set(registry.layers.types())
    assert "Own" not in registry.layers.types()
    assert registry.schema.new("LayerParameter").DESCRIPTOR.fields_by_name.get("own_param") is None
    assert {plugin.name for plugin in registry.working()} >= BUNDLED


def test_fault_in_schema_text_has_a_place(write):
    body = layer("Own", 'schema = "message OwnParameter {\\n  optional imt32 n = 1;\\n}"')
    error = refused([write(body)])
    assert (error.location.line, error.location.column) == (2, 12)
    assert error.location.filename == "own.Own.schema"
    assert 'unknown type "imt32"' in error.message
    assert error.hint == 'did you mean "int32"?'


def test_fault_in_a_schema_file_has_a_place(write, tmp_path, install):
    (tmp_path / "own.proto").write_text("message OwnParameter {\n  optional int32 n 1;\n}\n")
    hook = f"""
from pathlib import Path

@hookimpl
def mycaffe_schema():
    return [Path({str(tmp_path)!r}) / "own.proto"]
"""
    error = refused([write(hook)])
    assert (error.location.filename, error.location.line) == ("own.proto", 2)
    install(hook, "own_schema_plugin")
    assert broken(load_registry())["own_schema_plugin"].startswith("own.proto:2:")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (schema_layer(), schema_layer("Other", "other", type_name="Two"), "field number 30000"),
        (schema_layer(), schema_layer(field="other", number=30001, type_name="Two"), "the message"),
        (schema_layer(), schema_layer("Other", number=30001, type_name="Two"), "the field"),
        (layer("Own"), layer("OWN"), 'layer type "OWN"'),
        (layer("Own"), layer("Two", 'aliases = ("own",)'), 'layer type "Two"'),
    ],
    ids=["number", "message", "field", "type", "alias"],
)
def test_clash_of_third_parties_names_both(install, first, second, message):
    install(first, "a_clashing_plugin")
    install(second, "b_clashing_plugin")
    registry = load_registry()
    errors = broken(registry)
    assert set(errors) == {"b_clashing_plugin"}
    assert message in errors["b_clashing_plugin"]
    assert "a_clashing_plugin" in errors["b_clashing_plugin"]
    assert "b_clashing_plugin" in errors["b_clashing_plugin"]
    assert "Own" in registry.layers
    assert "Two" not in registry.layers


COMMAND = """
import click

@click.command("own-verb")
def verb():
    pass

@hookimpl
def mycaffe_commands():
    return [verb]
"""


BUNDLED_VERBS = {"benchmark", "convert-weights", "designer", "plot", "report"}


def test_clash_of_commands(install):
    install(COMMAND, "a_command_plugin")
    install(COMMAND, "b_command_plugin")
    registry = load_registry()
    assert registry.commands.keys() - BUNDLED_VERBS == {"own-verb"}
    assert 'command "own-verb"' in broken(registry)["b_command_plugin"]
    assert '"a_command_plugin"' in broken(registry)["b_command_plugin"]


def test_commands_of_a_plugin_whose_schema_clashes_are_gone(install):
    install(schema_layer(number=19500) + COMMAND, "own_command_plugin")
    assert load_registry().commands.keys() == BUNDLED_VERBS


@pytest.mark.parametrize("name", ["mycaffe_own.py", "mycaffe_py.py"])
def test_a_name_that_looks_bundled_gives_no_rights(write, name):
    error = refused([write(schema_layer(number=1999), name)])
    assert "1999" in error.message
    assert "bundled plugins" in error.message


def test_broken_installed_plugin_that_is_asked_for_stops(install):
    install(layer("ReLU"), "own_relu_plugin")
    assert set(broken(load_registry())) == {"own_relu_plugin"}
    assert "ReLU" in refused(["own_relu_plugin"]).message


def test_module_that_misses_a_part_of_itself_is_not_called_missing(install):
    install("import own_partial_plugin.part\n", "own_partial_plugin")
    assert "cannot be imported" in refused(["own_partial_plugin"]).message


def test_file_plugin_does_not_import_the_files_beside_it(write):
    write("x = 1\n", "sibling_of_own.py")
    error = refused([write("import sibling_of_own\n")])
    assert "No module named 'sibling_of_own'" in error.message
    assert "make them a package" in error.hint


# What belongs to a plugin's class.


def test_a_class_may_have_a_kind_of_its_own(write):
    registry = load_registry([write(layer("Weather", 'kind = "station"'))])
    assert registry.layers.find("Weather").kind == "station"


def test_a_class_that_only_claims_a_kind_is_refused(write):
    body = 'class Own:\n    kind, type = "layer", "Own"\n\n@hookimpl\ndef mycaffe_layers():\n    return [Own]\n'
    assert "must return a list of Layer classes" in str(refused([write(body)]))


OLD_ERRORS = {
    "without the keyword field": """
        class Own(LayerError):
            def __init__(self, message, *, hint=None, location=None):
                super().__init__(message, hint=hint, location=location)
    """,
    "that sets its field itself": """
        class Own(LayerError):
            def __init__(self, message, **more):
                self.field = "own_param.n"
                super().__init__(message, **more)
    """,
    "with a field that is fixed": """
        class Own(LayerError):
            field = property(lambda self: "own_param.n", lambda self, value: None)
    """,
}


@pytest.mark.parametrize("kind", OLD_ERRORS)
def test_error_classes_of_earlier_plugins_work(write, kind):
    body = "from mycaffe_py.errors import LayerError\n" + textwrap.dedent(OLD_ERRORS[kind])
    setup = 'setup = lambda self, bottom, top: self.fail("n is 1", field="own_param.n", kind=Own)'
    text = "message OwnParameter { optional int32 n = 1; } "
    text += "extend LayerParameter { optional OwnParameter own_param = 30000; }"
    body += layer("Failing", f'schema = "{text}"\n    {setup}').replace(
        "Own(Layer)", "Failing(Layer)"
    )
    body = body.replace("return [Own]", "return [Failing]")
    registry = load_registry([write(body)])
    model = 'layer { name: "f" type: "Failing" own_param { n: 1 } }'
    with pytest.raises(PrototxtError) as caught:
        Net(load_net_text(registry.schema, model), registry=registry)
    (problem,) = caught.value.problems
    assert problem.message == 'layer "f" (Failing): n is 1'
    assert problem.location.column == model.index("1 }") + 1


def test_a_message_that_names_its_layer_does_so_once(write):
    setup = "setup = lambda self, bottom, top: stop(self.name)"
    body = """
        from mycaffe_py.errors import LayerError

        def stop(name):
            raise LayerError(f'layer "{name}" is bad')
    """
    registry = load_registry([write(textwrap.dedent(body) + layer("Failing", setup))])
    with pytest.raises(PrototxtError) as caught:
        Net(
            load_net_text(registry.schema, 'layer { name: "f" type: "Failing" }'), registry=registry
        )
    assert caught.value.problems[0].message == 'layer "f" is bad'


def test_a_class_in_the_hook_of_another_kind(write):
    body = "class Checker(Filler):\n    type = 'checker'\n\n@hookimpl\ndef mycaffe_layers():\n    return [Checker]\n"
    assert refused([write(body)]).hint == ("Checker is a Filler: return it from mycaffe_fillers()")
