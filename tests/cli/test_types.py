from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import KINDS, default_registry

GATE = '''
from mycaffe_py.plugins.hookspecs import hookimpl
from mycaffe_py.layer import Layer


class Gate(Layer):
    """y = scale * x * sigmoid(x), elementwise."""

    type = "Gate"
    exact_num_bottom_blobs = 1
    schema = """
      message GateParameter {
        optional float scale = 1 [default = 2];  // factor of the output
      }
      extend LayerParameter { optional GateParameter gate_param = 356491270; }
    """


@hookimpl
def mycaffe_layers():
    return [Gate]
'''


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_is_listed_with_its_plugin_and_described(kind):
    registry = default_registry()  # as the command uses it, with what tests before may have added
    listed = run(kind)
    assert listed.exit_code == 0
    entries = json.loads(run(kind, "--json").stdout)
    assert [entry["type"] for entry in entries] == registry.catalog(kind).types()
    for entry in entries:
        assert entry["plugin"] and entry["doc"]
        described = run(kind, entry["type"])
        assert described.exit_code == 0 and described.stdout.startswith(entry["type"])


def test_a_layer_is_described_with_types_defaults_docs_and_enums():
    text = run("layers", "CFC").stdout
    assert "bottoms: 2 to 4; tops: 1 to 2" in text
    assert "cfc_param { ... }  CfcParameter" in text
    assert "backbone_units: int32, default 1" in text
    assert "      | RELU " in text


FORKED = GATE.replace('    type = "Gate"', '    type = "Gate"\n    fork = "SSD"')


def test_the_fork_of_a_layer(tmp_path):
    (tmp_path / "gate.py").write_text(FORKED)
    plugin = ("--plugin", str(tmp_path / "gate.py"))
    (line,) = [row for row in run("layers", *plugin).stdout.splitlines() if row.startswith("Gate ")]
    assert line.endswith("y = scale * x * sigmoid(x), elementwise. [SSD]")
    first = run("layers", "Gate", *plugin).stdout.splitlines()[0]
    assert first.startswith("Gate  (layer, plugin ") and first.endswith(", of the fork SSD)")
    entries = {
        entry["type"]: entry for entry in json.loads(run("layers", *plugin, "--json").stdout)
    }
    assert entries["Gate"]["fork"] == "SSD" and entries["Convolution"]["fork"] == ""
    assert json.loads(run("layers", "Gate", *plugin, "--json").stdout)["fork"] == "SSD"


def test_a_type_is_found_in_any_spelling():
    assert run("layers", "cfc").stdout == run("layers", "CFC").stdout


def test_solvers_and_fillers_show_the_fields_they_use():
    assert "momentum2: float, default 0.999" in run("solvers", "AdamW").stdout
    assert "variance_norm" in run("fillers", "xavier").stdout
    assert "no parameters of its own" in run("layers", "Silence").stdout


def test_a_gym_shows_its_parameters():
    assert "curve_param { ... }  CurveParameter" in run("gyms", "Curve").stdout


@pytest.mark.parametrize(
    ("kind", "name", "near"),
    [("layers", "CFX", "CFC"), ("solvers", "AdmW", "AdamW"), ("gyms", "Curv", "Curve")],
)
def test_an_unknown_type_is_answered_with_the_nearest(kind, name, near):
    result = run(kind, name)
    assert result.exit_code == 2 and f'did you mean "{near}"?' in result.stderr


def test_a_plugin_file_is_described_from_its_own_schema(tmp_path):
    path = tmp_path / "gate.py"
    path.write_text(GATE)
    assert "Gate" in run("layers", "--plugin", str(path)).stdout
    text = run("layers", "Gate", "--plugin", str(path)).stdout
    assert "gate_param { ... }  GateParameter" in text
    assert "scale: float, default 2\n      factor of the output" in text
    assert "bottoms: 1; tops: any number" in text


def test_a_missing_plugin_exits_with_3():
    result = run("layers", "--plugin", "nowhere.py")
    assert result.exit_code == 3 and "nowhere.py" in result.stderr
