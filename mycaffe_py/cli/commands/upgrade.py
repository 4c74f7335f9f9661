"""``mycaffe upgrade-net`` and ``mycaffe upgrade-solver``."""

from __future__ import annotations

import click

from mycaffe_py.cli.options import plugin_option, shared
from mycaffe_py.cli.verb import Verb

_files = shared(
    click.argument("source", metavar="IN"), click.argument("target", metavar="OUT"), plugin_option
)


@click.command(
    "upgrade-net",
    cls=Verb,
    examples=(
        "mycaffe upgrade-net old.prototxt new.prototxt",
        "mycaffe upgrade-net old.caffemodel new.caffemodel",
        "mycaffe upgrade-net --binary old.bin new.bin",
    ),
)
@_files
@click.option("--binary", is_flag=True, help="Treat IN as binary, whatever its content.")
def net(source: str, target: str, binary: bool, plugins: tuple[str, ...]) -> int:
    """Upgrade a net to the current format.

    IN may be text or binary, such as a .caffemodel with its weights; OUT is of the same kind and may be the same
    file. Layers in Caffe's first two formats, input fields and old settings are upgraded. Comments are not kept.
    """
    from mycaffe_py.cli.actions.upgrade import upgrade_net_file

    return upgrade_net_file(source, target, binary, plugins)


@click.command(
    "upgrade-solver",
    cls=Verb,
    examples=(
        "mycaffe upgrade-solver old_solver.prototxt new_solver.prototxt",
        "mycaffe upgrade-solver solver.prototxt solver.prototxt",
        "mycaffe upgrade-solver --plugin rule.py old_solver.prototxt new_solver.prototxt",
    ),
)
@_files
def solver(source: str, target: str, plugins: tuple[str, ...]) -> int:
    """Upgrade a solver to the current format.

    solver_type becomes type, and nets inside the file are upgraded as by upgrade-net. OUT may be the same file.
    Comments are not kept.
    """
    from mycaffe_py.cli.actions.upgrade import upgrade_solver_file

    return upgrade_solver_file(source, target, plugins)
