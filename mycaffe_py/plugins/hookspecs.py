"""The hooks of plugins. Each returns a list; a plugin defines only those that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    import click

    from .templates import Template

PROJECT = "mycaffe"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def mycaffe_schema() -> list[str | Path]:
    """Return .proto texts: each a str of proto2 text or the Path of a .proto file."""
    return []


@hookspec
def mycaffe_layers() -> list[type]:
    """Return Layer classes."""
    return []


@hookspec
def mycaffe_solvers() -> list[type]:
    """Return Solver classes, one for each update rule."""
    return []


@hookspec
def mycaffe_fillers() -> list[type]:
    """Return Filler classes."""
    return []


@hookspec
def mycaffe_gyms() -> list[type]:
    """Return Gym classes."""
    return []


@hookspec
def mycaffe_trainers() -> list[type]:
    """Return Trainer classes."""
    return []


@hookspec
def mycaffe_lr_policies() -> list[type]:
    """Return LrPolicy classes, one for each course of the learning rate."""
    return []


@hookspec
def mycaffe_observers() -> list[type]:
    """Return Observer classes."""
    return []


@hookspec
def mycaffe_commands() -> list[click.Command]:
    """Return click commands, which become verbs of the ``mycaffe`` command."""
    return []


@hookspec
def mycaffe_templates() -> list[Template]:
    """Return templates: model and solver files that a new project may begin with."""
    return []
