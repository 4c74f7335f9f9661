"""Finds the class of a Python layer by module and class name, and makes its object."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from mycaffe_py.errors import PythonRefusedError, did_you_mean
from mycaffe_py.layer import PHASE_NAMES, Layer, LayerContext
from mycaffe_py.permission import OPTION, PythonLayers, are_refused

from .python_module import import_module, users_code


class Phase(int):
    """A phase as layers of pycaffe see it: the number, whose text is TRAIN or TEST as in the forks of 2015."""

    def __str__(self) -> str:
        return PHASE_NAMES[self]

    @property
    def name(self) -> str:
        """The text, as of an enum's value."""
        return str(self)


def find_layer_class(layer: Layer) -> type[Layer]:
    """Return the class named in ``layer``'s ``python_param``, or fail, naming the layer.

    For the module see :func:`~.python_module.import_module`. If the context says REFUSED, nothing is imported.
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
    module = import_module(layer, param.module)
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
    return found


def make_object(layer: Layer, cls: type[Layer], context: LayerContext) -> Layer:
    """Return the object of a Python layer's class, made as Caffe makes it: its ``__init__`` gets the param alone.

    It then has ``param_str`` and ``phase``, and ``param_str_``, the name in forks of early 2015.
    """
    make: Any = cls.__new__  # which a class of the user's own may define
    with users_code():
        made: Any = make(cls, layer.param)
        made.context = context
        made.__init__(layer.param)
    if "blobs" not in vars(made):
        layer.fail(
            f"__init__ of {_named(layer)} does not call the one of caffe.Layer",
            field="python_param.layer",
            hint="write super().__init__(param) in it",
        )
    made.param_str = made.param_str_ = layer.param.python_param.param_str
    made.phase = Phase(made.phase)
    return made


def require_methods(layer: Layer, made: Layer) -> None:
    """Fail if the object of a Python layer has no ``reshape`` or ``forward`` of its own.

    Called once it is set up, as Caffe asks for them only then.
    """
    for name in ("reshape", "forward"):
        if name not in vars(made) and getattr(type(made), name) is getattr(Layer, name):
            layer.fail(
                f"{_named(layer)} does not define {name}(bottom, top)", field="python_param.layer"
            )


def _named(layer: Layer) -> str:
    param = layer.param.python_param
    return f'"{param.layer}" of module "{param.module}"'


def _is_layer_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Layer) and value is not Layer


def _other_caffe(found: type) -> str | None:
    if any(base.__module__.partition(".")[0] == "caffe" for base in found.__mro__):
        return "it derives from another caffe: call mycaffe_py.install_as_caffe() before any import of caffe"
    return None


def _place(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or "built in"
