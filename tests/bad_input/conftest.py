"""A folder with a small net and solver, and what every refusal has in common."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import registry as plugins
from tests.small_model import MODEL

SOLVER = """\
type: "AdamW"
base_lr: 0.01
lr_policy: "fixed"
momentum: 0.9
momentum2: 0.95
delta: 1e-8
max_iter: 4
random_seed: 7
trainer {
  type: "RNN.SUPER_SIMPLE"
  blob_names { x: "x" tt: "tt" mask: "mask" target: "target" xhat: "xhat" }
  gym {
    type: "Curve"
    curve_param { curve: SIN }
  }
}
"""

TRAIN = ("train", "--solver", "solver.prototxt", "--model", "model.prototxt", "--device", "cpu")
MOST_LINES = 8
FAMILIES = {2: ("E1", "E2"), 3: ("E3",), 4: ("E4",), 5: ("E5",)}


def replaced(text, old, new):
    """Return ``text`` with its only ``old`` replaced; an empty ``old`` puts ``new`` in its place."""
    if not old:
        return new
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
    return text.replace(old, new)


def assert_explained(stderr, code, words):
    """A short paragraph for each problem, of the right family, with all of ``words``; no bug."""
    assert "Traceback" not in stderr and "this is a bug" not in stderr, stderr
    paragraphs = re.split(r"^(?=error\[)", stderr, flags=re.M)[1:]
    assert paragraphs, stderr
    for paragraph in paragraphs:
        assert re.match(r"error\[(E\d)", paragraph)[1] in FAMILIES[code], stderr
        assert len(paragraph.splitlines()) <= MOST_LINES, stderr
        assert len(paragraph) < 1200, stderr
    for word in words:
        assert word in stderr, f"{word!r} is not in:\n{stderr}"


class Bench:
    """The folder, the command line in it, and the checks."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.write("model.prototxt", MODEL)
        self.write("solver.prototxt", SOLVER)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def mycaffe(self, *arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    def files(self):
        return {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.folder.rglob("*"))
            if path.name != "__pycache__" and path.suffix != ".pyc"
        }

    def refuses(self, arguments, code, words):
        """The command fails as documented and leaves the folder as it was."""
        before = self.files()
        result = self.mycaffe(*arguments)
        assert result.exit_code == code, result.output
        assert_explained(result.stderr, code, words)
        assert result.stdout == ""
        assert self.files() == before
        return result

    def trains(self, *arguments):
        """The command works; returns its run folder."""
        result = self.mycaffe(*TRAIN, "-q", *arguments)
        assert result.exit_code == 0, result.output
        return self.folder / result.stdout.strip()


@pytest.fixture(autouse=True)
def _sketches(sketches):
    """Nothing is painted but where a test takes ``painted``."""


@pytest.fixture
def bench(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plugins, "_default", plugins.default_registry())
    return Bench(tmp_path)
