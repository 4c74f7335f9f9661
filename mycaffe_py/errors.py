"""Every exception class of mycaffe-py, with the exit code that the command line gives for it.

All derive from :class:`MyCaffeError`. The classes that a Python user would expect from the standard
library derive from it as well (``ConfigError`` is a ``ValueError``, ``MissingFileError`` a
``FileNotFoundError``), so that ordinary ``except`` clauses work.

Exit codes: 0 ok, 1 a bug in mycaffe-py or a plugin, 2 usage or configuration, 3 missing file, plugin or extra,
4 device unavailable, 5 diverged (non-finite loss), 130 interrupted with a snapshot written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from .nearest import closest as closest, did_you_mean as did_you_mean
from .visible import visible, visible_line

EXIT_OK = 0
EXIT_BUG = 1
EXIT_CONFIG = 2
EXIT_MISSING = 3
EXIT_DEVICE = 4
EXIT_DIVERGED = 5
EXIT_INTERRUPTED = 130

_MAX_PROBLEMS = 50
_WIDEST_LINE = 160
_LONGEST_MESSAGE = 800


@dataclass(frozen=True)
class Location:
    """A place in a text file; line and column count from 1. ``text`` is the source line."""

    filename: str
    line: int
    column: int
    text: str = ""
    length: int = 1

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One mistake in the user's input: what, where, and what to do about it."""

    message: str
    location: Location | None = None
    hint: str | None = None
    code: str = "E100"
    setting: str = field(default="", compare=False)
    """The setting at fault as ``--set`` names it, if it is known: ``solver.base_lr``, ``cfc1.cfc_param.time``."""
    layer: str = field(default="", compare=False)
    """The name of the layer at fault, or "" if it is no layer's mistake or the layer has no name."""
    text: str = field(default="", compare=False)
    """The message for a reader who sees layer and setting already: without them at its beginning."""
    path: tuple[str | int, ...] | None = field(default=None, compare=False)
    """The path of the setting in the file's message, ``("layer", 1, "cfc_param", "time")``, or None if unknown."""

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", self.message)

    def render(self) -> str:
        """Format as ``error[E101] file:line:column: message`` with source line, caret and hint."""
        separator = "" if self.location else ":"
        return f"error[{self.code}]{separator} {self.as_warning()}"

    def as_warning(self) -> str:
        """Format as ``file:line:column: message``, with source line, caret and hint."""
        place = f"{self.location}: " if self.location else ""
        lines = [visible(f"{place}{_shortened(self.message)}")]
        if self.location and self.location.text.strip():
            lines += _source_lines(self.location)
        if self.hint:
            lines += [f"  {line}" for line in visible(_shortened(self.hint)).splitlines()]
        return "\n".join(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]} ..."


def _source_lines(place: Location) -> list[str]:
    """Return the source line (of a long line, the part around the column) and the carets below it."""
    start = max(0, place.column - _WIDEST_LINE // 2) if len(place.text) > _WIDEST_LINE else 0
    source = place.text.replace("\t", " ")[start : start + _WIDEST_LINE]
    column = place.column - start
    before, at = visible_line(source[: column - 1]), source[column - 1 :]
    carets = "^" * max(1, len(visible_line(at[: place.length])))
    return [f"  {before}{visible_line(at)}", "  " + " " * len(before) + carets]


class MyCaffeError(Exception):
    """Base of all errors that mycaffe-py raises on purpose.

    ``field`` is the dotted path of the setting at fault, such as ``curve_param.noise``, below the message that is
    being checked; code that knows the file turns it into ``location`` (``Document.locating``). ``nearest`` is an
    unknown name with the known ones: if one of them is near, the hint is "did you mean" instead of ``hint``.
    ``choices`` is a value that is none of a few, with these, which the hint then lists as well.
    """

    exit_code = EXIT_BUG
    code = "E000"
    field: str = ""
    layer: str = ""
    """The name of the layer that reports the error."""
    text: str = ""
    """The message without the layer that it begins with, if it does."""
    field_path: tuple[str | int, ...] | None = None
    """The path of the setting in the file's message, once the error has a location."""
    setting: str = ""
    """How ``--set`` names the setting at fault, once the error has a location."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        field: str = "",
        nearest: tuple[str, Iterable[str]] | None = None,
        choices: tuple[str, Sequence[str]] | None = None,
    ):
        near = None
        if nearest is not None:
            near = did_you_mean(*nearest)
        elif choices is not None:
            near, valid = did_you_mean(*choices), f"valid: {', '.join(choices[1])}"
            near = f"{near}\n{valid}" if near else valid
        self.message, self.hint, self.location = message, near or hint, location
        if field:
            self.field = field
        super().__init__(self.problems[0].render() if location else self._one_line())

    def __reduce__(self) -> Any:
        # Exceptions from worker processes arrive pickled.
        state = {name: value for name, value in vars(self).items() if name != "document"}
        return _restored, (type(self), self.args, state)

    def _one_line(self) -> str:
        return visible(f"{self.message} ({self.hint})" if self.hint else self.message)

    @property
    def problems(self) -> Sequence[Problem]:
        """The mistakes that this error reports; at least one."""
        about = (self.setting, self.layer, self.text, self.field_path)
        return [Problem(self.message, self.location, self.hint, self.code, *about)]

    def render(self) -> str:
        """Format every problem for a terminal, one paragraph each."""
        return "\n".join(problem.render() for problem in self.problems)


def _restored(
    cls: type[MyCaffeError], args: tuple[Any, ...], state: dict[str, Any]
) -> MyCaffeError:
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


class MyCaffeWarning(UserWarning):
    """Something that looks wrong but can still be done."""


class ConfigError(MyCaffeError, ValueError):
    """A setting, file or command line that is invalid."""

    exit_code = EXIT_CONFIG
    code = "E200"


class PrototxtError(ConfigError):
    """All mistakes found in one prototxt file."""

    code = "E100"
    document: Any = None
    """What could still be read of the text, a Document, or None if its structure is broken."""

    def __init__(self, problems: Sequence[Problem], document: Any = None):
        self._problems = list(problems)
        self.document = document
        super().__init__(self.render())

    @property
    def problems(self) -> Sequence[Problem]:
        """The mistakes, in file order."""
        return self._problems

    def render(self) -> str:
        """Format the mistakes; if there are very many, only the first ones."""
        shown = [problem.render() for problem in self._problems[:_MAX_PROBLEMS]]
        if len(shown) < len(self._problems):
            shown.append(f"only the first {len(shown)} problems are shown")
        return "\n".join(shown)


class SchemaError(ConfigError):
    """Schema text that cannot be composed: a syntax error, or a clash between two owners."""

    code = "E110"
    owner: str | None = None
    """Whose text is at fault, if that is known."""


class PluginError(ConfigError):
    """A plugin that offers something unusable."""

    code = "E120"


class UnsetAttributeError(PluginError, AttributeError):
    """An attribute named in ``state_names`` does not exist, or not yet."""

    code = "E122"


class PluginCodeError(MyCaffeError):
    """An exception that a plugin's own code raised, as the command line shows it."""

    code = "E121"


class UnknownTypeError(ConfigError, LookupError):
    """A type of layer, solver, filler, gym, trainer or observer that no plugin offers."""

    code = "E201"


class UnknownNameError(ConfigError, KeyError):
    """A blob or layer that a net does not have, asked for as in a dict."""

    code = "E202"

    __str__ = Exception.__str__


class ShapeError(ConfigError):
    """Blobs whose shapes do not fit together."""

    code = "E210"


class LayerError(ConfigError):
    """A layer that cannot be set up as configured."""

    code = "E220"


class PythonRefusedError(LayerError):
    """A layer whose code the model names, where such code may not run."""

    code = "E221"


class PythonModuleError(LayerError, ImportError):
    """A module of the user's own that a Python layer names, and that cannot be imported; see ``__cause__``."""

    code = "E222"


class SnapshotError(ConfigError):
    """A weights or state file that cannot be used here."""

    code = "E230"


class DataError(ConfigError):
    """Data (a CSV file, a gym's output) that cannot be used."""

    code = "E240"


class NotNumbersError(DataError, TypeError):
    """Data that should be numbers and are not."""

    code = "E241"


class OutputError(ConfigError):
    """A result that could not be written; nothing half-written is left."""

    code = "E250"


class OutOfMemoryError(ConfigError, MemoryError):
    """A net, a batch or an image that is too large for the available memory."""

    code = "E260"


class NotFittedError(ConfigError, AttributeError):
    """An estimator that is asked for what only a trained one has."""

    code = "E270"


class MissingFileError(MyCaffeError, FileNotFoundError, RuntimeError):
    """A missing file; pycaffe's users expect a RuntimeError."""

    exit_code = EXIT_MISSING
    code = "E310"


class MissingLayerFileError(MissingFileError, LayerError):
    """A file named in a layer's settings that does not exist."""

    code = "E311"


class MissingPluginError(MyCaffeError, LookupError):
    """A plugin requested by name that does not exist."""

    exit_code = EXIT_MISSING
    code = "E320"


class MissingExtraError(MyCaffeError, ImportError):
    """An optional dependency that is not installed; the hint has the pip command."""

    exit_code = EXIT_MISSING
    code = "E330"


class DeviceError(MyCaffeError, RuntimeError):
    """The requested device cannot be used; the message gives the reason."""

    exit_code = EXIT_DEVICE
    code = "E400"


class DivergedError(MyCaffeError, ArithmeticError):
    """The loss is no longer finite; the message names the first bad blob."""

    exit_code = EXIT_DIVERGED
    code = "E500"


def add_note(error: BaseException, note: str) -> None:
    """Attach ``note`` to an exception in flight, keeping its traceback and class."""
    if hasattr(error, "add_note"):
        error.add_note(note)
    else:  # Python 3.10
        error.__notes__ = [*getattr(error, "__notes__", []), note]


@contextmanager
def within_field(name: str) -> Iterator[None]:
    """Prefix ``name`` to the ``field`` of errors raised inside, unless it begins with it already."""
    try:
        yield
    except MyCaffeError as error:
        if name and error.field.partition(".")[0] != name:
            with suppress(AttributeError):  # a plugin's error class may have a fixed field
                error.field = f"{name}.{error.field}".rstrip(".")
        raise


@contextmanager
def naming_place(where: str, kind: type[MyCaffeError]) -> Iterator[None]:
    """Prefix errors of that kind raised inside with ``where``: ``where: message``."""
    try:
        yield
    except kind as error:
        message = f"{where}: {error.message}"
        raise kind(message, hint=error.hint, location=error.location, field=error.field) from error


def require(module: str, extra: str) -> Any:
    """Import and return an optional dependency, or raise MissingExtraError with the pip command."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"this needs the package {module!r}, which is not installed ({error})",
            hint=f'install it with: pip install "mycaffe-py[{extra}]"',
        ) from error
