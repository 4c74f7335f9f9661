"""Implementation of ``mycaffe draw``."""

from __future__ import annotations

from pathlib import Path

import click

from mycaffe_py.builder.sources import load_model
from mycaffe_py.cli.failures import say
from mycaffe_py.cli.idle_options import warn_of_unknown_state
from mycaffe_py.cli.options import split_names
from mycaffe_py.cli.outputs import free_paths, say_replaced
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.drawing.graph import belongs
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import TEST, TRAIN
from mycaffe_py.net.known_shapes import known_shapes
from mycaffe_py.pycaffe.draw import draw_net_to_file

_PHASES = {"TRAIN": TRAIN, "TEST": TEST, "ALL": None}


def draw(
    *,
    model: str,
    out: str | None,
    rankdir: str,
    phase: str,
    stages: tuple[str, ...],
    display_lrm: bool,
    plugins: tuple[str, ...],
) -> int:
    """Write the picture and print its path; return the exit code."""
    if stages and _PHASES[phase.upper()] is None:
        raise ConfigError(
            "--stage has no effect with --phase ALL, which draws the layers of all stages",
            hint="add --phase TRAIN or --phase TEST",
        )
    registry = load_plugins_of([Path(model).parent], plugins)
    document = load_model(model, registry)
    net, number = document.message, _PHASES[phase.upper()]
    if not net.layer:
        raise ConfigError(f"{model} contains no layers")
    warn_of_unknown_state([net], 0, stages)
    net.state.stage.extend(split_names(stages))
    if out:
        path = Path(out)
        say_replaced([path])
    else:
        [path] = free_paths([Path(f"{Path(model).stem}.svg")], "an OUT")
    shapes = known_shapes(net, registry, number, Path(document.filename).resolve().parent)
    draw_net_to_file(net, path, rankdir.upper(), number, display_lrm, shapes=shapes)
    unknown = any(
        (index, top) not in shapes
        for index, layer in enumerate(net.layer)
        if belongs(net, layer, number)
        for top in layer.top
    )
    if unknown:
        say(
            f"some shapes are missing because the net cannot be built here; see: mycaffe check {model}"
        )
    click.echo(path)
    return 0
