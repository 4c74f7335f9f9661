"""``mycaffe extract-features``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import LARGEST, outside_option, plugin_option, python_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "extract-features",
    cls=Verb,
    examples=(
        "mycaffe extract-features net.caffemodel net.prototxt fc7 features_lmdb 10 lmdb",
        "mycaffe extract-features net.caffemodel net.prototxt fc7 features_lmdb 10 lmdb CPU",
        "mycaffe extract-features net.caffemodel net.prototxt fc7,prob fc7_lmdb,prob_lmdb 10 lmdb GPU 0",
    ),
)
@click.argument("weights", metavar="WEIGHTS")
@click.argument("model", metavar="MODEL")
@click.argument("blobs", metavar="BLOB[,BLOB...]")
@click.argument("databases", metavar="DB[,DB...]")
@click.argument("batches", type=click.IntRange(min=1, max=LARGEST), metavar="BATCHES")
@click.argument("kind", metavar="lmdb")
@click.argument(
    "mode",
    type=click.Choice(["CPU", "GPU"], case_sensitive=False),
    default="CPU",
    metavar="[CPU|GPU]",
)
@click.argument("gpu", type=click.IntRange(min=0), default=0, metavar="[ID]")
@outside_option
@plugin_option
@python_option
def command(**given: Any) -> int:
    """Write the outputs of a trained net's blobs to databases.

    Runs the net in phase TEST on its data layers for the given number of BATCHES and stores, for each item, each
    BLOB as a Datum of floats in the DB at the same position, with keys 0000000000, 0000000001, ...
    """
    from mycaffe_py.cli.actions.extract_features import extract

    return extract(**given)
