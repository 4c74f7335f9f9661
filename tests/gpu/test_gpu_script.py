"""The script for a GPU, rehearsed: on the stand-in, with tiny sizes, and where there is no GPU."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("gpu_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "gpu_script", module)
    spec.loader.exec_module(module)
    yield module
    for name in ("reporting", "gpu_sides", "resnet50"):
        sys.modules.pop(name, None)


def rehearse(*sections):
    command = [sys.executable, str(SCRIPT), "--rehearse"]
    command += ["--sections", *sections] if sections else []
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.shim
def test_a_section(tmp_path):
    done = rehearse("memory")
    assert done.returncode == 0, done.stderr
    assert "MiB beyond the context" in done.stdout and "a rehearsal on the CPU" in done.stdout


@pytest.mark.shim
@pytest.mark.slow
def test_all_sections():
    done = rehearse()
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (
        "tutorial, batch 1 ",
        "tutorial, batch 8 ",
        "tutorial, batch 32",
        "LeNet",
        "ResNet-50",
    ):
        (row,) = (line for line in done.stdout.splitlines() if line.startswith(f"| {name}"))
        assert "not run" not in row.split("|")[2] + row.split("|")[3], row
    assert "LeNet, batch 2: replayed as a graph" in done.stdout


def test_the_limits_leave_time_for_the_start(script):
    assert sum(limit for _, _, limit in script.SECTIONS.values()) <= 470


def test_without_a_gpu_every_row_says_so(script, monkeypatch, capsys):
    from mycaffe_py.errors import DeviceError

    def none():
        raise DeviceError("no GPU: none here", hint="buy one")

    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", none)
    assert script.main(["--record"]) == 4
    printed = capsys.readouterr()
    assert printed.err == "no GPU: none here\nbuy one\n"
    assert printed.out.splitlines() == [f"{name}: not run: no GPU" for name in script.SECTIONS]


def test_a_rehearsal_is_not_recorded(script, capsys):
    with pytest.raises(SystemExit):
        script.main(["--rehearse", "--record"])
    assert "measures nothing that could be recorded" in capsys.readouterr().err


def test_a_section_that_fails_or_hangs_is_said_and_the_others_run(
    script, monkeypatch, tmp_path, capsys
):
    fake = tmp_path / "fake.py"
    fake.write_text(
        "import sys, time, json, pathlib\n"
        "name, out = sys.argv[2], sys.argv[4]\n"
        "if name == 'memory': time.sleep(60)\n"
        "if name == 'lenet': sys.exit(3)\n"
        "pathlib.Path(out).write_text(json.dumps({'tests': [[5, 0, '-']]}))\n"
    )
    monkeypatch.setattr(script, "__file__", str(fake))
    sections = {
        name: (None, {}, 1 if name == "memory" else 30) for name in ("memory", "lenet", "tests")
    }
    monkeypatch.setattr(script, "SECTIONS", sections)
    rows, problems = script.collect(list(sections), script.parse(["--sections", "tests"]))
    assert problems == [
        "memory: not run: it was ended after 1 s",
        "lenet: not run: it ended with code 3",
    ]
    assert rows["tests"] == [[5, 0, "-"]] and rows["steps"] == []
