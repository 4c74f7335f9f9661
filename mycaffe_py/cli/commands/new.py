"""``mycaffe new``: projects, and skeletons of plugins from ``new_plugin``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import plugin_option
from mycaffe_py.cli.verb import Verb, examples_first

from .new_plugin import commands

EXAMPLES = (
    "mycaffe new project LiquidNN",
    "mycaffe new project Waves --gym Curve --set curve=COS",
    "mycaffe new project CO2 --gym Series --set csv_file=co2.csv",
)
GROUP_EXAMPLES = (EXAMPLES[0], "mycaffe new layer MyGate", "mycaffe new package my-gate --kind gym")


class Group(click.Group):
    """What can be made new; its help begins with examples."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or fail and suggest the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            from mycaffe_py.cli.unknown_verb import kind_hint

            hint = kind_hint(args, list(self.commands))
            raise click.UsageError(f'there is no "mycaffe new {args[0]}"; {hint}', ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, usage, commands."""
        examples_first(formatter, GROUP_EXAMPLES)
        super().format_help(ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)


@click.group("new", cls=Group, subcommand_metavar="KIND NAME [OPTIONS]", options_metavar="")
def command() -> None:
    """Make a new project, a plugin or a package of plugins, to be changed into what you need."""


@command.command(
    "project",
    cls=Verb,
    examples=EXAMPLES,
    short_help="Make a project: a model, a solver, data/ and runs/.",
)
@click.argument("name", required=False, metavar="NAME")
@click.option("--gym", metavar="TYPE", help="The gym that feeds the net; see `mycaffe gyms`.")
@click.option("--model", metavar="NAME", help="The model to begin with.")
@click.option("--solver", metavar="NAME", help="The solver to begin with.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the gym: curve=COS. Repeatable. A file that it names is copied into data/.",
)
@click.option(
    "--database", metavar="PATH", help="An LMDB database, for models that read their data."
)
@click.option(
    "--test-database", metavar="PATH", help="Another one for tests; else they use the same."
)
@click.option(
    "--folder", default=".", metavar="DIR", help="Where to make the project; default: here."
)
@plugin_option
def project(name: str | None, **options: Any) -> None:
    """Make a project: a folder with a model, a solver file, data/ and runs/.

    What is not chosen is the first that fits: for gym Curve, the model LiquidNetCfc with the solver adamw.
    Everything is checked before the folder is made. Its files are plain ones: edit them as you like.
    """
    from mycaffe_py.cli.actions.new import new_project

    new_project(name, **options)


for each in commands:
    command.add_command(each)
