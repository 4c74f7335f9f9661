"""What to write instead of an option's value that cannot be used, or of one that is missing."""

from __future__ import annotations

import click

from mycaffe_py.errors import closest
from mycaffe_py.foreign.numbers import number_meant
from mycaffe_py.foreign.verbs import skeleton_meant

_EXAMPLES = {
    "--resume": "auto",
    "--set": "solver.base_lr=0.01",
    "--observe": "TensorBoard",
    "--device": "cpu",
    "--gpu": "0",
    "--solver": "adamw.prototxt",
    "--model": "LiquidNetCfc.prototxt",
}
"""Values of options, for one that was given without."""


def hint_for(error: click.BadParameter | click.BadOptionUsage) -> str | None:
    """Return what to write, or None if nothing is known of the value."""
    param, ctx = getattr(error, "param", None), error.ctx
    if isinstance(error, click.MissingParameter):
        examples = getattr(ctx.command, "examples", ()) if ctx else ()
        return f"for example: {examples[0]}" if examples else None
    if isinstance(error, click.BadOptionUsage):
        return _missing_value(error)
    if param is None or not param.opts:
        return None
    option, value = param.opts[0], _value(error)
    if value is None:
        return None
    if isinstance(param.type, click.Choice):
        choices = [str(choice) for choice in param.type.choices]
        near = closest(value, choices)
        if near is None and (kind := skeleton_meant(value)) in choices:
            near = kind
        return f"write {option} {near.lower() if near.isupper() else near}" if near else None
    if isinstance(param.type, click.types.IntParamType | click.types.FloatParamType):
        whole = isinstance(param.type, click.types.IntParamType)
        meant = number_meant(value, whole)
        if meant and meant != value and not meant.startswith("-"):
            return f"write {option} {meant}"
        lowest = getattr(param.type, "min", None)
        example = max(int(lowest or 0), 1 if lowest else 0)
        return f"write a {'whole ' if whole else ''}number" + (
            f" of at least {example}" if lowest is not None else ""
        )
    return None


def _missing_value(error: click.BadOptionUsage) -> str | None:
    """Return how an option is written whose value is missing."""
    params = error.ctx.command.params if error.ctx else []
    param = next((one for one in params if error.option_name in one.opts), None)
    if error.ctx is None or param is None or "requires an argument" not in error.message:
        return None
    name = param.opts[0]
    return f"write {name} {_EXAMPLES.get(name) or param.make_metavar(error.ctx)}"


def _value(error: click.BadParameter) -> str | None:
    """Return the value that click's message begins with, in quotes or not."""
    text = error.message
    if text.startswith("'") and "'" in text[1:]:
        return text[1:].partition("'")[0]
    first = text.partition(" ")[0]
    return first if first.lstrip("-").isdigit() else None
