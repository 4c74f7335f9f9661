"""Implementation of ``mycaffe draw``."""

from __future__ import annotations

from pathlib import Path

import click

from mycaffe_py.builder.sources import load_model
from mycaffe_py.cli.failures import say
from mycaffe_py.cli.options import load_plugins, split_names
from mycaffe_py.drawing.graph import belongs
from mycaffe_py.drawing.known_shapes import known_shapes
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import TEST, TRAIN
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
    registry = load_plugins(plugins)
    document = load_model(model, registry)
    net, number = document.message, _PHASES[phase.upper()]
    if not net.layer:
        raise ConfigError(f"{model} contains no layers")
    net.state.stage.extend(split_names(stages))
    path = Path(out) if out else Path(f"{Path(model).stem}.svg")
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
