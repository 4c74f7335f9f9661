"""Paths too long for the system, and names that are no UTF-8, wherever a verb takes a path: an error of ours."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import VERBS, app

PATHS = {
    "too long a name": "n" * 5000,
    "too long a path": "n/" * 2500 + "n",
    "no UTF-8": "caf\udce9",
    "no UTF-8 below a folder": "r\udce9sum\udce9/001",
    "a letter of two bytes": "caf\u00e9.prototxt",
}
FURTHER = {
    "train": [
        "--solver",
        "adamw.prototxt",
        "--model",
        "LiquidNetCfc.prototxt",
        "--iterations",
        "1",
    ],
    "test": ["--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt", "--iterations", "1"],
    "time": ["--model", "LiquidNetCfc.prototxt", "--iterations", "1"],
}
OPTIONS = ("solver", "model", "weights", "resume", "snapshot", "out", "run_dir", "plugins", "data")


def places(verb):
    """Return the command lines of a verb with a path in one place each; ``{}`` stands for it."""
    command = app.get_command(click.Context(app), verb)
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    lines = [[verb, *["{}"] * max(1, len(arguments))]] if arguments else []
    for option in command.params:
        if isinstance(option, click.Option) and option.name in OPTIONS:
            rest = [each for each in FURTHER.get(verb, [])]
            name = max(option.opts, key=len)
            if name in rest:
                del rest[rest.index(name) : rest.index(name) + 2]
            lines.append([verb, *(["LiquidNetCfc.prototxt"] * bool(arguments)), name, "{}", *rest])
    return lines


LINES = [line for verb in VERBS for line in places(verb)]


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line[:5]))
def test_a_strange_path_is_no_bug(tmp_path, monkeypatch, sketches, kind, line):
    monkeypatch.chdir(tmp_path)
    arguments = [PATHS[kind] if each == "{}" else each for each in line]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (0, 2, 3), result.output
    assert "E000" not in result.output and "Traceback" not in result.output
    assert not isinstance(result.exception, OSError | UnicodeError)
