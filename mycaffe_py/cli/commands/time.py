"""``mycaffe time``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import json_option, net_options, phase_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "time",
    cls=Verb,
    examples=(
        "mycaffe time --model LiquidNetCfc.prototxt",
        "mycaffe time --model mynet.prototxt --gpu 0 --iterations 100",
        "mycaffe time --model mynet.prototxt --phase TEST --json",
    ),
)
@net_options
@phase_option
@click.option(
    "--iterations",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Forward and backward passes.",
)
@json_option
def command(**given: Any) -> int:
    """Time each layer of a net, forward and backward, after one pass to warm up.

    Data layers feed the net; other inputs are filled with random numbers. On a terminal a table is printed,
    elsewhere Caffe's log lines.
    """
    from mycaffe_py.cli.actions.time import time_net

    return time_net(**given)
