"""The names of a skeleton: all derived from the one that the user gives, and checked before anything is written."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass

import mycaffe_py
from mycaffe_py import errors
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry
from mycaffe_py.plugins.type_fields import CONTAINERS, default_parameter_field
from mycaffe_py.schema import Schema, stable_number

from .kinds import Skeleton

LONGEST = 30
_RULE = "it begins with a letter and has letters A-Z, digits and single - or _ between words"
_TAKEN_FILES = {"conftest", "setup"}
_DEVICES = re.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]")
"""File names that Windows keeps for devices, with any ending."""


@dataclass(frozen=True)
class Names:
    """One name as it is written in each place."""

    camel: str
    """Of the class, and of most types: ``MyGate``."""
    snake: str
    """Of the file, and before ``_param`` of the field: ``my_gate``."""

    @property
    def dashed(self) -> str:
        """Of a verb, and of a distribution: ``my-gate``."""
        return self.snake.replace("_", "-")

    @property
    def field(self) -> str:
        """Of the field with the settings: ``my_gate_param``."""
        return f"{self.snake}_param"

    @property
    def number(self) -> int:
        """The field's number."""
        return stable_number(self.field)


def names_of(name: str) -> Names:
    """Derive the names from ``MyGate``, ``my-gate`` or ``my_gate``; ConfigError if it cannot be a name."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*", name):
        raise _refused(name, f"cannot be the name of a plugin: {_RULE}")
    if len(name) > LONGEST:
        raise _refused(name, f"is too long: at most {LONGEST} letters fit")
    words = re.split("[-_]", name)
    if len(words) == 1 and name != name.lower():
        snake = default_parameter_field(name[:1].upper() + name[1:]).removesuffix("_param")
        words = [name]
    else:
        snake = "_".join(words).lower()
    names = Names("".join(word[:1].upper() + word[1:] for word in words), snake)
    _check_python(name, names)
    return names


def _check_python(name: str, names: Names) -> None:
    """Refuse names that Python, or a skeleton itself, uses."""
    for word in (names.snake, names.camel):
        if keyword.iskeyword(word) or keyword.iskeyword(word.lower()):
            raise _refused(name, "is a keyword of Python")
    used = {
        "Python": dir(builtins),
        "mycaffe": [*dir(mycaffe_py), *vars(errors), "GymTrainer", "StepDone", "Verb"],
    }
    for what, taken in used.items():
        if names.camel in taken:
            raise _refused(name, f"does not do: {what} has a {names.camel} already")
    if _DEVICES.fullmatch(names.snake):
        raise _refused(name, f"does not do: Windows keeps {names.snake}.py for a device")
    if names.snake in _TAKEN_FILES or names.snake.startswith("test_"):
        raise _refused(name, f"does not do: pytest or setuptools would read {names.snake}.py")


def check_module(name: str, module: str) -> None:
    """Refuse the name of a module that can be imported already: files of that name would hide it."""
    known = module in sys.stdlib_module_names or module in sys.builtin_module_names
    # Not in sys.modules: that has what this process imported. Editable installations have finders of their own.
    if known or any(finder.find_spec(module, None) for finder in sys.meta_path):
        raise _refused(name, f"does not do: there is a Python module {module} already")


def check_unused(
    name: str, names: Names, skeleton: Skeleton, registry: Registry, verbs: Collection[str]
) -> None:
    """Refuse a type, message, field or verb that plugins or Caffe have already."""
    if not skeleton.kind:
        if names.dashed in verbs or names.dashed in registry.commands:
            raise _refused(name, f"is taken: there is the verb mycaffe {names.dashed}")
        return
    catalog = registry.catalog(skeleton.kind)
    if names.camel in catalog:
        found = catalog.find(names.camel)
        what = f"{catalog.kind} type {found.type} of plugin {catalog.owner(found)}"
        raise _refused(name, f"is taken: there is the {what}")
    message, container = f"{names.camel}Parameter", CONTAINERS[skeleton.kind]
    if _has_message(registry.schema, message):
        raise _refused(name, f"is taken: there is a message {message} already")
    fields = registry.schema.message_class(container).DESCRIPTOR
    if names.field in fields.fields_by_name or names.number in fields.fields_by_number:
        raise _refused(name, f"is taken: {container} has a field {names.field} already")


def _has_message(schema: Schema, name: str) -> bool:
    try:
        schema.describe(name)
    except KeyError:
        return False
    return True


def _refused(name: str, why: str) -> ConfigError:
    words = re.findall("[A-Za-z0-9]+", re.sub(r"\.\w+$", "", name.rpartition("/")[2]))
    plain = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")
    other = plain if plain and "cannot be" in why else f"My{plain}"
    return ConfigError(f'"{name}" {why}', hint=f"choose another name, such as {other[:LONGEST]}")
