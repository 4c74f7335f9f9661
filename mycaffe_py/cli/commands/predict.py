"""``mycaffe predict``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import MAX_STEPS, json_option, net_options
from mycaffe_py.cli.verb import Verb


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
    help="Points to predict; default: as many as the trainer says, if it does.",
)
@click.option(
    "--from",
    "start",
    metavar="TIME",
    help="Last time to treat as known; default: the last in the data.",
)
@click.option(
    "--series",
    multiple=True,
    metavar="NAME",
    help="Forecast this series of the data, by its name; repeatable.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="The table to write; default: forecast.csv, or forecast-2.csv, ... if that exists.",
)
@json_option
def command(**given: Any) -> int:
    """Forecast what follows a gym's data, with trained weights.

    WEIGHTS may be a run folder: its best weights are used. Model and solver are those beside them, unless given.
    Writes a table, a row for each point ahead, and a picture of the same name with .png; prints both paths. Where
    the truth is known, as after --from, it is written beside the forecast. Bands around the predictions, if the trainer
    gives any, are in the columns NAME_lower and NAME_upper. A warning says so if the net, with its
    weights frozen, does no better on known data than repeating the last value.
    """
    from mycaffe_py.cli.actions.predict import predict

    return predict(**given)
