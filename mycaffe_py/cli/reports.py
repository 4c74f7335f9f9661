"""Reports of trainers on the terminal and as files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.trainer import Report
from mycaffe_py.weights.atomic import atomic_write, check_target

from .failures import echo, say, terminal_width, warn
from .outputs import say_replaced


def say_report(report: Report, *, quiet: bool) -> None:
    """Print a training's report to stderr; only its cautions if ``quiet``."""
    _show(report if not quiet else Report((), (), report.cautions), say, sys.stderr)


def print_report(report: Report) -> None:
    """Print a test's report to stdout, and its cautions to stderr."""
    _show(report, echo, sys.stdout)


def _show(report: Report, write: Callable[[str], Any], stream: Any) -> None:
    for line in report.lines(terminal_width(stream)):
        write(line)
    for caution in report.cautions:
        warn(caution)


def report_path(out: str) -> Path:
    """Return the path of the report, which can be written."""
    path = Path(out)
    if not path.name or os.path.isdir(path):
        raise ConfigError(f"--out {out} is a folder, not a file", hint="for example report.csv")
    check_target(path)
    return path


def write_report(report: Report | None, path: Path) -> None:
    """Write a report as CSV; ConfigError if there is none with tables."""
    if report is None or not report.tables:
        raise ConfigError(
            f"--out {path}: there is no report to write, only metrics",
            hint="a trainer gives reports if it defines test_report(); --json prints the metrics",
        )
    say_replaced([path])
    atomic_write(path, report.csv_text().encode())
