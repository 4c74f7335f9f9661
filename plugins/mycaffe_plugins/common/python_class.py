"""Finds the class of a Python layer by module and class name."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from mycaffe_py.as_caffe import stand_in_for_caffe
from mycaffe_py.errors import PythonRefusedError, did_you_mean
from mycaffe_py.layer import Layer
from mycaffe_py.permission import OPTION, PythonLayers, are_refused


def find_layer_class(layer: Layer) -> type[Layer]:
    """Return the class named in ``layer``'s ``python_param``, or fail, naming the layer.

    The module is looked up as usual in Python and, if the context says ANYWHERE, in the current folder and in the
    model's. Exceptions that it raises are passed on unchanged. If the context says REFUSED, nothing is imported.
    """
    param = layer.param.python_param
    if layer.context.python_layers is PythonLayers.REFUSED:
        layer.fail(
            f'is not built, since that would run code: the module "{param.module}", which the model names',
            field="python_param",
            hint=f"if you trust this code, add {OPTION}"
            if are_refused()
            else "if you trust this code, leave out allow_python=False",
            kind=PythonRefusedError,
        )
    for field in ("module", "layer"):
        if not getattr(param, field):
            layer.fail(f"python_param.{field} must be given", field="python_param")
    module = _import(layer, param.module)
    if not hasattr(module, param.layer):
        known = [name for name, value in vars(module).items() if _is_layer_class(value)]
        layer.fail(
            f'module "{param.module}" ({_place(module)}) has no class "{param.layer}"',
            field="python_param.layer",
            hint=did_you_mean(param.layer, known) or f"its layers: {', '.join(known) or 'none'}",
        )
    found = getattr(module, param.layer)
    where = f'"{param.layer}" of module "{param.module}" ({_place(module)})'
    if not isinstance(found, type):
        layer.fail(f"{where} is not a class", field="python_param.layer")
    if not issubclass(found, Layer):
        layer.fail(
            f"{where} does not derive from caffe.Layer",
            field="python_param.layer",
            hint=_other_caffe(found) or "import caffe, and define class Name(caffe.Layer)",
        )
    for name in ("reshape", "forward"):
        if getattr(found, name) is getattr(Layer, name):
            layer.fail(f"{where} does not define {name}(bottom, top)", field="python_param.layer")
    return found


@contextmanager
def users_code() -> Iterator[None]:
    """Mark exceptions as raised by the user's own code, so that the command line says so."""
    try:
        yield
    except Exception as error:
        with suppress(AttributeError):
            error.from_users_code = True  # type: ignore[attr-defined]  # a mark on any exception
        raise


def _is_layer_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Layer) and value is not Layer


def _other_caffe(found: type) -> str | None:
    if any(base.__module__.partition(".")[0] == "caffe" for base in found.__mro__):
        return "it derives from another caffe: call mycaffe_py.install_as_caffe() before any import of caffe"
    return None


def _place(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or "built in"


def _import(layer: Layer, name: str) -> ModuleType:
    """Import a module, with this package as ``caffe`` unless there is a real one."""
    stand_in_for_caffe()
    beside = [Path.cwd()]
    if layer.context.base_dir is not None and layer.context.base_dir not in beside:
        beside.append(layer.context.base_dir)
    folders = beside if layer.context.python_layers is PythonLayers.ANYWHERE else []
    try:
        if all(part.isidentifier() for part in name.split(".")):
            with users_code(), _also_in(folders):
                return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith(f"{error.name}."):
            raise  # the module exists, but one that it imports does not
    layer.fail(
        f'no module named "{name}"',
        field="python_param.module",
        hint=_where_it_is(name, folders, beside),
    )


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
