"""``mycaffe convert-imageset``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import LARGEST
from mycaffe_py.cli.verb import Verb

backend_option = click.option(
    "--backend", default="lmdb", show_default=True, metavar="NAME", help="Database backend."
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
@click.option("--gray", is_flag=True, help="One channel instead of three.")
@click.option("--shuffle", is_flag=True, help="Shuffle the list.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed for --shuffle; random if not given.")
@backend_option
@click.option("--resize-width", type=_SIDE, default=0, help="Resize images to this width.")
@click.option("--resize-height", type=_SIDE, default=0, help="Resize images to this height.")
@click.option("--check-size", is_flag=True, help="Fail if images differ in size.")
@click.option("--encoded", is_flag=True, help="Store encoded image files instead of pixels.")
@click.option("--encode-type", metavar="KIND", help="Format of the encoded files: png, jpg, ...")
def command(**given: Any) -> int:
    """Create a database of the images in a list.

    LIST has a path, a space and a label on each line; the paths are relative to ROOT/. The records are
    Datum messages, with the colours in the order blue, green, red. Images that cannot be read are
    skipped with a warning. DB must not exist; it is created completely or not at all.
    """
    from mycaffe_py.cli.actions.convert_imageset import convert

    return convert(**given)
