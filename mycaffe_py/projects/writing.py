"""The texts of a new project's model and solver: those of the templates, edited in place."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from mycaffe_py.builder import TRAIN_NET_FIELDS
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry
from mycaffe_py.reading import read_bytes
from mycaffe_py.schema import TextEdit

from .faults import Faults, at_field

_MARK = "\ufeff"
_CUSTOM = ("custom_trainer", "custom_trainer_properties")


def text_of(path: Path) -> str:
    """Return a file's text as it is: line ends and a byte order mark are kept."""
    return codecs.decode(read_bytes(path), "utf-8")


def solver_text(
    path: Path, registry: Registry, net: str, gym_type: str | None, settings: Mapping[str, str]
) -> str:
    """Return a solver template's text for a net and, if one is given, a gym with settings by their full paths.

    Raises ProjectError, at the solver or at the setting at fault.
    """
    text = text_of(path)
    message = registry.schema.parse_text(text, "SolverParameter", path.name).message
    if not message.HasField("net"):
        text = _with_net_first(text, net)
    edit = TextEdit(text, "SolverParameter", registry.schema)
    for name in TRAIN_NET_FIELDS:
        if name != "net" and message.HasField(name):
            edit.apply({"op": "unset", "path": [name]})
    if message.HasField("net") and message.net != net:
        edit.apply({"op": "set", "path": ["net"], "value": net})
    if gym_type is not None:
        _set_gym(edit, message, registry, gym_type, settings)
    return edit.text


def _with_net_first(text: str, net: str) -> str:
    """Return a text with the net's name before its first field, below the comments that it begins with."""
    mark = _MARK if text.startswith(_MARK) else ""
    lines = text.removeprefix(_MARK).split("\n")
    at = len(list(takewhile(lambda line: line.lstrip().startswith("#"), lines)))
    new = f'net: "{net}"' + ("\r" if "\r\n" in text else "")
    return mark + "\n".join([*lines[:at], new, *lines[at:]])


def _set_gym(
    edit: TextEdit, message: Any, registry: Registry, gym_type: str, settings: Mapping[str, str]
) -> None:
    cls = registry.gyms.find(gym_type)
    if any(getattr(message, name) for name in _CUSTOM):
        error = ConfigError(
            "This solver names its gym in custom_trainer_properties, which a new project does not change.",
            hint="choose a solver with a trainer { } block",
        )
        raise at_field("solver", error)
    if not message.HasField("trainer"):
        error = ConfigError(f"This solver has no trainer, so gym {cls.type} cannot feed its net.")
        raise at_field("solver", error)
    gym = message.trainer.gym
    values = dict(settings)
    if registry.gyms.find(gym.type) is not cls:
        edit.apply({"op": "set_gym", "type": cls.type})
        if cls.fit_field:
            values.setdefault(cls.fit_field, "true")
    elif not message.trainer.HasField("gym"):
        _set(edit, ["type"], cls.type)
    faults = Faults()
    for path, text in values.items():
        with faults.at(f"gym.{path}"):
            _set(edit, path.split("."), text)
    faults.check()


def _set(edit: TextEdit, path: Sequence[str], value: str) -> None:
    steps = [int(step) if step.isdecimal() else step for step in path]
    edit.apply({"op": "set", "path": ["trainer", "gym", *steps], "value": value})


def model_text(
    path: Path, registry: Registry, database: str | None, test_database: str | None = None
) -> str:
    """Return a model template's text; with a database, each of its Data layers reads that.

    ``test_database`` is for layers of phase TEST alone. ProjectError, at the database, if the model reads none.
    """
    text = text_of(path)
    if database is None:
        return text
    edit = TextEdit(text, "NetParameter", registry.schema)
    message = registry.schema.parse_text(text, "NetParameter", path.name).message
    layers = [at for at, layer in enumerate(message.layer) if layer.HasField("data_param")]
    if not layers:
        error = ConfigError(f"The model {path.stem} reads no database.")
        raise at_field("database", error)
    for at in layers:
        layer = message.layer[at]
        source = test_database if test_database and for_tests(layer) else database
        where = ["layer", at, "data_param"]
        edit.apply({"op": "set", "path": [*where, "source"], "value": source})
        if layer.data_param.backend != layer.data_param.LMDB:
            edit.apply({"op": "set", "path": [*where, "backend"], "value": "LMDB"})
    return edit.text


def for_tests(layer: Any) -> bool:
    """Whether a layer is in the net of phase TEST alone."""
    rules = layer.include
    return bool(rules) and all(rule.HasField("phase") and rule.phase == 1 for rule in rules)
