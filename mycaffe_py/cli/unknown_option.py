"""What to write instead of an option that a verb does not have; imported once one was given."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import Any

import click

from mycaffe_py.errors import MyCaffeError, closest
from mycaffe_py.foreign.options import LETTERS, is_epochs, options_meant, sentence_for
from mycaffe_py.foreign.words import meanings

_OUTPUTS = ("out", "output", "outputfile")
_INPUTS = (
    *("model", "net", "network", "solver", "file", "files", "input", "prototxt", "run", "layer"),
    *("name", "type", "source", "folder"),
)


def hint_for(option: str, arguments: Sequence[str], ctx: click.Context) -> str | None:
    """Return what was meant by an option that ``ctx.command`` does not have, given in these arguments."""
    file = next((one for one in arguments if one.startswith("-") and os.path.isfile(one)), None)
    if file:
        return f"write {shlex.quote(f'./{file}')} for the file of that name"
    params = ctx.command.get_params(ctx)
    ours = {name for param in params for name in param.opts if isinstance(param, click.Option)}
    name, value = option.lstrip("-"), _value_of(option, arguments)
    name = LETTERS.get(name, name)
    for meant in options_meant(name):
        if meant.split()[0] in ours:
            return f"write {meant.replace(' N', f' {shlex.quote(value)}' if value else ' ...')}"
    if is_epochs(name) and "--iterations" in ours:
        return _updates_of(value, arguments, ctx)
    if _is_argument(name, params):
        rest = [value if argument.startswith(f"{option}=") else argument for argument in arguments]
        line = shlex.join(argument for argument in rest if argument not in (option, ""))
        return f"write it without {option}: {ctx.command_path} {line}"
    if any(param.name == "overrides" for param in params):
        setting = _setting(name, value, arguments, ctx)
        if setting:
            return setting
    if sentence := sentence_for(name):
        return sentence
    if verbs := _of_another_verb(option, ctx):
        return verbs
    near = closest(name, [own.lstrip("-") for own in ours])
    own = next((own for own in ours if own.lstrip("-") == near), None)
    return f'did you mean "{own}"?' if own else None


def _value_of(option: str, arguments: Sequence[str]) -> str:
    """Return the value given to an option, or "" if there is none."""
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            following = arguments[index + 1] if index + 1 < len(arguments) else "-"
            return value if equals else "" if following.startswith("-") else following
        if len(option) == 2 and argument.startswith(option) and not argument.startswith("--"):
            return argument[2:]
    return ""


def _is_argument(name: str, params: Sequence[click.Parameter]) -> bool:
    """Whether the verb takes what an option gives as an argument, without an option."""
    arguments = {param.name for param in params if isinstance(param, click.Argument)}
    if name in _OUTPUTS:
        return bool(arguments & {"out", "target"})
    return bool(arguments) and name in _INPUTS


def _setting(name: str, value: str, arguments: Sequence[str], ctx: click.Context) -> str | None:
    """Return ``--set KEY=VALUE`` for the setting of solver or model that an option names."""
    name = name.replace("-", "_")
    places = _places(arguments, ctx)
    if places is None:
        field = next(iter(meanings(name)), None)
        return f"write --set {field}={value or '...'}" if field else None
    from mycaffe_py.builder.setting_places import is_batch_size

    found = places.batch_sizes() if is_batch_size(name) else places.named(name)
    found = found or places.meant(name, similar=False)
    if not found:
        return None
    own = [key for key in found if key.startswith("solver.") and key.count(".") == 1]
    if own in (["solver.type"], ["solver.lr_policy"]) and value:
        return _type_of_solver(own[0], value)
    found = own if len(own) == 1 else found
    ways = [f"--set {key}={shlex.quote(value) if value else '...'}" for key in found[:6]]
    return f"write {' '.join(ways) if is_batch_size(name) else ' or '.join(ways)}"


def _type_of_solver(key: str, value: str) -> str:
    """Return ``--set`` for a type of solver or learning-rate policy, in our spelling, or which types there are."""
    from mycaffe_py.foreign.types import counterpart
    from mycaffe_py.plugins.registry import default_registry

    registry = default_registry()
    kind, catalog = "solver", registry.solvers
    if key.endswith("lr_policy"):
        kind, catalog = "lr_policy", registry.lr_policies
    instead = counterpart(kind, value)
    near = closest(value, catalog.types()) if instead is None else None
    if near:
        return f"write --set {key}={near}"
    return instead or f"write --set {key}=NAME, one of {', '.join(catalog.types())}"


def _updates_of(epochs: str, arguments: Sequence[str], ctx: click.Context) -> str:
    """Return how many updates some epochs are, as far as the batch size is known."""
    number = epochs if epochs.isdigit() else "EPOCHS"
    places = _places(arguments, ctx)
    if places is not None and places.has_gym:
        return "write --iterations N: a gym's data has no end, so there are no epochs"
    sizes = places.known_batch_sizes() if places is not None else set()
    if len(sizes) != 1:
        return f"write --iterations N, where N is {number} * (number of items) / (batch size)"
    size = sizes.pop()
    return f"write --iterations N, where N is {number} * (number of items) / {size}, the batch size"


def _places(arguments: Sequence[str], ctx: click.Context) -> Any:
    """Return the settings of the solver and model that the arguments name, as far as they can be read; or None."""
    from mycaffe_py.builder.setting_places import SettingPlaces
    from mycaffe_py.builder.sources import load_model, load_solver_file
    from mycaffe_py.plugins.registry import default_registry

    registry, found = default_registry(), {}
    for option, load in (("--solver", load_solver_file), ("--model", load_model)):
        name = _value_of(option, arguments)
        try:
            found[option] = load(name, registry).message if name else None
        except (MyCaffeError, OSError):
            found[option] = None
    solver, model = found["--solver"], found["--model"]
    if model is None and solver is not None and solver.net:
        try:
            model = load_model(solver.net, registry).message
        except (MyCaffeError, OSError):
            model = None
    if solver is None and model is None:
        return None
    return SettingPlaces(solver, model, registry)


def _of_another_verb(option: str, ctx: click.Context) -> str | None:
    """Return which verbs have an option."""
    verbs = ctx.find_root().command
    if not isinstance(verbs, click.Group):
        return None
    having = []
    for verb in verbs.list_commands(ctx):
        command = verbs.get_command(ctx, verb)
        if command is not None and any(option in param.opts for param in command.params):
            having.append(f"mycaffe {verb}")
    return f"{', '.join(having[:3])} {'has' if len(having) == 1 else 'have'} it" if having else None
