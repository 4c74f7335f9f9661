"""``mycaffe check``."""

from __future__ import annotations

from typing import Any

import click

from mycaffe_py.cli.options import (
    json_option,
    level_option,
    outside_option,
    plugin_option,
    python_option,
    stage_option,
)
from mycaffe_py.cli.verb import Verb


@click.command(
    "check",
    cls=Verb,
    examples=(
        "mycaffe check LiquidNetCfc.prototxt adamw.prototxt",
        "mycaffe check mynet.prototxt --phase TEST --stage deploy",
        "mycaffe check --gradients LiquidNetCfc.prototxt",
    ),
)
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option(
    "--phase",
    type=click.Choice(["TRAIN", "TEST", "RUN"], case_sensitive=False),
    help="Phase of the nets; default: each that they are meant for. RUN is MyCaffe's.",
)
@level_option
@stage_option
@outside_option
@plugin_option
@python_option
@click.option(
    "--gradients",
    is_flag=True,
    help="Compare each layer's backward with differences: of the nets in FILE..., or without FILE of every layer "
    "type of the plugins.",
)
@click.option(
    "--entries",
    type=click.IntRange(min=1),
    help="With --gradients: how many derivatives of each blob, chosen at random; default 8.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), help="With --gradients: of all random numbers; default 0."
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    gradients: bool,
    as_json: bool,
    phase: str | None,
    level: int,
    stages: tuple[str, ...],
    **options: Any,
) -> int:
    """Report every mistake in net and solver files.

    Reads each file against the schema and builds the net: unknown fields and layer types, missing
    bottoms and shapes that do not fit are all reported, each with its location. Without --phase, --level and
    --stage a net is checked in each state that its include and exclude rules name and that it is meant for. Exits
    with 2 if there are any, or if --gradients finds one that is wrong.
    """
    if not files and not (gradients and options["plugins"]):
        raise click.MissingParameter(ctx=ctx, param_hint="'FILE...'", param_type="argument")
    if gradients:
        from mycaffe_py.cli.actions.check import check_gradients, wanted_state

        wanted = wanted_state(phase, level, stages)
        return check_gradients(files, as_json=as_json, wanted=wanted, **options)
    for name in ("entries", "seed"):
        if options.pop(name) is not None:
            raise click.UsageError(f"--{name} goes with --gradients", ctx)
    if as_json:
        raise click.UsageError("--json goes with --gradients", ctx)
    from mycaffe_py.cli.actions.check import check, wanted_state

    return check(files, options["plugins"], wanted_state(phase, level, stages))
