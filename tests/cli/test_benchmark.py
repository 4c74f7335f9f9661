"""``mycaffe benchmark``, with rows that take no time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from mycaffe_plugins.benchmark import machine, measuring, rows
from mycaffe_plugins.benchmark.machine import chip, environment
from mycaffe_plugins.benchmark.tables import table


class Side:
    def __init__(self, loss=1.0):
        self.loss = loss

    def results(self):
        return {"loss": np.array(self.loss)}

    def step(self):
        pass

    def close(self):
        pass


@pytest.fixture
def given(monkeypatch):
    """Two rows, torch as a side of the same kind, compiled kernels in use or not."""

    def put(torch=None, kernels=None, theirs=1.0):
        made = [
            rows.Row("tutorial", "one", 1, Side, lambda ours: Side(theirs), quick=True),
            rows.Row("ltc", "two", 8, Side, lambda ours: Side(), quick=False),
        ]
        monkeypatch.setattr(measuring, "all_rows", lambda: made)
        monkeypatch.setattr(measuring, "why_no_torch", lambda: torch)
        monkeypatch.setattr(measuring, "why_not", lambda: kernels)
        monkeypatch.setattr(measuring, "SECONDS", 0.001)
        monkeypatch.setattr(measuring, "QUICK_SECONDS", 0.001)
        monkeypatch.setattr("mycaffe_plugins.benchmark.running._torch_as", lambda n: _nothing())

    return put


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


def test_the_table(mycaffe, given):
    given()
    result = mycaffe("benchmark")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    head = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert head[:5] == ["what", "batch", "NumPy ms", "fast ms", "torch ms"]
    assert lines[2].startswith("| one ") and lines[3].startswith("| two ")
    assert " to " in lines[2] and "within 0.0e+00" in result.stdout
    assert "chip: " in result.stdout and "blas: " in result.stdout
    assert result.stderr.splitlines()[0].startswith("1/2 one, batch 1: NumPy ")


def test_what_is_missing_is_said(mycaffe, given):
    given(torch="not installed: pip install torch", kernels="turned off by MYCAFFE_FAST=0")
    result = mycaffe("benchmark", "--only", "ltc")
    assert result.exit_code == 0
    row = [cell.strip() for cell in result.stdout.splitlines()[2].strip("|").split("|")]
    assert row[:2] == ["two", "8"] and row[3:] == ["-"] * 5
    assert "torch: not installed: pip install torch" in result.stdout
    assert "compiled kernels: turned off by MYCAFFE_FAST=0" in result.stdout


def test_sides_that_differ_get_no_ratio_and_exit_code_1(mycaffe, given):
    given(theirs=1.5)
    result = mycaffe("benchmark", "--quick")
    assert result.exit_code == 1
    assert "one, batch 1: the sides do not compute the same" in result.stdout
    assert "NumPy differs by 3.3e-01" in result.stdout
    assert result.stdout.splitlines()[2].count("not compared") == 3


def test_values_as_json(mycaffe, given):
    given()
    result = mycaffe("benchmark", "--json", "--no-torch")
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert [row["name"] for row in found["rows"]] == ["one", "two"]
    first = found["rows"][0]
    assert set(first["ms"]) == {"NumPy", "fast"} and first["agree"] is True
    assert first["ratios"]["torch / NumPy"] is None
    assert set(first["ratios"]["NumPy / fast"]) == {"median", "least", "most"}
    assert found["settings"]["threads"] == 1 and found["machine"]["cores"]


def test_the_report_is_written(mycaffe, given, tmp_path):
    given()
    assert mycaffe("benchmark", "--out", "a.md").exit_code == 0
    text = (tmp_path / "a.md").read_text()
    assert text.startswith("# Times of training steps\n\n| what ") and "| chip" in text
    result = mycaffe("benchmark", "--quick", "--out", "a.md")
    assert "replacing a.md" in result.stderr
    assert mycaffe("benchmark", "--out", "a.json").exit_code == 0
    assert len(json.loads((tmp_path / "a.json").read_text())["rows"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "lenet"), "lenet"),
        (("--threads", "0"), "--threads"),
        (("--out", "."), "it is a folder"),
        (("gpu",), "gpu"),
    ],
)
def test_mistakes(mycaffe, given, arguments, words):
    given()
    result = mycaffe("benchmark", *arguments)
    assert result.exit_code == 2 and words in result.stderr and result.stdout == ""


def test_a_torch_that_cannot_be_imported_is_left_out(monkeypatch):
    def broken(name):
        raise OSError("libtorch.so:\n  cannot open")

    monkeypatch.setattr(measuring, "find_spec", lambda name: object())
    monkeypatch.setattr(measuring, "import_module", broken)
    assert measuring.why_no_torch() == "cannot be imported: libtorch.so: cannot open"
    monkeypatch.setattr(measuring, "find_spec", lambda name: None)
    assert "pip install torch" in measuring.why_no_torch()


def test_a_system_that_does_not_tell_its_load(monkeypatch):
    monkeypatch.delattr(machine.os, "getloadavg")
    assert environment()["load average at the end"] == "unknown"


def test_the_machine():
    facts = environment()
    assert facts["numpy"] == np.__version__ and chip() in facts["chip"] and facts["date"]


def test_vectors(monkeypatch):
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    monkeypatch.setattr(machine, "_facts", lambda: {"flags": "fpu avx avx2 fma"})
    assert machine.vectors() == "avx2"
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX2")
    assert machine.vectors() == "avx2, NPY_DISABLE_CPU_FEATURES=AVX2"
    monkeypatch.setattr(machine, "_facts", dict)
    assert machine.vectors().startswith("unknown") and machine.chip()


def test_a_table():
    lines = table(("a", "long name"), [("x", 1.23456), (True, 7)]).splitlines()
    assert lines == [
        "| a   | long name |",
        "|-----|-----------|",
        "| x   | 1.235     |",
        "| yes | 7         |",
    ]
