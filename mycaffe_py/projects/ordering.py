"""What a new project is to be made of, found and checked as far as that needs none of its files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry, Template
from mycaffe_py.stores import open_database

from .faults import Faults
from .gym_settings import (
    LARGEST_COPY,
    Files,
    fields_of,
    given,
    gym_class,
    gym_message,
    input_file,
)
from .names import check_free, check_name
from .project import DATA
from .template_files import find_template


@dataclass
class Order:
    """Templates, gym with its settings by full paths, files to copy into data/, databases, and remarks for the user."""

    model: Template
    solver: Template
    gym: str | None
    settings: dict[str, str]
    copies: list[Path]
    database: str | None
    test_database: str | None
    remarks: list[str]


def take_order(
    root: Path,
    name: str,
    model: str,
    solver: str,
    gym: str | None,
    settings: Mapping[str, str],
    database: Mapping[str, str] | None,
    registry: Registry,
    files: Files,
) -> Order:
    """Find everything that was asked for, and report all mistakes at once."""
    faults = Faults()
    found: dict[str, Any] = {"model": None, "solver": None}
    with faults.at("name"):
        check_name(name)
        check_free(root, name)
    for kind, wanted in (("model", model), ("solver", solver)):
        with faults.at(kind):
            found[kind] = find_template(registry, kind, wanted)
    values: dict[str, str] = {}
    copies: list[Path] = []
    remarks: list[str] = []
    with faults.at("gym"):
        if gym is None and settings:
            raise ConfigError("Settings of a gym are given, but no gym.")
        if gym is not None:
            gym = gym_class(registry, gym).type
            values = given(registry, gym, settings)
            message = gym_message(registry, gym, values)
            _take_file(registry, message, values, files, copies, remarks)
    places: dict[str, str] = {}
    for key in ("path", "test"):
        text = (database or {}).get(key, "").strip()
        if text:
            with faults.at("database"):
                places[key] = _database(text, files)
    if database is not None and "path" not in places:
        with faults.at("database"):
            raise ConfigError("Give the folder of an LMDB database.")
    faults.check()
    return Order(
        found["model"],
        found["solver"],
        gym,
        values,
        copies,
        places.get("path"),
        places.get("test"),
        remarks,
    )


def _take_file(
    registry: Registry,
    message: Any,
    values: dict[str, str],
    files: Files,
    copies: list[Path],
    remarks: list[str],
) -> None:
    """Have the files that the gym reads copied into the project, or named by their whole paths if they are large."""
    found = input_file(registry, message, values, files)
    for path, file in [found] if found else _files_named(registry, message, values, files):
        _place(path, file, values, copies, remarks)


def _files_named(
    registry: Registry, message: Any, values: Mapping[str, str], files: Files
) -> list[tuple[str, Path]]:
    """Return path and file of text settings called file or path that name a file, of a gym without input_field."""
    if registry.gyms.find(message.type).input_field:
        return []
    texts = [field["path"] for field in fields_of(registry, message.type) if _may_name(field)]
    found = [(path, files.find(values[path])) for path in texts if path in values]
    return [(path, file) for path, file in found if os.path.isfile(file)]


def _may_name(field: Mapping[str, Any]) -> bool:
    words = field["path"].rpartition(".")[2].split("_")
    return field["type"] == "string" and words[-1] in ("file", "filename", "path", "source")


def _place(
    path: str, file: Path, values: dict[str, str], copies: list[Path], remarks: list[str]
) -> None:
    if file.stat().st_size <= LARGEST_COPY:
        copies.append(file)
        values[path] = f"{DATA}/{file.name}"
        remarks.append(f"{file} was copied into {DATA}/.")
    else:
        values[path] = file.as_posix()
        remarks.append(f"{file} is large and stays where it is; the project names it there.")


def _database(text: str, files: Files) -> str:
    """Return the whole path of a database; MyCaffeError unless it is an LMDB database with records."""
    path = files.find(text)
    if not open_database(path).size:
        raise ConfigError(f"The database {path} has no records.")
    return path.as_posix()
