"""``mycaffe doctor``."""

from __future__ import annotations

import click

from mycaffe_py.cli.failures import echo
from mycaffe_py.cli.options import json_option, plugin_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "doctor",
    cls=Verb,
    examples=("mycaffe doctor", "mycaffe doctor --json", "mycaffe doctor --plugin gate.py"),
)
@plugin_option
@json_option
def command(plugins: tuple[str, ...], as_json: bool) -> None:
    """Show the versions, devices, plugins and extras that mycaffe finds.

    Says why a device or plugin cannot be used, and how to install what is missing.
    """
    import json

    from mycaffe_py.cli.actions.doctor import diagnose, lines

    found = diagnose(plugins)
    echo(json.dumps(found, indent=2) if as_json else "\n".join(lines(found)))
