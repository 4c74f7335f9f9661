"""``mycaffe convert-annoset``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli import Verb

_SIDE = click.IntRange(min=0, max=2**31 - 1)


@click.command(
    "convert-annoset",
    cls=Verb,
    examples=(
        "mycaffe convert-annoset --anno-type detection --label-map-file labelmap.prototxt --encoded VOC/ list.txt lmdb",
        "mycaffe convert-annoset --anno-type detection --label-type txt images/ list.txt lmdb",
    ),
)
@click.argument("root", metavar="ROOT/")
@click.argument("listed", metavar="LIST")
@click.argument("database", metavar="DB")
@click.option(
    "--anno-type",
    type=click.Choice(["detection", "classification"]),
    default="classification",
    show_default=True,
    help="What the second word of a line is: a file of boxes, or a class.",
)
@click.option(
    "--label-type",
    type=click.Choice(["xml", "json", "txt"]),
    default="xml",
    show_default=True,
    help="Form of the files of boxes: PASCAL VOC's, COCO's for one image, or lines of class, xmin, ymin, xmax, ymax.",
)
@click.option(
    "--label-map-file", metavar="FILE", help="The names of the classes, for xml and json."
)
@click.option("--check-label", is_flag=True, help="Fail if a name or class is twice in the map.")
@click.option("--gray", is_flag=True, help="One channel instead of three.")
@click.option("--shuffle", is_flag=True, help="Shuffle the list.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed for --shuffle; random if not given.")
@click.option(
    "--backend", default="lmdb", show_default=True, metavar="NAME", help="Database backend."
)
@click.option("--min-dim", type=_SIDE, default=0, help="Resize the shorter side to this length.")
@click.option(
    "--max-dim",
    type=_SIDE,
    default=0,
    help="Resize so that the longer side has at most this length.",
)
@click.option("--resize-width", type=_SIDE, default=0, help="Resize images to this width.")
@click.option("--resize-height", type=_SIDE, default=0, help="Resize images to this height.")
@click.option("--check-size", is_flag=True, help="Fail if images differ in size.")
@click.option("--encoded", is_flag=True, help="Store encoded image files instead of pixels.")
@click.option("--encode-type", metavar="KIND", help="Format of the encoded files: png, jpg, ...")
def convert_annoset(**given: Any) -> int:
    """Create a database of images with the boxes of their objects, as SSD's convert_annoset.

    LIST has two words on each line: an image's path below ROOT/, and that of its file of boxes (detection) or its class
    (classification). The records are AnnotatedDatum
    messages, for the layer AnnotatedData. Images and files that cannot be read are skipped with a warning; a class
    that is not in the map ends the conversion. DB must not exist; it is created completely or not at all.
    """
    from .converting import convert

    return convert(**given)
