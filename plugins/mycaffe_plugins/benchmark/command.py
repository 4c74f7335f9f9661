"""``mycaffe benchmark``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli import Verb, json_option

GROUPS = ("tutorial", "small", "xor", "ltc", "lstm", "images")


@click.command(
    "benchmark",
    cls=Verb,
    examples=(
        "mycaffe benchmark",
        "mycaffe benchmark --quick",
        "mycaffe benchmark --only tutorial --only ltc --out times.md",
    ),
)
@click.option("--quick", is_flag=True, help="A few rows, in about half a minute.")
@click.option(
    "--only",
    "groups",
    multiple=True,
    type=click.Choice(GROUPS),
    help="Rows of one group. Repeatable.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads of each side.",
)
@click.option("--no-torch", is_flag=True, help="Leave torch out, though it is installed.")
@click.option(
    "--out", metavar="FILE", help="Also write the report: Markdown, or JSON in a .json file."
)
@json_option
def benchmark(**given: Any) -> int:
    """Time training steps on this machine's CPU.

    Steps of liquid nets, LSTM and image nets: with NumPy alone, with the compiled kernels of the extra "fast" where
    it is installed, and with torch where it is installed. All sides run in turn in one process with as many threads
    and the same treatment of subnormal numbers; their losses and gradients are compared first. Takes less than five
    minutes.
    """
    from .measuring import measure

    return measure(**given)
