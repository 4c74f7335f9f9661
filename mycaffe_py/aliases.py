"""Modules under a second name: where they were in earlier versions, and ``caffe`` for pycaffe scripts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PACKAGE = "mycaffe_py"

_MOVED = {
    "_caffe": "pycaffe._caffe",
    "as_written": "schema.decimals",
    "before_test": "solver.rollback",
    "blas": "device.blas",
    "blobproto": "blob.blobproto",
    "builder.field_path": "schema.field_path",
    "catalog": "plugins.catalog",
    "checking": "builder.checking",
    "classifier": "pycaffe.classifier",
    "coord_map": "pycaffe.coord_map",
    "custom_trainer": "builder.mycaffe_trainer",
    "debug_info": "net.debug_info",
    "denormals": "device.denormals",
    "detector": "pycaffe.detector",
    "discovery": "plugins.discovery",
    "draw": "pycaffe.draw",
    "drawing.known_shapes": "net.known_shapes",
    "field_path": "schema.field_path",
    "figures": "events.metric_text",
    "filler": "layer.filler",
    "fused": "blob.stacked",
    "hookspecs": "plugins.hookspecs",
    "host_blob": "blob.host_blob",
    "image_net": "pycaffe.image_net",
    "io": "pycaffe.io",
    "layer_settings": "layer.layer_settings",
    "loss_layer": "layer.loss_layer",
    "lr_policy": "solver.lr_policy",
    "memory": "device.memory_limits",
    "net.state_rules": "layer.state_rules",
    "net_builder": "net.builder",
    "net_calls": "net.calls",
    "net_spec": "pycaffe.net_spec",
    "net_spec_values": "schema.assigning",
    "net_state": "layer.state_rules",
    "net_views": "net.views",
    "net_wiring": "net.topology",
    "overrides": "builder.overrides",
    "parameters": "net.parameters",
    "partial_net": "builder.recovery",
    "progress_log": "events.caffe_log",
    "proto": "pycaffe.proto",
    "proto.caffe_pb2": "pycaffe.proto.caffe_pb2",
    "pycaffe.net_spec_values": "schema.assigning",
    "pycaffe_solvers": "pycaffe.solvers",
    "resizing": "stores.resizing",
    "schema.catalog": "schema.proto.catalog",
    "schema.cursor": "schema.prototxt.cursor",
    "schema.declarations": "schema.proto.declarations",
    "schema.describe": "schema.proto.describe",
    "schema.descriptors": "schema.proto.descriptors",
    "schema.document": "schema.prototxt.document",
    "schema.files": "schema.prototxt.files",
    "schema.hints": "schema.prototxt.hints",
    "schema.literals": "schema.proto.literals",
    "schema.numbering": "schema.proto.numbering",
    "schema.proto2": "schema.proto.proto2",
    "schema.proto_tokens": "schema.proto.tokens",
    "schema.prototxt_tokens": "schema.prototxt.tokens",
    "schema.values": "schema.prototxt.values",
    "segments": "solver.param_groups",
    "solver_settings": "solver.settings",
    "splits": "net.splits",
    "trainer_building": "builder.trainer",
    "testing.gym_answers": "testing.gym_metadata",
    "transformer": "pycaffe.transformer",
    "type_fields": "plugins.type_fields",
}
"""Former name of a module in this package -> where it is now."""

_MOVED_PLUGINS = {
    f"mycaffe_{name}": f"mycaffe_plugins.{name}"
    for name in (
        *("common", "data", "designer", "fillers", "gyms", "liquid"),
        *("recurrent", "solvers", "trainers", "vision"),
    )
}
"""Former top-level name of a bundled plugin -> where it is now (0.3)."""


class AliasFinder:
    """Import finder that resolves an alias to the module it stands for: the same object, not a copy.

    ``find_home`` returns the full name of the module for a full name, or None for a name that is not an alias.
    """

    def __init__(self, find_home: Callable[[str], str | None]):
        self.find_home = find_home

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return a spec whose loader hands over the module itself, or None."""
        home = self.find_home(fullname)
        if home is None:
            return None
        return ModuleSpec(fullname, self, loader_state=home)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import and return the module that the name stands for."""
        module = import_module(spec.loader_state)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own spec, which the import system has replaced by the alias's."""
        if module.__spec__ is not None:
            module.__spec__ = module.__spec__.loader_state


def _home_of_moved(fullname: str) -> str | None:
    package, dot, name = fullname.partition(".")
    if package in _MOVED_PLUGINS:
        return _MOVED_PLUGINS[package] + dot + name
    home = _MOVED.get(name) if package == _PACKAGE else None
    return None if home is None else f"{_PACKAGE}.{home}"


def add_finder(find_home: Callable[[str], str | None]) -> None:
    """Let ``import`` find the aliases that ``find_home`` knows, once.

    Before all other finders: an empty folder that an update left behind would hide an alias.
    """
    if not any(getattr(finder, "find_home", None) is find_home for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder(find_home))


def keep_former_names() -> None:
    """Make this package's modules importable under the names that they had in earlier versions."""
    add_finder(_home_of_moved)


def stand_for(former: str) -> None:
    """Put the plugin's package of today in the place of the module with its former name, which calls this."""
    sys.modules[former] = import_module(_MOVED_PLUGINS[former])
