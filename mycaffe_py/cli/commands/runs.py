"""``mycaffe runs``."""

from __future__ import annotations

import click

from mycaffe_py.cli.failures import echo
from mycaffe_py.cli.options import json_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "runs",
    cls=Verb,
    examples=("mycaffe runs", "mycaffe runs mine/runs", "mycaffe runs runs/LiquidNetCfc --json"),
)
@click.argument("folder", default="runs", metavar="[FOLDER]")
@json_option
def command(folder: str, as_json: bool) -> None:
    """List runs, the newest first: state, updates, figures and best weights.

    FOLDER contains the runs of all nets (default: runs) or of one net, or is a project or a single run.
    """
    import json

    from mycaffe_py.cli.actions.runs import lines, summaries

    found = summaries(folder)
    for line in [json.dumps(found, indent=2)] if as_json else lines(found):
        echo(line)
