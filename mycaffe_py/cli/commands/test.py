"""``mycaffe test``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import json_option, net_options
from mycaffe_py.cli.verb import Verb


@click.command(
    "test",
    cls=Verb,
    examples=(
        "mycaffe test --model mynet.prototxt --solver adamw.prototxt --weights best.caffemodel",
        "mycaffe test --model mynet.prototxt --weights mynet.caffemodel",
        "mycaffe test --model mynet.prototxt --weights mynet.caffemodel --iterations 360 --json",
    ),
)
@click.option(
    "--solver", metavar="FILE", help="The solver file whose trainer and gym provide the data."
)
@net_options
@click.option(
    "--iterations",
    type=click.IntRange(min=1),
    help="Forward passes; default: 50.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="Write the report of a trainer that gives one, as CSV.",
)
@json_option
def command(**given: Any) -> int:
    """Run a trained net with its weights frozen and print the mean of each metric.

    With --solver the net runs on the gym of the solver's trainer; without it the net's own data
    layers feed it. Loss and accuracy are compared with the baseline that repeats the last target.
    A trainer may give a report on all its test data instead; with --json it stands beside the metrics.
    """
    from mycaffe_py.cli.actions.test import test

    return test(**given)
