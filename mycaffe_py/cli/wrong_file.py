"""A model given where a verb takes a solver, or the reverse: which line was meant; imported once a file was refused."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from mycaffe_py.errors import ConfigError, MyCaffeError, PrototxtError

from .stray_words import option_of

_ADVICE = re.compile(r"give it with --(solver|model) \(\w+= in Python\)(?:; )?")
_SHIPPED = "LiquidNetCfc.prototxt", "adamw.prototxt"


def explained(error: MyCaffeError, ctx: click.Context, arguments: Sequence[str]) -> MyCaffeError:
    """Return the error to show instead: files that are swapped, or advice without an option that the verb lacks."""
    solver, model = (str(ctx.params.get(name) or "") for name in ("solver", "model"))
    if solver and model and option_of(solver) == "--model" and option_of(model) == "--solver":
        return _swapped(solver, model, ctx, arguments)
    hint = error.problems[0].hint or ""
    advice = _ADVICE.search(hint)
    if advice is None:
        return error
    options = {name for param in ctx.command.params for name in param.opts}
    if f"--{advice[1]}" not in options:
        taken = "model" if advice[1] == "solver" else "solver"
        named = re.search(r"the model that it names is (\S+)", hint)
        line = f"write {ctx.command_path} {named[1]}" if named and "--model" not in options else ""
        return _with_hint(error, line or f"{ctx.command_path} takes the {taken}: give that file")
    if solver and not model and advice[1] == "model":
        return _with_hint(
            error,
            f"write {ctx.command_path} --model {shlex.quote(solver)} --solver {_SHIPPED[1]}, or another solver",
        )
    return error


def _swapped(solver: str, model: str, ctx: click.Context, arguments: Sequence[str]) -> MyCaffeError:
    other = {solver: model, model: solver}
    words = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        swapped = f"{name}={other[value]}" if equals and value in other else argument
        words.append(other.get(argument, swapped))
    return ConfigError(
        f"--solver and --model are swapped: {solver} is the model, {model} the solver",
        hint=f"write {ctx.command_path} {shlex.join(words)}",
    )


def _with_hint(error: MyCaffeError, hint: str) -> MyCaffeError:
    if isinstance(error, PrototxtError):
        first: Any = replace(error.problems[0], hint=hint)
        return PrototxtError([first, *error.problems[1:]], error.document)
    lines = []
    for line in (error.hint or "").splitlines():
        about = _ADVICE.split(line)[0].rstrip(": ")
        lines.append(f"{about}; {hint}" if _ADVICE.search(line) else line)
    error.hint = "\n".join(lines)
    return error
