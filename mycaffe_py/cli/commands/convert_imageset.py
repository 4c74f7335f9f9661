"""``mycaffe convert-imageset``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import LARGEST
from mycaffe_py.cli.verb import Verb

backend_option = click.option(
    "--backend", default="lmdb", show_default=True, metavar="NAME", help="Kind of the database."
)

_SIDE = click.IntRange(min=0, max=LARGEST)


@click.command(
    "convert-imageset",
    cls=Verb,
    examples=(
        "mycaffe convert-imageset images/ train.txt train_lmdb",
        "mycaffe convert-imageset --resize-height 256 --resize-width 256 --shuffle images/ train.txt train_lmdb",
        "mycaffe convert-imageset --gray --encoded --encode-type png images/ train.txt train_lmdb",
    ),
)
@click.argument("root", metavar="ROOT/")
@click.argument("listed", metavar="LIST")
@click.argument("database", metavar="DB")
@click.option("--gray", is_flag=True, help="One channel in place of three.")
@click.option("--shuffle", is_flag=True, help="Mix the order of the list.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of --shuffle; drawn if not given.")
@backend_option
@click.option("--resize-width", type=_SIDE, default=0, help="Width that images are resized to.")
@click.option("--resize-height", type=_SIDE, default=0, help="Height that images are resized to.")
@click.option("--check-size", is_flag=True, help="Stop at an image of another size.")
@click.option("--encoded", is_flag=True, help="Store image files rather than pixels.")
@click.option("--encode-type", metavar="KIND", help="Kind of these files: png, jpg, ...")
def command(**given: Any) -> int:
    """Make a database of the images that a list names.

    LIST holds a path, a space and a label on each line; the paths count from ROOT/. The records are
    Datum messages, with the colours in the order blue, green, red. Images that cannot be read are
    left out with a warning. DB must not exist; it is there as a whole or not at all.
    """
    from mycaffe_py.cli.actions.convert_imageset import convert

    return convert(**given)
