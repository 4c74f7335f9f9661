"""``mycaffe plugins``."""

from __future__ import annotations

import click

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

    from mycaffe_py.cli.actions.doctor import plugin_entry
    from mycaffe_py.plugins.registry import load_registry

    entries = [plugin_entry(plugin) for plugin in load_registry(plugins).plugins]
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry['name']}  {entry['version'] or '-'}  {entry['origin']}")
        if entry["error"]:
            click.echo(click.style(f"  not in use: {entry['error']}", fg="red"))
            for line in (entry["hint"] or "").splitlines():
                click.echo(f"  {line}")
        for kind, types in entry["offers"].items():
            click.echo(f"  {kind}: {', '.join(types)}")
