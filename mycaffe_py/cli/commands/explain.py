"""``mycaffe explain``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import net_options
from mycaffe_py.cli.verb import Verb


@click.command(
    "explain",
    cls=Verb,
    examples=(
        "mycaffe explain --weights runs/LiquidNetCfc/001",
        "mycaffe explain cfc1 --weights runs/LiquidNetCfc/001/best.caffemodel --out pictures",
        "mycaffe explain --weights w.caffemodel --model mynet.prototxt --solver adamw.prototxt",
    ),
)
@click.argument("layer", required=False, metavar="[LAYER]")
@click.option(
    "--solver", metavar="FILE", help="The solver file whose trainer and gym provide the input."
)
@net_options
@click.option(
    "--iterations",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Forward passes; the pictures show the last one.",
)
@click.option("--out", metavar="DIR", help="Folder for the pictures. Default: that of the weights.")
def command(**given: Any) -> int:
    """Draw what a layer of a trained net has learned and what it does with an input.

    LAYER may be omitted if the net has only one layer that can be explained, such as CFC. WEIGHTS may be a
    run folder: its best weights are used. Model and solver default to model.prototxt and solver.prototxt beside the
    weights. The input comes from the solver's gym or, without a trainer, from the net's data layers. Needs
    the extra "plot".
    """
    from mycaffe_py.cli.actions.explain import explain

    return explain(**given)
