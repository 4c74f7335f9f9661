"""``mycaffe fold-bn``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli import Verb, plugin_option, python_option


@click.command(
    "fold-bn",
    cls=Verb,
    examples=(
        "mycaffe fold-bn --model deploy.prototxt --weights net.caffemodel --out folded.prototxt",
    ),
)
@click.option(
    "--model",
    metavar="FILE",
    help="The net, as it is used. Default: model.prototxt beside the weights.",
)
@click.option(
    "--weights",
    metavar="FILES",
    multiple=True,
    help="Its weights (.caffemodel), or a run folder, for its best weights.",
)
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    help="The folded net (.prototxt); its weights go beside it, as .caffemodel.",
)
@click.option("--level", type=int, default=0, show_default=True, help="Level of the net's state.")
@click.option("--stage", multiple=True, metavar="NAMES", help="Stages of the net's state.")
@plugin_option
@python_option
def fold_bn(**given: Any) -> int:
    """Fold BatchNorm, Scale and Bias layers into the layers before them, for a net that is only used.

    In phase TEST they multiply and shift each channel by constants, which the weights and the bias of a Convolution,
    a Deconvolution or an InnerProduct take over. The net is written as it is in phase TEST, without the layers that
    are not needed any more, and with the weights that belong to it. Before that, both nets run on the same random
    input, and the largest difference of their outputs is printed. Layers that cannot be folded stay, with the reason.
    """
    from .folding import fold

    return fold(**given)
