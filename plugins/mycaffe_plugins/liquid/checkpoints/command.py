"""``mycaffe convert-weights``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli import Verb, plugin_option, python_option


@click.command(
    "convert-weights",
    cls=Verb,
    examples=(
        "mycaffe convert-weights model.safetensors --print-layer",
        "mycaffe convert-weights model.safetensors w.caffemodel --model net.prototxt",
        "mycaffe convert-weights w.caffemodel model.safetensors --model net.prototxt",
    ),
)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--model", metavar="FILE", help="The net; a path or the name of a shipped model.")
@click.option(
    "--layer", metavar="NAME", help="The liquid layer. May be left out if there is only one."
)
@click.option(
    "--prefix",
    metavar="PREFIX",
    help="What the names of the tensors begin with, such as model.rnn. Found by itself if there is one liquid module.",
)
@click.option(
    "--to",
    type=click.Choice(["ncps", "cfc"]),
    help="Whose module to write for: ncps, or the CfC authors' code. Default: the one that is possible, or ncps.",
)
@click.option(
    "--print-layer", is_flag=True, help="Print a layer that fits the checkpoint, and write no file."
)
@click.option(
    "--phase",
    type=click.Choice(["TRAIN", "TEST"], case_sensitive=False),
    default="test",
    show_default=True,
    help="Phase in which the net is built.",
)
@plugin_option
@python_option
def convert_weights(**given: Any) -> int:
    """Convert liquid weights from PyTorch, or back.

    One of SOURCE and TARGET is a weights file of ours (.caffemodel or .caffemodel.h5), the other the state of a module
    of ncps or of the CfC authors' code: .safetensors, which needs the extra "torch-weights", or .pt, which needs
    torch. The model must have the module's sizes and wiring; what differs is reported. The file that is written has
    the weights of the liquid layer only.
    """
    from .converting import convert

    return convert(**given)
