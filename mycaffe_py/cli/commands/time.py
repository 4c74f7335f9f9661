"""``mycaffe time``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import any_phase_option, json_option, net_options
from mycaffe_py.cli.verb import Verb


@click.command(
    "time",
    cls=Verb,
    examples=(
        "mycaffe time --model LiquidNetCfc.prototxt",
        "mycaffe time --solver adamw.prototxt --model LiquidNetCfc.prototxt --table",
        "mycaffe time --model mynet.prototxt --gpu 0 --phase TEST --json",
    ),
)
@click.option(
    "--solver",
    metavar="FILE",
    help="Also time whole training steps with this solver: trainer, passes and update.",
)
@net_options
@any_phase_option
@click.option(
    "--iterations",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Forward and backward passes.",
)
@click.option(
    "--table", "as_table", is_flag=True, help="Print the table even if not on a terminal."
)
@json_option
def command(**given: Any) -> int:
    """Time each layer of a net, forward and backward, after one pass to warm up.

    Data layers feed the net; other inputs are filled with random numbers. On a terminal a table is printed,
    elsewhere Caffe's log lines. Beside each time the table has its floor: the layer's operations and bytes over what
    the machine reaches.
    """
    from mycaffe_py.cli.actions.time import time_net

    return time_net(**given)
