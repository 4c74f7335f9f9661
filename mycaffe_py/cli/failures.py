"""Error messages and exit codes of the command line."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import textwrap
import traceback
from contextlib import suppress
from typing import Any

import click

from mycaffe_py.errors import (
    EXIT_BUG,
    EXIT_CONFIG,
    EXIT_INTERRUPTED,
    MyCaffeError,
    OutputError,
    PluginCodeError,
)
from mycaffe_py.plugin_code import (
    from_users_code,
    named_text,
    old_code_hint,
    plugin_error,
    users_place,
)
from mycaffe_py.visible import visible

from . import glog
from .glog_flags import FATAL, INFO, WARNING


def report(error: BaseException, *, debug: bool = False) -> int:
    """Print an error to stderr and return the exit code for it."""
    if debug and not isinstance(error, click.ClickException | click.Abort):
        with suppress(OSError):
            traceback.print_exception(error)
    if isinstance(error, MyCaffeError):
        _print(error.render(), _notes(error))
        return error.exit_code
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes it for Ctrl-D at a question; we ask none
    if isinstance(error, click.Abort | KeyboardInterrupt):
        glog.note(FATAL, "interrupted")
        _echo("interrupted")
        return EXIT_INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _echo(error.format_message())
        return EXIT_CONFIG
    if isinstance(error, click.ClickException):
        _print(_usage(error), [])
        return EXIT_CONFIG
    if isinstance(error, MemoryError):
        _print(
            f"error[E260]: out of memory: {error}\n  make the net, the batch or a window smaller",
            [],
        )
        return EXIT_CONFIG
    of_plugin = plugin_error(error)
    if of_plugin is not None:
        notes = [note for note in _notes(error) if not note.startswith("raised in ")]
        _print(of_plugin.render(), [*notes, *([] if debug else ["--debug shows the traceback"])])
        return of_plugin.exit_code
    code = PluginCodeError.code if from_users_code(error) else MyCaffeError.code
    _print(f"error[{code}]: {named_text(error)}", [*_notes(error), *_advice(error, debug)])
    return EXIT_BUG


def report_lost(reason: OSError) -> int:
    """Print that what a verb printed was lost, though it did its work; return the exit code."""
    return report(
        OutputError(
            f"cannot write to standard output: {reason.strerror or reason}; the rest is done"
        )
    )


def _advice(error: BaseException, debug: bool) -> list[str]:
    """Return notes on who is responsible for an exception that no plugin's code raised."""
    if from_users_code(error):
        file, line, source = users_place(error)
        if not file:  # an installed package's layer
            last = traceback.extract_tb(error.__traceback__)[-1]
            file, line, source = last.filename, last.lineno or 0, last.line or ""
        notes = [f"raised in the layer's own Python code, {file}:{line}: {source}"]
        notes += [hint] if (hint := old_code_hint(error)) else []
        return [*notes, *([] if debug else ["--debug shows the traceback"])]
    return [
        "this is a bug in mycaffe-py; please report it with the",
        "output of `mycaffe doctor`" + ("" if debug else " and the traceback that --debug shows"),
    ]


def _notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", []))


def _usage(error: click.ClickException) -> str:
    text = re.sub(r"valid integer( range)?", "whole number", error.format_message().rstrip("."))
    context = getattr(error, "ctx", None)
    hint = getattr(error, "hint", None)
    if isinstance(error, click.NoSuchOption):
        text = f"there is no option {error.option_name}"
        if context and isinstance(context.command, click.Group):
            hint = f"the options of a verb come after it: mycaffe VERB {error.option_name} ..."
    if hint is None and isinstance(error, click.BadParameter | click.BadOptionUsage):
        from .bad_values import hint_for

        hint = hint_for(error)
    lines = [f"error[E200]: {text[:1].lower()}{text[1:]}"]
    if hint:
        lines.append(f"  {hint}")
    if context is not None:
        lines.append(f"  see: {context.command_path} --help")
    return "\n".join(lines)


def use_colour() -> bool:
    """Whether messages on stderr may be coloured."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ


def _print(text: str, notes: list[str]) -> None:
    text = visible("\n".join([text, *(f"  {note}" for note in notes)]))
    glog.note(FATAL, text)
    lines = text.split("\n")
    _echo("\n".join(map(_coloured, lines)))


def _echo(text: str) -> None:
    """Print to stderr; a closed pipe or terminal is ignored."""
    try:
        click.echo(text, err=True, color=use_colour())
    except OSError:
        silence(sys.stderr)


def echo_result(text: str | bytes) -> None:
    """Print to stdout what a program may read, unchanged but on a terminal; a closed pipe or terminal is ignored."""
    if isinstance(text, str) and sys.stdout.isatty():
        text = visible(text)
    try:
        try:
            click.echo(text)
        except UnicodeEncodeError:  # a file's name with bytes that are not UTF-8
            click.echo(os.fsencode(text))
    except OSError as error:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise
        silence(sys.stdout)


def echo(text: str, *, red: bool = False) -> None:
    """Print to stdout what people read; names in it cannot steer the terminal."""
    text = visible(text)
    glog.note(INFO, text)
    click.echo(click.style(text, fg="red") if red else text)


def silence(stream: Any) -> None:
    """Redirect a stream that can no longer be written to the null device, so that flushing it at exit does not fail."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _coloured(line: str) -> str:
    match = re.match(r"(error\[\w+\]:?)(.*)", line)
    if match:
        return click.style(match[1], fg="red", bold=True) + click.style(match[2], bold=True)
    if re.fullmatch(r" *\^+", line):
        return click.style(line, fg="red", bold=True)
    return click.style(line, fg="cyan") if "did you mean" in line else line


def warn(text: str) -> None:
    """Print a warning to stderr."""
    glog.note(WARNING, f"warning: {visible(text)}")
    if glog.shows(WARNING):
        warn_only(text)


def warn_only(text: str) -> None:
    """Print a warning to stderr that is not part of the log."""
    prefix = click.style("warning:", fg="yellow", bold=True)
    _echo(f"{prefix} {visible(text)}")


def terminal_width(stream: Any) -> int:
    """Return the width of the terminal that a stream goes to; 100 if it is none."""
    return (shutil.get_terminal_size().columns or 80) if stream.isatty() else 100


def say(text: str) -> None:
    """Print a message to stderr, wrapped between words on a terminal."""
    text = visible(text)
    glog.note(INFO, text)
    if glog.shows(INFO):
        _say(text)


def say_line(line: str) -> None:
    """Print a line of Caffe's log to stderr; log files have it already."""
    if glog.shows(glog.severity_of(line)):
        _say(visible(glog.prefixed(line)))


def _say(text: str) -> None:
    if sys.stderr.isatty():
        text = wrapped(text, terminal_width(sys.stderr))
    _echo(text)


def wrapped(line: str, width: int) -> str:
    """Wrap a line between words; continuation lines are indented, and paths are never broken."""
    parts = textwrap.wrap(
        line,
        width=max(width, 20),
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(parts)
