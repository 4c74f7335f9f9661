"""What the plugin offers to the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.plugins import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def mycaffe_commands() -> list[click.Command]:
    """Return the verbs ``designer``, ``report`` and ``plot``."""
    from .command import designer
    from .paper import plot, report

    return [designer, plot, report]
