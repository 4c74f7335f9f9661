"""``mycaffe check``."""

from __future__ import annotations

import click

from mycaffe_py.cli.options import plugin_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "check",
    cls=Verb,
    examples=(
        "mycaffe check LiquidNetCfc.prototxt",
        "mycaffe check adamw.prototxt mynet.prototxt",
        "mycaffe check --plugin gate.py mynet.prototxt",
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@plugin_option
def command(files: tuple[str, ...], plugins: tuple[str, ...]) -> int:
    """Report every mistake in net and solver files.

    Reads each file against the schema and builds the net: unknown fields and layer types, missing
    bottoms and shapes that do not fit are all reported, each with its location. Exits with 2 if there
    are any.
    """
    from mycaffe_py.cli.actions.check import check

    return check(files, plugins)
