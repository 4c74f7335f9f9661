"""Runs a case in this process and judges its answer."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from mycaffe_py.cli.app import app
from mycaffe_py.cli.failures import report
from mycaffe_py.cli.shown_warnings import showing_warnings
from mycaffe_py.errors import EXIT_BUG, MyCaffeError, PluginCodeError
from mycaffe_py.plugin_code import from_users_code, plugin_error

from .case import MYCAFFE, Case, Kind, generator_of
from .findings import Finding, write_files

SILENT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings that Python does not show by default."""
WRONG = re.compile(r"error\[E000\]|^Traceback \(most", re.M)


class Wrong(Exception):
    """An answer that is not documented."""


def case_of(kind: Kind, corpus: Any, seed: int, number: int) -> Case:
    """Return a case of a kind."""
    return kind.make(generator_of(seed, kind.name, number), corpus)


def judge(kind: Kind, case: Case, seed: int, number: int) -> Finding | None:
    """Run a case in an empty folder; return what is wrong with its answer, or None."""
    with _own_folder() as folder:
        write_files(case, folder)
        try:
            for step in case.steps:
                _run(kind, step)
        except Wrong as wrong:
            error = wrong.__cause__
            trace = "".join(traceback.format_exception(error)) if error else ""
            words = " ".join(map(str, step))
            return Finding(kind.name, seed, number, str(wrong), f"{words}\n{trace}")
    return None


def _run(kind: Kind, step: Sequence[str]) -> None:
    """Run a step; raise Wrong if its answer is not documented."""
    call = _command if step[0] == MYCAFFE else _quiet(kind.calls[step[0]])
    with _as_at_the_start() as loose, captured() as streams, showing_warnings():
        code = call(step[1:])
        text = "".join(map(_read, streams))
    for warning in loose:
        if not issubclass(warning.category, SILENT):
            place = f'File "{warning.filename}", line {warning.lineno}, in warning'
            raise Wrong(f"{warning.category.__name__}: {warning.message}") from Warning(place)
    if code == EXIT_BUG:
        raise Wrong("the exit code says that there is a bug")
    if WRONG.search(text):
        raise Wrong(WRONG.search(text)[0]) from Exception(text[-3000:])


def _command(words: Sequence[str]) -> int:
    """Run a command line; return its exit code, which is 0 where a plugin is to blame and is blamed."""
    try:
        code = app.main(list(words), standalone_mode=False)
    except BaseException as error:
        return _code_of(error)
    return code if isinstance(code, int) else 0


def _code_of(error: BaseException) -> int:
    """Return the exit code for an exception; raise Wrong if it is not a documented one."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    blamed = isinstance(error, PluginCodeError) or plugin_error(error) or from_users_code(error)
    known = isinstance(error, MyCaffeError | click.ClickException | click.Abort | MemoryError)
    if not blamed and not known:
        raise Wrong(f"{type(error).__name__}: {error}"[:200]) from error
    code = report(error)
    if code == EXIT_BUG and not blamed:
        raise Wrong(f"exit code 1 for {type(error).__name__}: {error}"[:200]) from error
    return 0 if blamed else code


def _quiet(call: Callable[..., Any]) -> Callable[[Sequence[str]], int]:
    """Return a function that calls one of Python and judges what it raises as the command line would."""

    def run(words: Sequence[str]) -> int:
        try:
            call(*words)
        except BaseException as error:
            return _code_of(error)
        return 0

    return run


@contextmanager
def _as_at_the_start() -> Iterator[list[warnings.WarningMessage]]:
    """Treat warnings and numbers that are not finite as a new process does; yield the warnings that are shown."""
    with warnings.catch_warnings(record=True) as loose, np.errstate(all="warn", under="ignore"):
        warnings.resetwarnings()
        yield loose


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Run in an empty folder, which is removed."""
    before = os.getcwd()
    folder = Path(tempfile.mkdtemp(prefix="case-"))
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def captured() -> Iterator[list[Any]]:
    """Let stdout and stderr be files, as a shell's redirection does; restore also what a case closed."""
    before = sys.stdout, sys.stderr, sys.stdin
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape") as err,
        open(os.devnull, encoding="utf-8") as nothing,
    ):
        sys.stdout, sys.stderr, sys.stdin = out, err, nothing
        try:
            yield [out, err]
        finally:
            sys.stdout, sys.stderr, sys.stdin = before


def _read(stream: Any) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
