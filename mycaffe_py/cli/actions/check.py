"""Implementation of ``mycaffe check``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.builder.checking import check_file
from mycaffe_py.cli.banner import layer_lines, net_line
from mycaffe_py.cli.failures import report, say
from mycaffe_py.cli.options import load_plugins
from mycaffe_py.errors import EXIT_CONFIG, EXIT_OK, MyCaffeError
from mycaffe_py.net.net import Net

from .upgrade import upgrade_notes


def check(files: tuple[str, ...], plugins: tuple[str, ...]) -> int:
    """Check each file; return the exit code."""
    registry = load_plugins(plugins)
    codes = [_check_one(name, registry) for name in files]
    if EXIT_CONFIG in codes:
        return EXIT_CONFIG
    return max(codes, default=EXIT_OK)


def _check_one(name: str, registry: Any) -> int:
    try:
        found = check_file(name, registry)
    except MyCaffeError as error:
        return report(error)
    click.echo(f"ok {name}")
    for line in upgrade_notes([found.document if isinstance(found, Net) else found]):
        say(line)
    if isinstance(found, Net):
        click.echo(f"  {net_line(found)}")
        for line in layer_lines(found):
            click.echo(f"  {line}")
    else:
        click.echo(f"  {_solver_summary(found.message)}")
    return EXIT_OK


def _solver_summary(param: Any) -> str:
    trainer = f", trainer {param.trainer.type}" if param.HasField("trainer") else ""
    gym = f", gym {param.trainer.gym.type}" if param.trainer.HasField("gym") else ""
    return (
        f"solver {param.type}: {param.max_iter:,} updates, base_lr {param.base_lr:g}{trainer}{gym}"
    )
