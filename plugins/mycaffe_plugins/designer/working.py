"""The child process of ``worker.py``: requests come as lines of JSON, answers go back as such."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import Any, BinaryIO

from mycaffe_py.compiled import refusing_settings_here
from mycaffe_py.errors import ConfigError, MyCaffeError, PrototxtError
from mycaffe_py.permission import allowing_python_layers, refusing_python_layers
from mycaffe_py.plugins import default_registry, use_plugins

from .editing import edit
from .look import look

_FUNCTIONS: dict[str, Any] = {"look": look, "edit": edit}
_MEMORY = 2 << 30
_LONGEST = 20
"""Seconds after which the process ends itself, in case nobody is left who would."""


def main(arguments: list[str]) -> None:
    """Answer requests from stdin until it ends. The argument is JSON: plugins, allow_python."""
    given = json.loads(arguments[0])
    layers = allowing_python_layers() if given["allow_python"] else refusing_python_layers()
    with refusing_settings_here(), layers:
        _answer_all(given)


def _answer_all(given: dict[str, Any]) -> None:
    answers = _own_output()
    try:
        plugins = given["plugins"]
        registry = use_plugins(*plugins) if plugins else default_registry()
    except Exception as error:
        _write(answers, {"error": _described(error)})
        return
    _limit_memory()
    _write(answers, {"value": {}})
    for line in sys.stdin.buffer:
        faulthandler.dump_traceback_later(_LONGEST, exit=True)
        _write(answers, _answer(json.loads(line), registry, given["allow_python"]))
        faulthandler.cancel_dump_traceback_later()


def _own_output() -> BinaryIO:
    """Return stdout for the answers; what layers print goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _limit_memory() -> None:
    """Let the process use 2 GB more than it does now, where the system supports it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        used = 0
        with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, hard))


def _answer(request: dict[str, Any], registry: Any, allow_python: bool) -> dict[str, Any]:
    arguments = request["arguments"]
    try:
        folder = arguments.pop("folder", None)
        if folder:
            os.chdir(folder)
        function = _FUNCTIONS[request["function"]]
        value = function(registry=registry, allow_python=allow_python, **arguments)
    except MemoryError as error:
        if isinstance(error, MyCaffeError):
            return {"error": _described(error)}
        os._exit(1)
    except Exception as error:
        return {"error": _described(error)}
    return {"value": value}


def _described(error: Exception) -> dict[str, Any]:
    """Return an error as JSON; one that is a bug with its traceback."""
    if isinstance(error, PrototxtError):
        first = error.problems[0]
        error = ConfigError(first.message, hint=first.hint, field=error.field)
    if isinstance(error, MyCaffeError):
        known = {"hint": error.hint, "field": error.field}
        return {"class": type(error).__name__, "message": error.message, **known}
    return {"class": "", "message": traceback.format_exc()}


def _write(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()
