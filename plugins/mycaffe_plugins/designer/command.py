"""``mycaffe designer``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mycaffe_py.cli import Verb, plugin_option, python_option
from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.permission import are_refused

USUAL_PORT = 8765


@click.command(
    "designer",
    cls=Verb,
    examples=(
        "mycaffe designer",
        "mycaffe designer ~/nets --plugin gate.py",
        "mycaffe designer --no-browser --port 0",
    ),
)
@click.argument("folder", required=False, default=".", metavar="[FOLDER]")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="NAME",
    help="Address to listen on. Another than this machine's own lets others in who know the token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help=f"Port; 0 takes a free one. Default: {USUAL_PORT}, or a free one if that is taken.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser; only print the address.")
@plugin_option
@python_option
def designer(
    folder: str,
    host: str,
    port: int | None,
    no_browser: bool,
    plugins: tuple[str, ...],
) -> int:
    """Design nets and watch them learn.

    Opens a page in the browser on the projects in FOLDER, the current folder if it is omitted; in the folder of a
    project, on that project. Prints the page's address, which holds a token that nobody else knows. Ctrl-C ends the
    Designer; trainings go on. Python layers are neither built nor trained without --allow-python, which counts for all
    that is done from the page. Needs the extra "designer".
    """
    root = Path(os.path.expanduser(folder))
    if not os.path.exists(root):
        raise MissingFileError(f"no folder {folder}", hint=f"make it first: mkdir {folder}")
    if not os.path.isdir(root):
        raise ConfigError(f"{folder} is a file", hint="give a folder of projects, or a project's")
    from .serving import serve

    serve(
        root,
        host=host,
        port=port,
        usual_port=USUAL_PORT,
        browser=not no_browser,
        plugins=plugins,
        allow_python=not are_refused(),
    )
    return 0
