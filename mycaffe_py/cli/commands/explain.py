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
    "--solver", metavar="FILE", help="The solver file whose trainer and gym give the input."
)
@net_options
@click.option(
    "--iterations",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Forward passes before the pictures are made of the last one.",
)
@click.option("--out", metavar="DIR", help="Folder of the pictures. Default: that of the weights.")
def command(**given: Any) -> int:
    """Draw what a layer of a trained net has learned and what it does with an input.

    LAYER may be left out where the net has one layer that explains itself, such as CFC. WEIGHTS may be a
    run folder: its best weights. Model and solver default to model.prototxt and solver.prototxt beside the
    weights. The input comes from the solver's gym or, without a trainer, from the net's data layers. Needs
    the extra "plot".
    """
    from mycaffe_py.cli.actions.explain import explain

    return explain(**given)
