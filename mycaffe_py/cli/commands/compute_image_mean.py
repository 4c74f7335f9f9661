"""``mycaffe compute-image-mean``."""

from __future__ import annotations

import click

from mycaffe_py.cli.verb import Verb

from .convert_imageset import backend_option


@click.command(
    "compute-image-mean",
    cls=Verb,
    examples=(
        "mycaffe compute-image-mean train_lmdb mean.binaryproto",
        "mycaffe compute-image-mean train_lmdb",
        "mycaffe compute-image-mean --backend lmdb train_lmdb mean.binaryproto",
    ),
)
@backend_option
@click.argument("database", metavar="INPUT_DB")
@click.argument("output", required=False, metavar="[OUTPUT_FILE]")
def command(backend: str, database: str, output: str | None) -> int:
    """Compute the mean of the images in a database.

    Prints the mean of each channel, and writes the mean image to OUTPUT_FILE for
    transform_param { mean_file: ... }.
    """
    from mycaffe_py.cli.actions.compute_image_mean import average

    return average(backend, database, output)
