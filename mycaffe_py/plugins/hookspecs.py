"""The hooks of plugins. Each returns a list; a plugin defines only those that it needs."""

from __future__ import annotations

import pluggy

PROJECT = "mycaffe"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def mycaffe_schema():
    """Return .proto texts: each a str of proto2 text or the Path of a .proto file."""


@hookspec
def mycaffe_layers():
    """Return Layer classes."""


@hookspec
def mycaffe_solvers():
    """Return Solver classes, one for each update rule."""


@hookspec
def mycaffe_fillers():
    """Return Filler classes."""


@hookspec
def mycaffe_gyms():
    """Return Gym classes."""


@hookspec
def mycaffe_trainers():
    """Return Trainer classes."""


@hookspec
def mycaffe_commands():
    """Return click commands, which become verbs of the ``mycaffe`` command."""
