"""Options that several verbs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from mycaffe_py.errors import ConfigError, MyCaffeError, add_note
from mycaffe_py.permission import OPTION as PYTHON_OPTION, allowing_python_layers
from mycaffe_py.written_files import OPTION as OUTSIDE_OPTION, lift_limits

LARGEST = 2**31 - 1
"""Range of a number that goes into an int32 field."""

MAX_STEPS = 100_000
"""The most points that ``mycaffe predict`` forecasts."""


def shared(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Return one decorator that adds the options in order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _fits_a_field(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if not -LARGEST - 1 <= value <= LARGEST:
        raise click.BadParameter(f"{value} is out of range", ctx, param)
    return value


plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE|MODULE",
    help="Use a plugin that is not installed. Repeatable.",
)


def _lift_limits(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        lift_limits()  # until the verb ends


outside_option = click.option(
    OUTSIDE_OPTION,
    is_flag=True,
    expose_value=False,
    callback=_lift_limits,
    help="Let the files choose places outside the current folder for what is written.",
)


def _allow(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        ctx.with_resource(allowing_python_layers())  # until the verb ends


python_option = click.option(
    PYTHON_OPTION,
    is_flag=True,
    expose_value=False,
    callback=_allow,
    help="Build Python layers, which runs the code that the model names.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

phase_option = click.option(
    "--phase",
    type=click.Choice(["TRAIN", "TEST"], case_sensitive=False),
    default="train",
    show_default=True,
    help="Phase of the net.",
)

level_option = click.option(
    "--level",
    type=int,
    default=0,
    show_default=True,
    callback=_fits_a_field,
    help="Level of the net's state.",
)

stage_option = click.option(
    "--stage",
    "stages",
    multiple=True,
    metavar="NAMES",
    help="Stages. Repeatable, or comma-separated.",
)

any_phase_option = click.option(
    "--phase",
    type=click.Choice(["TRAIN", "TEST", "RUN"], case_sensitive=False),
    default="train",
    show_default=True,
    help="Phase of the net; RUN is MyCaffe's.",
)

net_options = shared(
    click.option("--model", metavar="FILE", help="The net; a path or the name of a shipped model."),
    click.option(
        "--weights",
        multiple=True,
        metavar="FILES",
        help="Weights to start from (.caffemodel), by layer name. Repeatable, or comma-separated.",
    ),
    click.option("--gpu", metavar="ID", help="Run on GPU number ID; same as --device gpu:ID."),
    click.option(
        "--device",
        metavar="NAME",
        help="auto (default: the faster one for this net), cpu, gpu or gpu:N.",
    ),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change a field: solver.base_lr=0.02 or cfc1.cfc_param.hidden_size=64. Repeatable.",
    ),
    level_option,
    stage_option,
    click.option("--seed", type=click.IntRange(min=0), help="Seed for all random generators."),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "float64"]),
        default="float32",
        show_default=True,
        help="Floating-point type that the net computes in.",
    ),
    outside_option,
    plugin_option,
    python_option,
)


@contextmanager
def naming_overrides(overrides: Sequence[str]) -> Iterator[None]:
    """Add a note about --set to an error, whose location shows what the file says, not what was set."""
    try:
        yield
    except MyCaffeError as error:
        settings = {problem.setting for problem in error.problems if problem.location}
        for override in overrides:
            key = override.partition("=")[0].strip()
            if any(
                _one_holds_the_other(key, each) or _names(key, each) for each in settings if each
            ):
                add_note(error, f"--set {override} is in effect")
        raise


def _one_holds_the_other(first: str, second: str) -> bool:
    """Whether two settings are the same, or one is a field of the other."""
    return f"{first}.".startswith(f"{second}.") or f"{second}.".startswith(f"{first}.")


def _names(key: str, setting: str) -> bool:
    """Whether a key is a setting with parts left out, as ``--set`` accepts it."""
    rest = iter(setting.split("."))
    return key.rpartition(".")[2] == setting.rpartition(".")[2] and all(
        part in rest for part in key.split(".")
    )


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Return repeated and comma-separated names as one flat tuple."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def stage_names(values: Sequence[str]) -> tuple[str, ...]:
    """Return the names that ``--stage`` gives; ConfigError for one that no model could contain."""
    names = split_names(values)
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            raise ConfigError(f'--stage: "{name}" is no text in UTF-8')
    return names


def device_name(device: str | None, gpu: str | None) -> str:
    """Return the device that ``--device`` and ``--gpu`` ask for."""
    if gpu is None:
        return device or "auto"
    if not re.fullmatch(r"\d+", gpu):
        no_gpu = gpu.lower() in ("cpu", "-1", "none", "no", "false", "off")
        raise ConfigError(
            f'--gpu takes the number of one GPU, counted from 0, not "{gpu}"',
            hint="write --device cpu"
            if no_gpu
            else "for example --gpu 0; a net trains on one device at a time",
        )
    wanted = f"gpu:{int(gpu)}"
    if device not in (None, "gpu", wanted):
        raise ConfigError(f"--gpu {gpu} and --device {device} contradict each other")
    return wanted


def load_plugins(plugins: Sequence[str]) -> Any:
    """Return the registry with these plugins; each installed one that is broken causes a warning.

    It is the default one until the verb ends: the next one in this process has the plugins that it asks for.
    """
    from mycaffe_py.plugins.registry import default_registry, load_registry, replace_default

    from .failures import warn

    registry = load_registry(plugins) if plugins else default_registry()
    before = replace_default(registry)
    context = click.get_current_context(silent=True)
    if plugins and context is not None:
        context.call_on_close(lambda: replace_default(before))
    for plugin in registry.broken():
        warn(f'plugin "{plugin.name}" is not in use: {plugin.error}')
    return registry
