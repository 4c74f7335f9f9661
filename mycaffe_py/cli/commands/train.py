"""``mycaffe train``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import LARGEST, net_options, phase_option
from mycaffe_py.cli.verb import Verb
from mycaffe_py.run.signals import EFFECTS

EFFECT = click.Choice(EFFECTS)


@click.command(
    "train",
    cls=Verb,
    examples=(
        "mycaffe train --model LiquidNetCfc.prototxt --solver adamw.prototxt",
        "mycaffe train --model mynet.prototxt --solver adamw.prototxt --set solver.base_lr=0.005",
        "mycaffe train --model mynet.prototxt --solver adamw.prototxt --resume auto",
    ),
)
@click.option(
    "--solver",
    metavar="FILE",
    help="The solver; a path or the name of a shipped solver. Default: the one beside --weights.",
)
@net_options
@click.option(
    "--resume", metavar="WHAT", help="Continue from: auto, a run folder or a .solverstate."
)
@click.option("--snapshot", metavar="FILE", help="Caffe's name for --resume FILE.")
@click.option(
    "--iterations",
    type=click.IntRange(min=0, max=LARGEST),
    help="Total number of updates; replaces the solver's max_iter.",
)
@phase_option
@click.option(
    "--run-dir", metavar="DIR", help="Run folder instead of runs/<net>/<NNN>; must be new or empty."
)
@click.option("--sigint-effect", type=EFFECT, default="stop", show_default=True, help="On Ctrl-C.")
@click.option(
    "--sighup-effect", type=EFFECT, default="snapshot", show_default=True, help="On SIGHUP."
)
@click.option(
    "--observe",
    "observers",
    multiple=True,
    metavar="NAME[:KEY=VALUE,...]",
    help="Let an observer follow the run: TensorBoard, tensorboard:histograms=true. Repeatable.",
)
@click.option("--tensorboard", is_flag=True, help="Short for --observe TensorBoard.")
@click.option("--print-config", is_flag=True, help="Print the resolved files and exit.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and the run folder.")
@click.option("--live", is_flag=True, help="Live view, even if stderr is no terminal.")
@click.option("--no-live", is_flag=True, help="Plain lines, even on a terminal.")
@click.option("-v", "--verbose", is_flag=True, help="Describe each layer.")
def command(**given: Any) -> int:
    """Train a net.

    The net comes from --model, or from the solver file. Results go to a new folder
    runs/<net>/<NNN>, whose name is printed at the end. Ctrl-C finishes the step, writes a snapshot
    and exits with 130; a second Ctrl-C stops at once.
    """
    from mycaffe_py.cli.actions.train import train

    return train(**given)
