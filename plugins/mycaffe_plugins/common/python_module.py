"""Imports the module that a Python layer names."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from mycaffe_py.as_caffe import stand_in_for_caffe
from mycaffe_py.errors import MyCaffeError, PythonModuleError, add_note, did_you_mean
from mycaffe_py.layer import Layer, module_origin
from mycaffe_py.permission import PythonLayers
from mycaffe_py.plugin_code import named_text, old_code_hint, users_place


@contextmanager
def users_code() -> Iterator[None]:
    """Mark exceptions, and a call of ``sys.exit``, as raised by the user's own code: the command line says so."""
    try:
        yield
    except (Exception, SystemExit) as error:
        with suppress(AttributeError):
            error.from_users_code = True  # type: ignore[union-attr]  # a mark on any exception
        raise


def import_module(layer: Layer, name: str) -> ModuleType:
    """Import a layer's module, with this package as ``caffe`` unless there is a real one.

    It is looked up as usual in Python and, if the context says ANYWHERE, in the current folder and in the model's.
    Raises LayerError if there is none, PythonModuleError with the place in the user's code if it raises an exception.
    """
    stand_in_for_caffe()
    beside = [Path.cwd()]
    if layer.context.base_dir is not None and layer.context.base_dir not in beside:
        beside.append(layer.context.base_dir)
    folders = beside if layer.context.python_layers is PythonLayers.ANYWHERE else []
    if all(part.isidentifier() for part in name.split(".")):
        try:
            with _also_in(folders):
                return importlib.import_module(name)
        except MyCaffeError as error:
            add_note(error, f'raised by the module "{name}" of layer "{layer.name}"')
            raise
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            if not _is_missing(error, name):
                _refuse(layer, name, error)
    layer.fail(
        f'no module named "{name}"',
        field="python_param.module",
        hint=module_origin(name) + _where_it_is(name, folders, beside),
    )


def _is_missing(error: BaseException, name: str) -> bool:
    """Whether the module itself was not found, rather than one that it imports."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return False
    return error.name == name or name.startswith(f"{error.name}.")


def _refuse(layer: Layer, name: str, error: BaseException) -> None:
    """Raise PythonModuleError: where and why a module that exists cannot be imported."""
    file, line, source = users_place(error)
    reason = named_text(error)
    if isinstance(error, SyntaxError) and file:
        reason = f"{type(error).__name__}: {error.msg}"
    place = f"{file}:{line}: " if file else ""
    hints = [source, old_code_hint(error) or _beside(error, file)]
    try:
        layer.fail(
            f'module "{name}" cannot be imported: {place}{reason}',
            field="python_param.module",
            hint="\n".join(filter(None, hints)) or None,
            kind=PythonModuleError,
        )
    except PythonModuleError as refusal:
        raise refusal from error


def _beside(error: BaseException, file: str) -> str:
    """Return what to do where a module of a package imports one beside it as Python 2 did; "" if that is not it."""
    name = (getattr(error, "name", None) or "") if isinstance(error, ModuleNotFoundError) else ""
    folder = Path(file).parent
    if not name:
        return ""
    if file and ((folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()):
        return f"in Python 3 a module imports one beside it in its package by: from . import {name}"
    return f'the package "{name.partition(".")[0]}" is not installed, or not where Python looks (PYTHONPATH)'


def _where_it_is(name: str, folders: list[Path], beside: list[Path]) -> str:
    """Return what to do about a module that was not found in ``folders`` nor on sys.path."""
    near = did_you_mean(name, _modules_in(folders or beside))
    if folders:
        return near or f"searched sys.path (PYTHONPATH) and {', '.join(map(str, folders))}"
    first = name.partition(".")[0]
    for folder in beside:
        if any(os.path.exists(folder / end) for end in (f"{first}.py", first)):
            return (
                f"it is in {folder}, where Python itself does not look: write allow_python=True, "
                "or add the folder to sys.path"
            )
    return (
        near or "searched sys.path (PYTHONPATH); allow_python=True searches the model's folder too"
    )


def _modules_in(folders: list[Path]) -> list[str]:
    return [path.stem for folder in folders for path in sorted(folder.glob("*.py"))]


@contextmanager
def _also_in(folders: list[Path]) -> Iterator[None]:
    """Let imports also find modules in ``folders``, after all other places."""
    added = [str(folder) for folder in folders if str(folder) not in sys.path]
    importlib.invalidate_caches()  # the file may be newer than Python's cached listing of the folder
    sys.path.extend(added)
    try:
        yield
    finally:
        for folder in added:
            if folder in sys.path:
                sys.path.remove(folder)
