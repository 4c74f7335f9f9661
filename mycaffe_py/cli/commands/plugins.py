"""``mycaffe plugins``."""

from __future__ import annotations

import click

from mycaffe_py.cli.failures import echo
from mycaffe_py.cli.options import json_option, plugin_option
from mycaffe_py.cli.verb import Verb


@click.command(
    "plugins",
    cls=Verb,
    examples=(
        "mycaffe plugins",
        "mycaffe plugins --json",
        "MYCAFFE_PLUGINS=mine,yours mycaffe plugins",
    ),
)
@plugin_option
@json_option
def command(plugins: tuple[str, ...], as_json: bool) -> None:
    """List plugins: name, version, origin, what each offers, or why it is not in use.

    MYCAFFE_PLUGINS, a comma-separated list, limits which installed third-party plugins are loaded.
    """
    import json

    from mycaffe_py.cli.actions.plugins import lines, plugin_entries

    entries = plugin_entries(plugins)
    for line in [json.dumps(entries, indent=2)] if as_json else lines(entries):
        echo(line, red=line.startswith("  not in use: "))
