"""The settings of several runs side by side: what differs, and what is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import Registry
from mycaffe_py.run import read_record
from mycaffe_py.schema import Document, load_net, load_solver

_OF_RECORD = ("seed", "dtype", "resumed_run", "platform", "git_commit")


def compare(folders: Sequence[Path], registry: Registry) -> dict[str, Any]:
    """Return the settings that differ between runs, with a value for each run, and those that are equal in all.

    Paths are those of ``--set``: ``solver.base_lr``, ``cfc1.cfc_param.hidden_size``, and ``seed``, ``device``, ... of
    run.json. A setting that a run does not have is None. Raises MissingFileError if a run has lost its files.
    """
    runs = [settings_of(folder, registry) for folder in folders]
    paths = list(dict.fromkeys(path for run in runs for path in run))
    differs, equal = [], []
    for path in paths:
        values = [run.get(path) for run in runs]
        if any(value != values[0] for value in values):
            differs.append({"path": path, "values": values})
        else:
            equal.append({"path": path, "value": values[0]})
    return {"differs": differs, "same": len(equal), "equal": equal}


def settings_of(folder: Path, registry: Registry) -> dict[str, str]:
    """Return the settings of a run by their path: of solver, net and run.json, as they are written."""
    solver = load_solver(registry.schema, folder / "solver.prototxt")
    net = load_net(registry.schema, folder / "model.prototxt")
    return {**_of_solver(solver), **_of_net(net), **_of_record(read_record(folder))}


def _of_solver(document: Document) -> dict[str, str]:
    return {f"solver.{_dotted(path)}": text for path, text in _joined(document)}


def _of_net(document: Document) -> dict[str, str]:
    message = document.message
    found = {} if not message.name else {"net.name": message.name}
    names: dict[str, int] = {}
    fields = _by_layer(document)
    for index, layer in enumerate(message.layer):
        name = layer.name or layer.type
        names[name] = names.get(name, 0) + 1
        # Caffe's nets often have two layers of one name, one for each phase.
        shown = name if names[name] == 1 else f"{name} ({names[name]})"
        found |= {f"{shown}.{path}": text for path, text in fields.get(index, {}).items()}
    return found


def _by_layer(document: Document) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for path, text in _joined(document):
        if path[0] == "layer" and path[2:] != ("name",):
            found.setdefault(int(path[1]), {})[_dotted(path[2:])] = text
    return found


def _joined(document: Document) -> list[tuple[tuple[Any, ...], str]]:
    """Return path and text of each field that is set; the elements of a repeated one on one line."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for path, field in document.fields().items():
        whole = path[:-1] if isinstance(path[-1], int) else path
        found.setdefault(whole, []).append(field.text)
    return [(path, ", ".join(texts)) for path, texts in found.items()]


def _dotted(path: Sequence[Any]) -> str:
    return ".".join(map(str, path))


def _of_record(record: Mapping[str, Any]) -> dict[str, str]:
    found = {name: record.get(name) for name in _OF_RECORD}
    device = record.get("device")
    found["device"] = device.get("name") if isinstance(device, dict) else device
    versions = record.get("versions")
    for name, version in (versions if isinstance(versions, dict) else {}).items():
        found[f"versions.{name}"] = version
    return {name: str(value) for name, value in found.items() if value is not None}
