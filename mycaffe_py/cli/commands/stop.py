"""``mycaffe stop``."""

from __future__ import annotations

import click

from mycaffe_py.cli.verb import Verb


@click.command(
    "stop",
    cls=Verb,
    examples=(
        "mycaffe stop runs/LiquidNetCfc/003",
        "mycaffe stop LiquidNetCfc/003 --no-wait",
        "mycaffe stop LiquidNetCfc/003 --snapshot",
    ),
)
@click.argument("run", metavar="RUN")
@click.option(
    "--snapshot",
    "only_snapshot",
    is_flag=True,
    help="Ask only for a snapshot; the run continues.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait until it is done, 30 seconds at most.")
def command(run: str, only_snapshot: bool, no_wait: bool) -> int:
    """Stop a run after its current update, with a snapshot, as Ctrl-C does.

    RUN is a run folder, or its last two parts if it is below runs.
    """
    from mycaffe_py.cli.actions.stop import stop

    return stop(run, snapshot=only_snapshot, wait=not no_wait)
