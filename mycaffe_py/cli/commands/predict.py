"""``mycaffe predict``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import json_option, net_options
from mycaffe_py.cli.verb import Verb

MAX_STEPS = 100_000


@click.command(
    "predict",
    cls=Verb,
    examples=(
        "mycaffe predict --weights runs/SeriesCfc/001 --steps 52",
        "mycaffe predict --weights last.caffemodel --input newer.csv --steps 52 --out next_year.csv",
        "mycaffe predict --weights last.caffemodel --from 20001230 --steps 52 --json",
    ),
)
@click.option(
    "--solver", metavar="FILE", help="The solver; default: solver.prototxt beside the weights."
)
@net_options
@click.option(
    "--input", "data", metavar="FILE", help="Data to continue, instead of the solver file's."
)
@click.option(
    "--steps",
    type=click.IntRange(min=1, max=MAX_STEPS),
    required=True,
    help="Points to predict.",
)
@click.option(
    "--from",
    "start",
    metavar="TIME",
    help="Last time to treat as known; default: the last in the data.",
)
@click.option(
    "--out", metavar="FILE", default="forecast.csv", show_default=True, help="The table to write."
)
@json_option
def command(**given: Any) -> int:
    """Forecast what follows a gym's data, with trained weights.

    WEIGHTS may be a run folder: its best weights are used. Model and solver are those beside them, unless given.
    Writes a table, a row for each point ahead, and a picture of the same name with .png; prints both paths. Where
    the truth is known, as after --from, it is written beside the forecast.
    """
    from mycaffe_py.cli.actions.predict import predict

    return predict(**given)
