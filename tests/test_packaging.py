"""The wheel and the sdist: what is in them, and that what is in them works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "build", "dist", "site", "runs", "benchmarks", "venv"
)
BUILD = "from setuptools import build_meta; print(build_meta.{what}({folder!r}))"
TOP_LEVEL = {"mycaffe_py", "mycaffe_plugins"}
FORMER = {
    f"mycaffe_{name}"
    for name in (
        *("common", "data", "designer", "fillers", "gyms", "liquid"),
        *("recurrent", "solvers", "trainers", "vision"),
    )
}


pytestmark = pytest.mark.slow  # each wheel is built and installed


def call_backend(source, what, folder):
    """Build in a process of its own, without a network, and return the file."""
    folder.mkdir(exist_ok=True)
    code = BUILD.format(what=what, folder=str(folder))
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packaging")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED)
    return call_backend(source, "build_sdist", folder / "dist")


@pytest.fixture(scope="module")
def wheel(sdist):
    """The wheel, built from what the sdist holds."""
    folder = sdist.parent.parent
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder / "unpacked", filter="data")
        else:
            archive.extractall(folder / "unpacked")
    (source,) = (folder / "unpacked").iterdir()
    return call_backend(source, "build_wheel", folder / "dist")


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


@pytest.fixture(scope="module")
def installed(wheel):
    folder = wheel.parent.parent / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tree(folder, suffixes):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.suffix in suffixes}


def test_top_level_names(names):
    top = {PurePosixPath(name).parts[0] for name in names}
    info = {name for name in top if name.endswith(".dist-info")}
    assert len(info) == 1
    assert top - info == TOP_LEVEL | FORMER


def test_no_tests_and_nothing_of_the_workshop(names):
    parts = {part for name in names for part in PurePosixPath(name).parts[:-1]}
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert "plugins" not in tops  # the package mycaffe_py.plugins is another one
    assert not parts & {
        "tests",
        "docs",
        "examples",
        "benchmarks",
        "tools",
        "__pycache__",
    }
    assert not [name for name in names if "test_" in PurePosixPath(name).name]
    pages = "mycaffe_plugins/designer/static/"
    suffixes = {PurePosixPath(n).suffix for n in names if ".dist-info" not in n and pages not in n}
    assert suffixes <= {".py", ".pyi", ".proto", ".prototxt", ".typed", ".txt", ".cu", ".cuh"}
    templates = {
        n for n in names if n.endswith(".txt") and ".dist-info" not in n and pages not in n
    }
    folder = ROOT / "mycaffe_py" / "skeletons" / "templates"
    assert templates == {f"mycaffe_py/skeletons/templates/{p.name}" for p in folder.iterdir()}


def test_the_pages_are_whole(names):
    """Each file of the pages is in the wheel, the licences of what is vendored too."""
    here = ROOT / "plugins"
    files = [
        path
        for path in (here / "mycaffe_plugins" / "designer" / "static").rglob("*")
        if path.is_file()
    ]
    assert {path.relative_to(here).as_posix() for path in files} <= set(names)
    assert sum("LICENSE" in path.name for path in files) == 3


@pytest.mark.parametrize("kind", ["models", "protos", "solvers"])
def test_shipped_files(names, kind):
    there = {
        path.name for path in (ROOT / kind).iterdir() if path.suffix in (".proto", ".prototxt")
    }
    assert there
    assert {
        PurePosixPath(n).name for n in names if n.startswith(f"mycaffe_py/share/{kind}/")
    } == there


def test_all_sources_are_there(installed):
    for folder in [ROOT / "mycaffe_py", ROOT / "plugins" / "mycaffe_plugins"]:
        suffixes = {".py", ".proto", ".typed"}
        found = tree(installed / folder.name, suffixes)
        share = {path for path in found if path.parts[0] == "share"}
        assert found - share == tree(folder, suffixes)


def test_metadata(installed):
    (info,) = installed.glob("*.dist-info")
    entries = (info / "entry_points.txt").read_text()
    assert "mycaffe = mycaffe_py.cli:main" in entries
    assert "liquid = mycaffe_plugins.liquid\n" in entries
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    assert "Name: mycaffe-py" in metadata
    assert "Requires-Dist: cupy" in metadata
    assert [line for line in metadata.splitlines() if line.startswith("Requires-Dist: numpy")]


def run(installed, folder, *arguments):
    """Run Python in an empty folder with the wheel's files, and with nothing of the checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "MYCAFFE"))}
    environment["PYTHONPATH"] = str(installed)
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


TRAIN = """
import mycaffe_solvers.adamw  # a former name
import mycaffe_py, mycaffe_plugins.trainers
from mycaffe_py.builder import build_training

training = build_training(solver="adamw.prototxt", model="LiquidNetCfc.prototxt", seed=1)
training.solver.step(2)
assert not training.registry.broken()
print(mycaffe_py.__file__, mycaffe_plugins.trainers.__file__, training.model.filename, sep="\\n")
print(training.solver.iter, training.solver.loss > 0)
"""


def test_the_wheel_trains_from_an_empty_folder(installed, tmp_path):
    *files, result = run(installed, tmp_path, "-c", TRAIN).splitlines()
    assert all(Path(file).is_relative_to(installed) for file in files)
    assert result == "2 True"
    assert list(tmp_path.iterdir()) == []


def test_the_command_runs_from_the_wheel(installed, tmp_path):
    main = "from mycaffe_py.cli import main; main()"
    assert "RNN.SUPER_SIMPLE" in run(installed, tmp_path, "-c", main, "trainers")
    assert run(installed, tmp_path, "-c", main, "check", "LiquidNetCfc.prototxt").startswith("ok ")


def test_the_sdist_has_what_the_wheel_is_made_of(sdist):
    with tarfile.open(sdist) as archive:
        held = {PurePosixPath(*PurePosixPath(name).parts[1:]) for name in archive.getnames()}
    for folder in ("mycaffe_py", "plugins", "protos", "models", "solvers"):
        for path in tree(ROOT / folder, {".py", ".proto", ".prototxt", ".typed"}):
            assert PurePosixPath(folder, *path.parts) in held
    assert {PurePosixPath("pyproject.toml"), PurePosixPath("README.md")} <= held
