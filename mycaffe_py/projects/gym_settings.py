"""A gym's settings as paths and texts, as a form or a command line gives them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.builder.setting_places import SettingPlaces
from mycaffe_py.errors import ConfigError, MyCaffeError
from mycaffe_py.gym import Gym
from mycaffe_py.plugins import Registry, describe_type
from mycaffe_py.schema import set_field

from .faults import Faults, at_field

_GYM = "solver.trainer.gym."

LARGEST_COPY = 100 * 2**20
"""Bytes of the largest file that is copied into a project."""


def fields_of(registry: Registry, gym_type: str) -> list[dict[str, Any]]:
    """Return the settings of a gym, as ``describe_type`` does, each with its ``path`` below GymParameter.

    Those of the gym's own message stand by themselves; ``file`` says that a setting is the file that the gym reads.
    """
    cls = registry.gyms.find(gym_type)
    fields: list[dict[str, Any]] = []
    for parameter in describe_type(registry, "gyms", gym_type)["parameters"]:
        inner = parameter.get("fields")
        prefix = f"{parameter['name']}." if inner is not None else ""
        for field in inner if inner is not None else [parameter]:
            path = prefix + field["name"]
            fields.append({**field, "path": path, "file": path == cls.input_field})
    return fields


def full_path(registry: Registry, gym_type: str, key: str) -> str:
    """Return the path of a setting given as ``curve_param.curve``, ``gym.curve_param.curve`` or just ``curve``."""
    paths = [field["path"] for field in fields_of(registry, gym_type)]
    key = key.strip()
    for start in (_GYM, _GYM.removeprefix("solver."), "gym."):
        key = key.removeprefix(start)
    first = key.partition(".")[0]
    if any(path.partition(".")[0] == first for path in paths):
        return key
    found = [path for path in paths if path.partition(".")[2].split(".")[0] == first]
    if len(found) != 1:
        raise _unknown(registry, gym_type, key, [path.rpartition(".")[2] for path in paths])
    return found[0].partition(".")[0] + f".{key}"


def _unknown(registry: Registry, gym_type: str, key: str, names: list[str]) -> ConfigError:
    """Return the error for a key that is none of the gym's settings."""
    solver = registry.schema.new("SolverParameter")
    solver.trainer.gym.type = gym_type
    meant = SettingPlaces(solver, None, registry).meant(key)
    of_gym = [whole.removeprefix(_GYM) for whole in meant if whole.startswith(_GYM)]
    last = key.rpartition(".")[2]
    hint = f"settings: {', '.join(names)}" if names else None
    if len(of_gym) == 1:
        hint = f'did you mean "{of_gym[0].rpartition(".")[2]}"?'
    elif _is_elsewhere(registry, last):
        hint = "only the gym is set here; set others when you train: mycaffe train --set"
        hint = f"{hint} {last}=..."
    return ConfigError(f'gym {gym_type} has no setting "{key}"', hint=hint)


def _is_elsewhere(registry: Registry, name: str) -> bool:
    """Whether the solver, or the settings of some layer, have a field of that name."""
    if name in registry.schema.message_info("SolverParameter").fields:
        return True
    fields = registry.schema.message_info("LayerParameter").fields.values()
    return any(field.message is not None and name in field.message.fields for field in fields)


def given(registry: Registry, gym_type: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings by their full paths, without those left empty; ProjectError names unknown ones."""
    faults, found = Faults(), {}
    for key, text in settings.items():
        with faults.at(f"gym.{key.removeprefix('gym.')}"):
            path = full_path(registry, gym_type, key)
            if str(text).strip():
                found[path] = str(text)
    faults.check()
    return found


def gym_class(registry: Registry, gym_type: str) -> type[Gym]:
    """Return a gym's class; ProjectError for an unknown type."""
    try:
        return registry.gyms.find(gym_type)
    except MyCaffeError as error:
        raise at_field("gym", error) from error


def gym_message(
    registry: Registry, gym_type: str, settings: Mapping[str, str], template: Any = None
) -> Any:
    """Return a GymParameter with these settings, by their full paths; ProjectError names those at fault.

    ``template``: a GymParameter whose settings apply where none is given, if it is of the same type.
    """
    cls = gym_class(registry, gym_type)
    message = registry.schema.new("GymParameter")
    if template is not None and registry.gyms.find(template.type) is cls:
        message.CopyFrom(template)
    message.type = cls.type
    faults = Faults()
    for path, text in settings.items():
        with faults.at(f"gym.{path}"):
            set_field(message, path.split("."), text)
    faults.check()
    return message


def open_gym(registry: Registry, message: Any, base_dir: Path, seed: int = 0) -> Gym:
    """Return the gym of a GymParameter; ProjectError, at the setting at fault, if it refuses its settings."""
    try:
        return gym_class(registry, message.type)(message, base_dir=base_dir, seed=seed)
    except MyCaffeError as error:
        raise at_field(f"gym.{error.field}".rstrip("."), error) from error


@dataclass(frozen=True)
class Files:
    """How names of files are read: from ``base_dir``, and only in the folder ``inside``, if that is given."""

    base_dir: Path | str = "."
    inside: Path | str | None = None

    def find(self, name: str) -> Path:
        """Return the whole path that a name means; ConfigError if it leads out of the folder, also by a link."""
        path = Path(os.path.abspath(Path(self.base_dir) / os.path.expanduser(name.strip())))
        if self.inside is not None and Path(self.inside).resolve() not in path.resolve().parents:
            raise ConfigError(f'"{name}" is not in the folder {self.inside}.')
        return path


def input_file(
    registry: Registry, message: Any, settings: Mapping[str, str], files: Files
) -> tuple[str, Path] | None:
    """Return path and file of the setting that names the file to read, or None if it is not given.

    ``message`` is the GymParameter of these settings. ProjectError if there is no such file, or it would not be read.
    """
    cls = gym_class(registry, message.type)
    path = cls.input_field
    if not path or path not in settings:
        return None
    try:
        if not cls.input_field_of(message):
            raise ConfigError("With the other settings, the gym does not read this file.")
        file = files.find(settings[path])
        if not os.path.isfile(file):
            what = "is a folder, not a file" if os.path.isdir(file) else "does not exist"
            raise ConfigError(f'The file "{settings[path]}" {what}.')
    except ConfigError as error:
        raise at_field(f"gym.{path}", error) from error
    return path, file
