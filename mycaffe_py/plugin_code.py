"""Whose code raised an exception: this package's, or a plugin's."""

from __future__ import annotations

import linecache
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from traceback import walk_tb
from types import FrameType

from .errors import MyCaffeError, PluginCodeError, add_note, did_you_mean
from .foreign.old_code import old_code_hint as old_code_hint

_NOTE = "raised in "
_OURS = ("mycaffe_py", "mycaffe_plugins")
_REFUSED_CALL = re.compile(
    r"(\w+)\.(\w+)\(\) (?:takes|missing|got an unexpected|got some|got multiple)"
)
_MOST_TEXT = 2000
_plugins: dict[str, str] = {}
"""First part of a plugin's module names -> the plugin's name."""


def note_plugin(module: str, name: str) -> None:
    """Remember that a module, and all modules of its package, are the code of a plugin."""
    root = module.partition(".")[0]
    if root and root not in _OURS:
        _plugins[root] = name


def text_of(error: BaseException) -> str:
    """Return an exception's text, whatever it is: cut if it is very long, and also if its class cannot give it."""
    try:
        text = missing_field(error) or str(error)
    except Exception as problem:
        return f"(its text cannot be shown: {type(problem).__name__})"
    return (
        text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} ... ({len(text):,} characters)"
    )


def missing_field(error: BaseException) -> str:
    """Return what to say of a setting that was read, but does not exist; "" for any other exception."""
    settings = getattr(error, "obj", None) if isinstance(error, AttributeError) else None
    descriptor = getattr(type(settings), "DESCRIPTOR", None)
    name = getattr(error, "name", None)
    if descriptor is None or not name or name in descriptor.fields_by_name:
        return ""
    near = did_you_mean(name, descriptor.fields_by_name.keys())
    return f'{descriptor.name} has no field "{name}"' + (f"; {near}" if near else "")


def named_text(error: BaseException) -> str:
    """Return an exception's class and text."""
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass(frozen=True)
class PluginPlace:
    """Where a plugin's code raised an exception, or called ours, which did."""

    plugin: str
    filename: str
    line: int
    function: str
    what: str
    """The object whose method it was: ``layer "g" (Gate)``, ``gym Square``; or ""."""
    ours: str
    """The place in this package that raised it, if the plugin's code called that; or ""."""

    @property
    def source(self) -> str:
        """The line of the plugin's code."""
        return linecache.getline(self.filename, self.line).strip()

    def __str__(self) -> str:
        where = f'{self.filename}:{self.line}, {self.function}() of plugin "{self.plugin}"'
        return f"{self.what}: {where}" if self.what else where


def plugin_place(error: BaseException) -> PluginPlace | None:
    """Return the innermost place of a plugin's code in an exception's traceback, or None if it met none."""
    found: tuple[FrameType, int] | None = None
    ours = ""
    for frame, line in walk_tb(error.__traceback__):
        root = _root(frame)
        if root in _plugins:
            found, ours = (frame, line), ""
        elif root in _OURS and found is not None and not _is_checker(frame):
            ours = f"{frame.f_code.co_filename}:{line}"
    if found is None:
        return None
    frame, line = found
    code = frame.f_code
    return PluginPlace(
        _plugins[_root(frame)], code.co_filename, line, code.co_name, _owner(frame), ours
    )


def import_fault(error: BaseException) -> str:
    """Return why a plugin could not be imported, after the file and line of its code that raised it."""
    text = text_of(error)
    if not isinstance(error, ModuleNotFoundError):
        text = f"{type(error).__name__}: {text}"
    place = None if isinstance(error, SyntaxError) else plugin_place(error)
    if place is None:  # a syntax error names its own line
        return text
    return f"{os.path.basename(place.filename)}:{place.line}: {text}"


def plugin_error(error: BaseException) -> PluginCodeError | None:
    """Return the error to show instead of an unexpected exception, if a plugin's code raised it."""
    place = None if isinstance(error, MyCaffeError) else plugin_place(error)
    if place is None:
        return _broken_contract(error) if type(error) is TypeError else None
    text = named_text(error)
    whose = f"{place.what} of " if place.what else ""
    message = f'{whose}plugin "{place.plugin}", {place.function}(): {text}'
    hint = "\n".join(
        filter(None, (f"{place.filename}:{place.line}: {place.source}", old_code_hint(error)))
    )
    if place.ours and not missing_field(error):
        hint += f"\nraised in mycaffe-py's code, {place.ours}, which it called"
    return PluginCodeError(message, hint=hint)


def from_users_code(error: BaseException) -> bool:
    """Whether the code of a layer of type Python raised it: the user's own, below no plugin."""
    return bool(getattr(error, "from_users_code", False))


def users_place(error: BaseException) -> tuple[str, int, str]:
    """Return file, line number and source line of the user's own code that an exception comes from.

    That is where a syntax error is, else the innermost place that is neither ours, Python's own nor an installed
    package's; ("", 0, "") if there is none.
    """
    if isinstance(error, SyntaxError) and error.filename and os.path.isfile(error.filename):
        return error.filename, error.lineno or 0, (error.text or "").strip()
    found = "", 0
    for frame, line in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        theirs = file.startswith("<") or is_installed_code(file)
        if not theirs and _root(frame) not in _OURS:
            found = file, line
    return (*found, linecache.getline(*found).strip())


def is_installed_code(file: str) -> bool:
    """Whether a file is of Python's own modules or of an installed package."""
    return os.path.realpath(file).startswith(_folders_of_packages())


@cache
def _folders_of_packages() -> tuple[str, ...]:
    """Return where Python's own modules and installed packages are."""
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple(os.path.join(os.path.realpath(paths[name]), "") for name in names)


@contextmanager
def noting_plugins() -> Iterator[None]:
    """Add to an exception raised inside where a plugin's code raised it; its class stays what it is."""
    try:
        yield
    except Exception as error:
        note_place(error)
        raise


def note_place(error: BaseException) -> None:
    """Add to an unexpected exception, once, where a plugin's code raised it."""
    place = None if isinstance(error, MyCaffeError) else plugin_place(error)
    if place is not None and not any(note.startswith(_NOTE) for note in _notes(error)):
        field = missing_field(error)
        add_note(error, f"{_NOTE}{place}" + (f": {field}" if field else ""))


def _broken_contract(error: TypeError) -> PluginCodeError | None:
    """Return the error for a method that a plugin's class lacks, or defines with other parameters than its base."""
    call = _REFUSED_CALL.match(str(error))
    owner, name = _called(call[1], call[2]) if call else _lacking(error)
    if owner is None:
        return None
    import inspect

    base = next((each for each in owner.__mro__ if name in vars(each) and _is_ours(each)), None)
    hint = None
    if base is not None:
        parameters = [
            each.replace(annotation=inspect.Parameter.empty)
            for each in inspect.signature(vars(base)[name]).parameters.values()
        ]
        hint = f"write def {name}{inspect.Signature(parameters)}: in the class {owner.__name__}"
        place = _line_of(owner.__dict__.get(name) or owner)
        hint += f", {place}" if place else ""
    plugin = _plugins[owner.__module__.partition(".")[0]]
    return PluginCodeError(f'plugin "{plugin}": {str(error)[:_MOST_TEXT]}', hint=hint)


def _called(class_name: str, method: str) -> tuple[type | None, str]:
    """Return the class of a plugin, by its name, whose method could not be called."""
    for name, module in reversed(list(sys.modules.items())):
        if name.partition(".")[0] in _plugins:
            owner = getattr(module, class_name, None)
            if isinstance(owner, type) and method in vars(owner):
                return owner, method
    return None, ""


def _lacking(error: TypeError) -> tuple[type | None, str]:
    """Return the class of a plugin whose base class says that a method is not defined, and the method."""
    missing = re.search(r"does not define (\w+)\(", str(error))
    last = None
    for frame, _ in walk_tb(error.__traceback__):
        last = frame
    owner = type(last.f_locals.get("self")) if last is not None else object
    if missing is None or owner.__module__.partition(".")[0] not in _plugins:
        return None, ""
    return owner, missing[1]


def _is_ours(owner: type) -> bool:
    return owner.__module__.partition(".")[0] in _OURS


def _line_of(thing: object) -> str:
    """Return ``file:line`` of a class or method, or "" if it has no source."""
    import inspect

    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"  # type: ignore[arg-type]
    except (OSError, TypeError):
        return ""


def _notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", []))


def _is_checker(frame: FrameType) -> bool:
    """Whether a frame is of ``testing``: its strict arrays refuse on purpose what a plugin does with them."""
    return str(frame.f_globals.get("__name__", "")).startswith("mycaffe_py.testing.")


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _owner(frame: FrameType) -> str:
    """Return what the object is whose method a frame runs, if it is of one of our kinds."""
    owner = frame.f_locals.get("self", frame.f_locals.get("cls"))
    kind, type_name = getattr(owner, "kind", ""), getattr(owner, "type", "")
    if not (kind and isinstance(kind, str) and isinstance(type_name, str)):
        return ""
    name = getattr(owner, "name", "") if kind == "layer" else ""
    return f'layer "{name}" ({type_name})' if name else f"{kind} {type_name}"
