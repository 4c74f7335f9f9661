"""``mycaffe new layer``, ``loss``, ..., ``package``: skeletons of plugins."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.verb import Verb
from mycaffe_py.skeletons.kinds import SKELETONS, Skeleton


class _KindAndName(click.Choice):  # type: ignore[type-arg]
    """A kind of plugin, perhaps with its name: ``layer:SoftClip``."""

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the text with its kind checked."""
        kind, colon, name = str(value).partition(":")
        return f"{super().convert(kind, param, ctx)}{colon}{name}"


_FOLDER = click.option(
    "--folder", default=".", metavar="DIR", help="Where to write; default: here."
)


def _command(skeleton: Skeleton) -> click.Command:
    """Return the command that makes plugins of one kind."""

    @click.command(
        skeleton.name,
        cls=Verb,
        examples=(
            f"mycaffe new {skeleton.name} MyName",
            f"mycaffe new {skeleton.name} my-name --folder plugins",
        ),
        short_help=f"Write {skeleton.what}.",
        help=f"Write {skeleton.what}: a file that works, its tests, and what to type next.\n\n"
        "NAME is written MyName, my-name or my_name; class, type, file and settings are named after it. Nothing "
        "is overwritten.",
    )
    @click.argument("name", metavar="NAME")
    @_FOLDER
    def command(name: str, folder: str) -> None:
        from mycaffe_py.cli.actions.new_plugin import new_plugin

        new_plugin(skeleton.name, name, folder)

    return command


@click.command(
    "package",
    cls=Verb,
    examples=(
        "mycaffe new package MyName",
        "mycaffe new package my-name --kind gym --kind trainer",
    ),
    short_help="Write a package of plugins that can be installed.",
)
@click.argument("name", metavar="NAME")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="KIND[:NAME]",
    type=_KindAndName(list(SKELETONS)),
    help=f"What it holds, perhaps with its name: layer:SoftClip. Repeatable; default: layer. "
    f"Kinds: {', '.join(SKELETONS)}.",
)
@_FOLDER
def package(name: str, **options: Any) -> None:
    """Write a package that can be installed, with tests that run on GitHub too.

    The folder mycaffe-NAME has pyproject.toml, README.md, LICENSE (to be filled in), src/ with a plugin of each
    kind, tests/ and .github/workflows/. Once installed, every command of mycaffe knows its types and verbs.
    """
    from mycaffe_py.cli.actions.new_plugin import new_package

    new_package(name, **options)


commands = [*map(_command, SKELETONS.values()), package]
