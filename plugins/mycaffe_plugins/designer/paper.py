"""The verbs ``mycaffe report`` and ``mycaffe plot``: runs on paper."""

from __future__ import annotations

from pathlib import Path

import click

from mycaffe_py.cli import Verb, plugin_option


@click.command(
    "report",
    cls=Verb,
    examples=(
        "mycaffe report runs/LiquidNetCfc/001",
        "mycaffe report runs/LiquidNetCfc/001 runs/LiquidNetCfc/002 --out compared.html",
    ),
)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--out",
    metavar="FILE",
    help="The file to write; default: report.html, or report-2.html, ... if that exists.",
)
@plugin_option
def report(runs: tuple[str, ...], out: str | None, plugins: tuple[str, ...]) -> int:
    """Write runs as one HTML file.

    Curves, the net, settings, figures and environment; of several runs, what differs. The file needs no other
    and opens in any browser. Needs the extra "plot".
    """
    from mycaffe_py.cli import echo_result, load_plugins_of

    from .report import report as written

    folders = [Path(run) for run in runs]
    text = written(folders, load_plugins_of(folders, plugins))
    echo_result(str(write(out, "report.html", text.encode())))
    return 0


@click.command(
    "plot",
    cls=Verb,
    examples=(
        "mycaffe plot runs/LiquidNetCfc/001",
        "mycaffe plot runs/LiquidNetCfc/001 --gif",
        "mycaffe plot runs/LiquidNetCfc/001 --gif --out learning.gif --seconds 10",
    ),
)
@click.argument("run", metavar="RUN")
@click.option("--gif", is_flag=True, help="Write an animation of the curve being learned.")
@click.option(
    "--out",
    metavar="FILE",
    help="The file to write; default: live.png or live.gif in the current folder, numbered if that exists.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.5, max=120),
    default=6.0,
    show_default=True,
    help="With --gif: how long it plays.",
)
def plot(run: str, gif: bool, out: str | None, seconds: float) -> int:
    """Draw what a run's trainer showed: target, prediction and error.

    From the samples in the run folder, of a run that is over or still going on. Needs the extra "plot", and
    "image" for --gif.
    """
    from mycaffe_py.cli import echo_result

    from .animation import animate, draw

    data = animate(Path(run), seconds) if gif else draw(Path(run))
    echo_result(str(write(out, "live.gif" if gif else "live.png", data)))
    return 0


def write(out: str | None, own: str, data: bytes) -> Path:
    """Write a file, completely or not at all, under the name given or a free one like ``own``; return its path."""
    from mycaffe_py.cli import free_paths, say_replaced
    from mycaffe_py.weights import atomic_write

    if out:
        path = Path(out)
        say_replaced([path])
    else:
        [path] = free_paths([Path(own)])
    atomic_write(path, data)
    return path
