"""The log of a running command: what of its messages goes to stderr, and what to log files, as glog's flags say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mycaffe_py.events.caffe_log import stamped
from mycaffe_py.events.net_log import net_lines

from .glog_files import LogFiles
from .glog_flags import INFO, SEVERITIES, WARNING, GlogRules


class _Log:
    def __init__(self, rules: GlogRules, files: LogFiles | None):
        self.rules, self.files = rules, files


_now = _Log(GlogRules(), None)


@contextmanager
def logging_by(rules: GlogRules, complain: Callable[[str], None]) -> Iterator[None]:
    """Context of a command that logs by these rules."""
    global _now
    before = _now
    wanted = rules.writes(max(INFO, rules.minloglevel))
    files = LogFiles(rules.log_dir, _program(), complain, link=rules.log_link) if wanted else None
    _now = _Log(rules, files)
    try:
        yield
    finally:
        _now = before
        if files is not None:
            files.close()


def _program() -> str:
    """Return the name that the program was called by, as glog has it."""
    name = os.path.basename(sys.argv[0] or "")
    called = name.removesuffix(".exe")
    return "mycaffe" if not called or called.startswith(("-", "__")) or "." in called else called


def rules() -> GlogRules:
    """Return the rules of the command that runs."""
    return _now.rules


def has_files() -> bool:
    """Whether log files are written."""
    return _now.files is not None


def shows(severity: int) -> bool:
    """Whether messages of a severity go to stderr."""
    return _now.rules.shows(severity)


def note(severity: int, text: str) -> None:
    """Write a message to the log files, if there are any."""
    if _now.files is not None and _now.rules.writes(severity):
        line = text if not _now.rules.log_prefix else stamped(text, SEVERITIES[severity][0])
        _now.files.write(severity, line)


def note_net(net: Any) -> None:
    """Write Caffe's lines about a net that was built to the log files."""
    if has_files():
        for line in net_lines(net):
            note_line(line)


def severity_of(line: str) -> int:
    """Return the severity of a line of Caffe's log."""
    return WARNING if line.startswith("warning: ") else INFO


def note_line(line: str) -> None:
    """Write a line of Caffe's log to the log files."""
    note(severity_of(line), line)


def prefixed(line: str) -> str:
    """Return a line of Caffe's log as stderr shows it."""
    return stamped(line, SEVERITIES[severity_of(line)][0]) if _now.rules.log_prefix else line
