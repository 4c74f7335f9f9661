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
@click.option("--gpu", metavar="IDS", help="Comma-separated GPU numbers, or all (default).")
@json_option
def command(gpu: str | None, as_json: bool) -> int:
    """Show the properties of GPUs, with Caffe's labels.

    Exits with 4 and the reason if no GPU can be used.
    """
    from mycaffe_py.cli.actions.device_query import query

    return query(gpu, as_json)
