"""Answers about types: what there is, and the settings of each."""

from __future__ import annotations

from typing import Any

from mycaffe_py.drawing import layer_group
from mycaffe_py.plugins import KINDS, describe_message, describe_type, list_types, singular

from .calls import Call
from .faults import Fault

DEPTH = 5
"""How deep messages in messages are described: ``weight_filler``, ``wiring`` and such have fields of their own."""
COMMON = (
    "name", "type", "bottom", "top", "param", "include", "exclude", "loss_weight", "propagate_down",
    "phase",
)  # fmt: skip
"""The fields of LayerParameter that every layer has."""

_CONTAINERS = {"solvers": "SolverParameter", "trainers": "TrainerParameter"}


def type_list(call: Call) -> dict[str, Any]:
    """GET /api/types/KIND."""
    kind = _kind(call)
    registry = call.desk.registry
    types = list_types(registry, kind)
    if kind == "layers":
        for entry in types:
            entry["group"] = layer_group(registry.layers.find(entry["type"]))
    return {"types": types}


def type_page(call: Call) -> dict[str, Any]:
    """GET /api/types/KIND/TYPE."""
    kind = _kind(call)
    registry = call.desk.registry
    if call.path["type"] not in registry.catalog(kind):
        raise Fault(404, f'there is no {singular(kind)} type "{call.path["type"]}"')
    found = describe_type(registry, kind, call.path["type"], depth=DEPTH)
    if kind == "layers":
        found["group"] = layer_group(registry.layers.find(found["type"]))
        found["common"] = describe_message(registry, "LayerParameter", only=COMMON, depth=DEPTH)
    elif kind in _CONTAINERS:
        found["common"] = _fields_of(call, _CONTAINERS[kind])
    return found


def _fields_of(call: Call, name: str) -> list[dict[str, Any]]:
    """Return the fields of a message; a whole net inside a solver is named only, not unfolded."""
    registry = call.desk.registry
    fields = describe_message(registry, name, depth=0)
    own = [field["name"] for field in fields if field["type"] != "NetParameter"]
    whole = {
        field["name"]: field for field in describe_message(registry, name, only=own, depth=DEPTH)
    }
    return [whole.get(field["name"], field) for field in fields]


def message_page(call: Call) -> dict[str, Any]:
    """GET /api/messages/NAME: the fields of a message of the schema, such as SolverParameter."""
    name = call.path["name"]
    try:
        return {"name": name, "fields": _fields_of(call, name)}
    except KeyError:
        raise Fault(404, f'there is no message "{name}"') from None


def _kind(call: Call) -> str:
    kind = call.path["kind"]
    if kind not in KINDS:
        raise Fault(404, f"there are types of {', '.join(KINDS)}")
    return kind
