from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.actions import doctor as diagnosis
from mycaffe_py.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_report_as_text():
    result = run("doctor")
    assert result.exit_code == 0
    for start in (
        "versions   mycaffe-py 0.",
        "platform",
        "device     cpu: usable",
        "device     gpu",
    ):
        assert any(line.startswith(start) for line in result.stdout.splitlines()), start
    assert "denormal flushing" in result.stdout


def test_report_as_json():
    found = json.loads(run("doctor", "--json").stdout)
    assert {"mycaffe-py", "python", "numpy", "protobuf"} <= found["versions"].keys()
    assert {extra["name"] for extra in found["extras"]} >= {"cuda12", "cuda13", "plot"}
    assert found["devices"][0]["usable"]


def test_compiled_kernels_and_where_they_are(compiled, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "mycaffe-py" / "kernels"
    folder.mkdir(parents=True)
    (folder / "one").write_bytes(bytes(1_500_000))
    kernels = json.loads(run("doctor", "--json").stdout)["kernels"]
    assert kernels == {"used": True, "reason": None, "folder": str(folder), "bytes": 1_500_000}
    assert f"kept in {folder}: 1.5 MB" in run("doctor").stdout


def test_why_there_are_no_compiled_kernels(compiled, monkeypatch):
    monkeypatch.setenv("MYCAFFE_FAST", "off")
    assert (
        "plain on the CPU; compiled ones are turned off by MYCAFFE_FAST=off" in run("doctor").stdout
    )


def test_a_missing_extra_comes_with_its_pip_line(monkeypatch):
    monkeypatch.setattr(diagnosis, "version_of", lambda name: None)
    plot = next(extra for extra in diagnosis.extras() if extra["name"] == "plot")
    assert plot["missing"] == ["matplotlib"]
    assert plot["install"] == 'pip install "mycaffe-py[plot]"'


def test_extras_of_extras_and_old_versions(monkeypatch):
    installed = {"matplotlib": "3.9", "lmdb": "1.4.1", "h5py": "3.11", "pillow": "11.0"}
    monkeypatch.setattr(diagnosis, "version_of", installed.get)
    text = "\n".join(diagnosis.lines(diagnosis.diagnose()))
    assert "extra      plot: installed" in text
    caffe = 'extra      caffe: lmdb 1.4.1 is installed, >=2.1 is needed; pip install "mycaffe-py[caffe]"'
    assert caffe in text
    assert "extra      test: missing" in text


def test_an_unusable_gpu_says_why(monkeypatch):
    def fail():
        raise RuntimeError("driver too old")

    monkeypatch.setattr(diagnosis, "import_cupy", fail)
    gpu = diagnosis.diagnose()["devices"][1]
    assert not gpu["usable"] and "driver too old" in gpu["details"]


def test_two_cupys_are_a_warning(monkeypatch):
    both = {"cupy-cuda12x": "14.0", "cupy-cuda13x": "14.0"}
    monkeypatch.setattr(diagnosis, "installed_cupys", lambda: both)
    text = "\n".join(diagnosis.lines(diagnosis.diagnose()))
    assert "cupy-cuda12x and cupy-cuda13x are installed together" in text


def test_plugins_are_listed_with_what_they_offer():
    text = run("plugins").stdout
    assert "mycaffe_plugins.liquid" in text and "layers: CFC" in text
    entries = {entry["name"]: entry for entry in json.loads(run("plugins", "--json").stdout)}
    assert "AdamW" in entries["mycaffe_plugins.solvers"]["offers"]["solvers"]


@pytest.fixture
def installed_plugin(tmp_path):
    """Return a function that runs command lines, one after the other, where one more plugin is installed."""
    (tmp_path / "thirdparty-1.0.dist-info").mkdir()
    (tmp_path / "thirdparty-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: thirdparty\nVersion: 1.0\n"
    )
    (tmp_path / "thirdparty-1.0.dist-info" / "entry_points.txt").write_text(
        "[mycaffe]\nthird = thirdparty\n"
    )

    def run_with(source, *lines):
        (tmp_path / "thirdparty.py").write_text(source)
        code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        code += "from mycaffe_py.cli import main\n"
        for line in lines:
            code += f"sys.argv[1:] = {line.split()!r}\n"
            code += "try: main()\nexcept SystemExit as end: assert not end.code\n"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    return run_with


@pytest.mark.slow
def test_a_broken_installed_plugin_is_named_and_the_rest_keeps_working(installed_plugin):
    done = installed_plugin("import not_there\n", "layers CFC")
    assert done.returncode == 0 and done.stdout.startswith("CFC")
    assert done.stderr.startswith('warning: plugin "third" is not in use: cannot be imported')
    assert done.stderr.count("\n") == 1
    done = installed_plugin("import not_there\n", "doctor", "plugins")
    assert "NOT IN USE: cannot be imported" in done.stdout
    assert "not in use: cannot be" in done.stdout


def test_an_installed_plugin_brings_a_verb(installed_plugin):
    source = (
        "import click\n"
        "from mycaffe_py.plugins.hookspecs import hookimpl\n"
        "@click.command('greet')\n"
        "def greet():\n"
        "    '''Greet somebody.'''\n"
        "    click.echo('good day')\n"
        "@hookimpl\n"
        "def mycaffe_commands():\n"
        "    return [greet]\n"
    )
    done = installed_plugin(source, "greet", "--help")
    assert done.stdout.startswith("good day\n") and "Greet somebody." in done.stdout
