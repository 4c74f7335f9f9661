"""``mycaffe new layer``, ``gym``, ... and ``package``."""

from __future__ import annotations

import shlex

import pytest

from mycaffe_py.plugins import default_registry, registry
from mycaffe_py.skeletons import SKELETONS

TYPES = {
    "layer": "layers OwnGate",
    "loss": "layers OwnGate",
    "solver": "solvers OwnGate",
    "filler": "fillers own_gate",
    "lr-policy": "lr-policies own_gate",
    "observer": "observers OwnGate",
    "gym": "gyms OwnGate",
    "trainer": "trainers OwnGate",
}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Plugins named with --plugin are forgotten after the test."""
    monkeypatch.setattr(registry, "_default", default_registry())


def test_the_help_lists_the_kinds_a_line_each(mycaffe):
    lines = mycaffe("new", "--help").output.splitlines()
    for kind in ("project", *SKELETONS, "package"):
        assert sum(line.startswith(f"  {kind} ") for line in lines) == 1, kind
    assert not [line for line in lines if line.endswith("...")]


@pytest.mark.parametrize("kind", SKELETONS)
def test_files_are_written_and_the_next_steps_shown(mycaffe, tmp_path, kind):
    result = mycaffe("new", kind, "own-gate")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["own_gate.py", "test_own_gate.py"]
    assert {path.name for path in tmp_path.iterdir()} == {"own_gate.py", "test_own_gate.py"}
    assert "pytest test_own_gate.py" in result.stderr
    if kind in TYPES:
        first = f"mycaffe {TYPES[kind]} --plugin own_gate.py"
        assert first in result.stderr
        shown = mycaffe(*first.split()[1:])
        assert shown.exit_code == 0 and "own_gate_param" in shown.stdout


def next_steps(shown):
    """Return the commands of what was shown, and the files that they need, by name."""
    commands, files, file = [], {}, None
    for line in shown.splitlines():
        file = line[:-1].rpartition(" ")[2] if line.startswith("    with this in ") else file
        if file and line.startswith("      "):
            files[file] = files.get(file, "") + line + "\n"
        elif line.startswith("    mycaffe "):
            commands.append(shlex.split(line)[1:])
    return commands, files


@pytest.mark.parametrize("kind", SKELETONS)
def test_every_next_step_can_be_typed(mycaffe, tmp_path, kind):
    commands, files = next_steps(mycaffe("new", kind, "own-gate").stderr)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert commands and any("prototxt" in " ".join(one) or "project" in one for one in commands)
    for command in commands:
        less = ["--iterations", "2"] if command[0] == "train" else []
        result = mycaffe(*command, *less)
        assert result.exit_code == 0, (command, result.stderr)
        assert "warning" not in result.stderr, result.stderr
    if kind == "gym":
        assert "period: 30" in (tmp_path / "Waves" / "solver.prototxt").read_text()
    if kind == "observer":
        assert list(tmp_path.glob("runs/*/*/own_gate.txt"))


def test_a_folder_with_a_space(mycaffe, tmp_path):
    shown = mycaffe("new", "layer", "OwnGate", "--folder", "some where").stderr.splitlines()
    assert shown[1].strip() in ("cd 'some where'", 'cd "some where"')
    assert mycaffe("layers", "OwnGate", "--plugin", "some where/own_gate.py").exit_code == 0


def test_a_package(mycaffe, tmp_path):
    result = mycaffe("new", "package", "own-gate")
    assert result.exit_code == 0, result.stderr
    top = tmp_path / "mycaffe-own-gate"
    assert {path.name for path in top.iterdir()} == {
        *("pyproject.toml", "README.md", "LICENSE", ".gitignore", ".github", "src", "tests"),
    }
    assert (top / "src" / "mycaffe_own_gate" / "own_gate.py").is_file()
    entry = '[project.entry-points.mycaffe]\nown_gate = "mycaffe_own_gate.own_gate"\n'
    assert entry in (top / "pyproject.toml").read_text()
    test = (top / "tests/test_own_gate.py").read_text()
    assert "from mycaffe_own_gate.own_gate import OwnGate\n" in test


def test_a_package_whose_plugins_have_names(mycaffe, tmp_path):
    kinds = ["--kind", "layer:SoftClip", "--kind", "layer:hard-clip", "--kind", "command:params"]
    assert mycaffe("new", "package", "clips", *kinds).exit_code == 0
    files = {path.name for path in (tmp_path / "mycaffe-clips/src/mycaffe_clips").iterdir()}
    assert files == {"__init__.py", "soft_clip.py", "hard_clip.py", "params.py"}
    entries = (tmp_path / "mycaffe-clips/pyproject.toml").read_text()
    assert 'params = "mycaffe_clips.params:command"' in entries
    result = mycaffe("new", "package", "x", "--kind", "layer:A", "--kind", "gym:A")
    assert result.exit_code == 2 and 'two plugins of the package are called "a"' in result.stderr


def test_a_package_of_two_kinds(mycaffe, tmp_path):
    result = mycaffe("new", "package", "mycaffe-waves", "--kind", "gym", "--kind", "command")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "mycaffe-waves" / "pyproject.toml").read_text()
    assert 'waves_gym = "mycaffe_waves.waves_gym"' in text
    entry = 'mycaffe.commands"]\nwaves-command = "mycaffe_waves.waves_command:command"\n'
    assert entry in text
    assert "mycaffe gyms WavesGym" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("layer",), "missing argument"),
        (("layer", "2d"), "begins with a letter"),
        (("layer", "class"), "keyword"),
        (("layer", "Pooling"), "layer type Pooling"),
        (("gym", "random"), "Python module random"),
        (("command", "train"), "verb mycaffe train"),
        (("command", "draw_net"), "verb mycaffe draw-net"),
        (("package", "x", "--kind", "gimm"), "'gimm' is not one of"),
        (("package", "pooling"), "layer type Pooling"),
        (("package", "train", "--kind", "command"), "verb mycaffe train"),
        (("layr", "x"), "write: mycaffe new layer x"),
        (("layer", "x", "--folder", "file"), "is not a folder"),
        (("layer", "x", "--folder", "file/deep"), "cannot write"),
        (("layer", "taken"), "test_taken.py exists already"),
        (("package", "taken", "--folder", "file"), "is not a folder"),
    ],
)
def test_what_is_refused_leaves_nothing(mycaffe, tmp_path, arguments, words):
    (tmp_path / "file").write_text("")
    (tmp_path / "test_taken.py").write_text("mine")
    result = mycaffe("new", *arguments)
    assert result.exit_code == 2 and words in result.stderr, result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"file", "test_taken.py"}
    assert (tmp_path / "test_taken.py").read_text() == "mine"
