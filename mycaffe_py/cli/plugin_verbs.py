"""Verbs of plugins that are named on the command line: ``mycaffe VERB --plugin FILE``."""

from __future__ import annotations

from collections.abc import Sequence

import click


def commands_of_plugins(args: Sequence[str]) -> dict[str, click.Command]:
    """Return the verbs that plugins named with ``--plugin`` among a verb's arguments bring."""
    plugins, _ = split_plugins(args[1:])
    if not plugins:
        return {}
    from .options import load_plugins

    return dict(load_plugins(plugins).commands)


def with_its_arguments(
    command: click.Command, args: Sequence[str]
) -> tuple[str, click.Command, list[str]]:
    """Return what ``resolve_command`` does; ``--plugin`` is left to a verb that has such an option."""
    takes_it = any("--plugin" in param.opts for param in command.params)
    return args[0], command, list(args[1:]) if takes_it else split_plugins(args[1:])[1]


def split_plugins(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the values of ``--plugin`` before a ``--``, and the other arguments."""
    plugins: list[str] = []
    others: list[str] = []
    rest = iter(args)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if argument == "--":
            return plugins, [*others, argument, *rest]
        if name in ("--plugin", "-plugin"):
            plugins += [value] if equals else [given for given in [next(rest, None)] if given]
        else:
            others.append(argument)
    return plugins, others
