"""Names that a locale cannot write: files are found, and what is printed is escaped at most."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mycaffe_py.resources import find_resource

from .conftest import MAIN, SMALL

LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LANG": "", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
]
FOLDERS = [b"caf\xe9", "\u00e9t\u00e9 \u2502".encode()]


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=["no UTF-8", "UTF-8"])
@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_names_beyond_the_locale(tmp_path, locale, folder):
    place = os.fsencode(tmp_path) + b"/" + folder
    os.mkdir(place)
    text = find_resource("models", "LiquidNetCfc.prototxt").read_text("utf-8")
    with open(place + b"/m.prototxt", "wb") as file:
        file.write(text.replace('"LiquidNetCfc"', '"Netz-\u00e4\u2502"').encode())
    environment = {name: value for name, value in os.environ.items() if name[:3] != "LC_"} | locale

    def run(*arguments):
        command = [sys.executable, "-W", "error", "-c", MAIN, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        assert b"E000" not in done.stderr and b"Traceback" not in done.stderr, done.stderr
        return done.returncode

    assert run("check", folder + b"/m.prototxt") == 0
    assert run("check", folder + b"/none.prototxt") == 3
    small = [*SMALL[:2], "--model", folder + b"/m.prototxt", *SMALL[4:], "--device", "cpu"]
    assert run("train", *small, "--iterations", "3", "--run-dir", folder + b"/run") == 0
    assert run("runs", folder) == 0
    assert run("draw", folder + b"/m.prototxt", folder + b"/net.svg") == 0
    assert os.path.exists(place + b"/net.svg")
    assert run("train", "--resume", folder + b"/run", "--iterations", "5") == 0
