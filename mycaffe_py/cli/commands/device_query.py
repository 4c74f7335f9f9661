"""``mycaffe device-query``."""

from __future__ import annotations

import click

from mycaffe_py.cli.options import json_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "device-query",
    cls=Verb,
    examples=(
        "mycaffe device-query",
        "mycaffe device-query --gpu 0,1",
        "mycaffe device-query --gpu all --json",
    ),
)
@click.option("--gpu", metavar="IDS", help="Numbers of GPUs, comma separated, or all (default).")
@json_option
def command(gpu: str | None, as_json: bool) -> int:
    """Show the properties of GPUs, in Caffe's words.

    Exits with 4 and the reason where no GPU can be used.
    """
    from mycaffe_py.cli.actions.device_query import query

    return query(gpu, as_json)
