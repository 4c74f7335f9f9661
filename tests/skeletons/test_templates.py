"""Each skeleton passes its own tests at once, and is short."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.skeletons import SKELETONS, make_package, make_plugin
from mycaffe_py.skeletons.rendering import template

LONGEST = {"layer": 20}
"""Lines of code; the others, and the tests, have at most 30."""
ISOLATED = ("-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist", "-c", os.devnull)


def run_tests(folder):
    return pytest.main([str(folder), f"--rootdir={folder}", *ISOLATED])


def code_lines(text):
    """Count lines with code: no comments, docstrings and schema texts."""
    left_out = set()
    for node in ast.walk(ast.parse(text)):
        value = getattr(node, "value", None)
        schema = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "schema"
        doc = isinstance(node, ast.Expr) and isinstance(value, ast.Constant)
        if schema or doc:
            left_out |= set(range(node.lineno, node.end_lineno + 1))
    kinds = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {t.start[0] for t in tokens if t.type not in (*kinds, tokenize.ENDMARKER)}
    return len(lines - left_out)


@pytest.mark.parametrize("kind", SKELETONS)
def test_a_skeleton_passes_its_own_tests(kind, tmp_path, capsys):
    make_plugin(kind, f"own-{kind}", tmp_path)
    code = run_tests(tmp_path)
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("kind", SKELETONS)
def test_a_skeleton_is_short(kind):
    stem = SKELETONS[kind].stem
    assert code_lines(template(f"{stem}.py.txt")) <= LONGEST.get(kind, 30)
    assert code_lines(template(f"{stem}_test.py.txt")) <= 30


@pytest.mark.parametrize("kind", [name for name, one in SKELETONS.items() if one.kind])
def test_a_skeleton_is_a_plugin_with_documented_settings(kind, tmp_path):
    made = make_plugin(kind, "own-gate", tmp_path)
    registry = load_registry([str(made.files[0])])
    assert "owngate" in {name.lower().replace("_", "") for name in offered(registry, kind)}
    fields = registry.schema.describe("OwnGateParameter").fields
    assert fields and all(field.doc for field in fields)


def offered(registry, kind):
    return registry.catalog(SKELETONS[kind].kind).types()


def test_no_template_is_left_over_and_none_has_a_mark_left(tmp_path):
    made = make_package("own-gate", list(SKELETONS), tmp_path)
    for file in made.files:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"[Mm]y.?[Nn]ame|11111|CONTENTS|ENTRY_POINTS|SHOW|VERSION", text), file


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def call(*command, cwd, **more):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**environment(), **more},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_plugins_in_one_folder_pass_and_are_clean(tmp_path):
    for kind in SKELETONS:
        make_plugin(kind, f"a-rather-long-name-{kind}", tmp_path)
    call("pytest", *ISOLATED[:5], cwd=tmp_path)
    call("ruff", "check", "--isolated", "--no-cache", ".", cwd=tmp_path)


@pytest.mark.slow
def test_a_package_passes_is_installed_and_is_found(tmp_path):
    made = make_package("own-gate", list(SKELETONS), tmp_path)
    call("pytest", cwd=made.folder)
    call("ruff", "check", "--no-cache", ".", cwd=made.folder)
    site = tmp_path / "site"
    pip = ("pip", "install", "--no-deps", "--no-build-isolation", "--target", str(site), ".")
    call(*pip, cwd=made.folder)
    found = {"PYTHONPATH": str(site)}
    command = Path(sys.executable).with_name("mycaffe")
    for kind, one in SKELETONS.items():
        own = f"own_gate_{one.stem}" if one.lower_case else f"OwnGate{kind.title()}"
        what = [one.lists, own] if one.kind else [f"own-gate-{kind}", "LiquidNetCfc.prototxt"]
        done = subprocess.run(
            [str(command), *what], env={**environment(), **found}, capture_output=True, text=True
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
    call("pytest", cwd=made.folder, **found)
