"""The flags of glog, by which Caffe's tools are told what to log and where, and their environment variables.

Flags are written with one or two dashes, ``-log_dir=DIR`` or ``-log_dir DIR``, before or after the verb; those that are
on or off as ``-logtostderr``, ``-nologtostderr`` or ``-logtostderr=false``, as gflags reads them. ``GLOG_log_dir`` and
so on are what holds without the flag; ``GOOGLE_LOG_DIR`` is another name of ``GLOG_log_dir``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.errors import ConfigError

INFO, WARNING, ERROR, FATAL = range(4)
SEVERITIES = ("INFO", "WARNING", "ERROR", "FATAL")

TOOLS = (
    *("train", "test", "time", "device-query", "convert-imageset", "compute-image-mean"),
    *("extract-features", "upgrade-net", "upgrade-solver"),
    *("upgrade-net-proto-text", "upgrade-net-proto-binary", "upgrade-solver-proto-text"),
)
"""The verbs that are tools of Caffe, which log by glog."""

_SWITCHES = ("logtostderr", "alsologtostderr", "colorlogtostderr", "log_prefix")
_NUMBERS = ("stderrthreshold", "minloglevel")
_TEXTS = ("log_dir", "log_link")
# Accepted without effect: there are no VLOG messages here, every line is written at once, and so on.
_IDLE_SWITCHES = (
    *("stop_logging_if_full_disk", "alsologtoemail", "symbolize_stacktrace", "drop_log_memory"),
    "log_utc_time",
)
_IDLE = (
    *("v", "vmodule", "logbuflevel", "logbufsecs", "max_log_size", "log_backtrace_at"),
    *("logfile_mode", "logemaillevel", "logmailer"),
)
_ON, _OFF = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class GlogRules:
    """What is logged, and where."""

    logtostderr: bool = False
    alsologtostderr: bool = True
    """As Caffe's tools set it; glog's own default is off."""
    stderrthreshold: int = ERROR
    minloglevel: int = INFO
    log_dir: str = ""
    """The folder of the log files; "": none are written, where Caffe's tools write to /tmp."""
    log_link: str = ""
    log_prefix: bool = True
    plain: bool = False
    """Whether lines on stderr were asked for, rather than a live view."""

    def shows(self, severity: int) -> bool:
        """Whether messages of a severity go to stderr; those that end the program always do."""
        if severity >= FATAL:
            return True
        everything = self.logtostderr or self.alsologtostderr
        return severity >= self.minloglevel and (everything or severity >= self.stderrthreshold)

    def writes(self, severity: int) -> bool:
        """Whether messages of a severity go to log files."""
        wanted = bool(self.log_dir) and not self.logtostderr
        return wanted and severity >= min(self.minloglevel, FATAL)


def split_glog(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ
) -> tuple[list[str], GlogRules]:
    """Return the arguments without glog's flags, and what these and the environment say.

    Only for Caffe's tools; ConfigError for a value that a flag does not take.
    """
    rest, given = _split(arguments)
    if not any(word.replace("_", "-") in TOOLS for word in _words(rest)):
        return list(arguments), GlogRules()
    values = {**_of_environment(environ), **{name: _value(name, text) for name, text in given}}
    for name in (*_IDLE, *_IDLE_SWITCHES):
        values.pop(name, None)
    stated = {name for name, _ in given}
    plain = any(values.get(name) for name in ("logtostderr", "alsologtostderr") if name in stated)
    return rest, GlogRules(plain=plain or bool(values.get("logtostderr")), **values)


def _words(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the first word that is no option: the verb."""
    yield from [word for word in arguments if not word.startswith("-")][:1]


def _split(arguments: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the arguments that are no flags of glog, and the flags with their values."""
    rest: list[str] = []
    given: list[tuple[str, str]] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*_without_levels(rest), argument, *waiting], given
        name, equals, value = argument.partition("=")
        flag = name.lstrip("-") if name.startswith("-") else ""
        if flag in (*_SWITCHES, *_IDLE_SWITCHES):
            given.append((flag, value if equals else "true"))
        elif flag.startswith("no") and flag[2:] in (*_SWITCHES, *_IDLE_SWITCHES) and not equals:
            given.append((flag[2:], "false"))
        elif flag in (*_NUMBERS, *_TEXTS, *_IDLE) and (equals or flag != "v"):
            given.append((flag, value if equals else next(waiting, "")))
        else:
            rest.append(argument)
    return _without_levels(rest), given


def _without_levels(arguments: list[str]) -> list[str]:
    """Return the arguments without ``-v NUMBER``, which glog reads; ``-v`` alone is ``--verbose``."""
    result: list[str] = []
    skip = False
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        if skip:
            skip = False
        elif argument in ("-v", "--v") and following.lstrip("-").isdigit():
            skip = True
        else:
            result.append(argument)
    return result


def _value(name: str, text: str) -> Any:
    """Return a flag's value."""
    if name in _SWITCHES:
        if text.lower() not in (*_ON, *_OFF):
            raise ConfigError(
                f'-{name} is on or off, not "{text}"', hint=f"write -{name} or -no{name}"
            )
        return text.lower() in _ON
    if name in _NUMBERS:
        if not text.lstrip("-").isdigit():
            shown = ", ".join(f"{number} {word}" for number, word in enumerate(SEVERITIES))
            raise ConfigError(f'-{name} takes a number, not "{text}"', hint=f"severities: {shown}")
        return int(text)
    if name in _TEXTS:
        if not text or "\0" in text:
            raise ConfigError(f"-{name}: it is empty", hint=f"write -{name}=FOLDER")
        return os.path.expanduser(text) if text.startswith("~/") else text
    return text


def _of_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what GLOG_ variables say, read as glog reads them: a switch is on by its first letter."""
    found: dict[str, Any] = {}
    if environ.get("GOOGLE_LOG_DIR"):
        found["log_dir"] = environ["GOOGLE_LOG_DIR"]
    for name in (*_SWITCHES, *_NUMBERS, *_TEXTS):
        text = environ.get(f"GLOG_{name}")
        if text is None:
            continue
        if name in _SWITCHES:
            found[name] = text[:1] in ("", *"tTyY1")
        elif name in _NUMBERS:
            digits = text.strip()
            found[name] = int(digits) if digits.lstrip("+-").isdigit() else 0
        else:
            found[name] = text
    return found
