"""``mycaffe draw``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import plugin_option, python_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "draw",
    cls=Verb,
    examples=(
        "mycaffe draw LiquidNetCfc.prototxt",
        "mycaffe draw mynet.prototxt mynet.png --phase TRAIN",
        "mycaffe draw mynet.prototxt mynet.svg --rankdir TB --display-lrm",
    ),
)
@click.argument("model", metavar="MODEL")
@click.argument("out", required=False, metavar="[OUT]")
@click.option(
    "--rankdir",
    type=click.Choice(["LR", "TB", "BT", "RL"], case_sensitive=False),
    default="LR",
    show_default=True,
    help="Direction of flow: left to right, top to bottom, ...",
)
@click.option(
    "--phase",
    type=click.Choice(["TRAIN", "TEST", "RUN", "ALL"], case_sensitive=False),
    default="ALL",
    show_default=True,
    help="Draw the layers of one phase.",
)
@click.option(
    "--level", type=int, default=0, show_default=True, help="With --phase: level of the net."
)
@click.option(
    "--stage", "stages", multiple=True, metavar="NAMES", help="With --phase: stages of the net."
)
@click.option("--display-lrm", is_flag=True, help="Show the learning-rate multipliers.")
@plugin_option
@python_option
def command(**given: Any) -> int:
    """Draw a net: its layers, its blobs and their shapes.

    OUT is an .svg, .png, .pdf or .jpg file; default: the model's name with .svg, in the current folder; a
    number is added if that exists.
    Shapes are shown as far as the net can be built. Formats other than .svg need the extra "plot".
    """
    from mycaffe_py.cli.actions.draw import draw

    return draw(**given)
