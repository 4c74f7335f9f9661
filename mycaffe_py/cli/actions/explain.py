"""Implementation of ``mycaffe explain``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from mycaffe_py.builder.training import build_training
from mycaffe_py.cli.nets import build_net, require_data
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.cli.run_files import beside, trained_weights
from mycaffe_py.errors import ConfigError, add_note, did_you_mean, require
from mycaffe_py.layer.layer import TEST, Layer
from mycaffe_py.net.net import Net
from mycaffe_py.run.directory import folder_name
from mycaffe_py.run.pictures import save_figure


def explain(
    *,
    layer: str | None,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    iterations: int,
    out: str | None,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    **given: Any,
) -> int:
    """Draw the pictures and print their paths; return the exit code."""
    files = trained_weights(weights, "explain", layer)
    figures = require("matplotlib.figure", "plot")
    model, solver = _beside(files, model, solver)
    given |= {"registry": load_plugins(plugins), "device": device_name(device, gpu)}
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        net = _net_after_passes(solver, model, files, layer, iterations, **given)
        index = _index(net, layer)
        target = Path(out) if out else Path(files[-1]).parent
        for path in _draw(net, index, target, figures):
            click.echo(path)
    return 0


def _beside(
    weights: Sequence[str], model: str | None, solver: str | None
) -> tuple[str | None, str | None]:
    """Return model and solver; those not given default to the files beside the weights."""
    found = {}
    for kind, given in (("model", model), ("solver", solver)):
        path = beside(weights, kind)
        found[kind] = str(path) if given is None and path.is_file() else given
    if found == {"model": None, "solver": None}:
        raise ConfigError(
            f"no model.prototxt or solver.prototxt beside the weights, in {path.parent}",
            hint="add --model FILE, and --solver FILE if a gym gives the net's input",
        )
    return found["model"], found["solver"]


def _net_after_passes(
    solver: str | None,
    model: str | None,
    weights: list[str],
    layer: str | None,
    iterations: int,
    **given: Any,
) -> Net:
    """Return the net after forward passes on the solver's gym, or on its data layers."""
    if solver is None:
        net = build_net(str(model), TEST, weights, **given)
        _index(net, layer)
        _run(net, iterations)
        return net
    stages = split_names(given.pop("stages"))
    training = build_training(
        solver=solver, model=model, weights=weights, phase="TEST", stages=stages, **given
    )
    net, trainer = training.net, training.trainer
    _index(net, layer)
    if trainer is None:
        _run(net, iterations)
        return net
    # The training part of the data: a run may have trained on all of it, leaving none to test on.
    try:
        for _ in range(iterations):
            trainer.prepare()
            net.forward_layers()
            trainer.collect()
    finally:
        trainer.close()
    return net


def _run(net: Net, iterations: int) -> None:
    require_data(net, "add --solver FILE with a trainer and gym, or give the net data layers")
    try:
        for _ in range(iterations):
            net.forward_layers()
    finally:
        net.close()


def _index(net: Net, name: str | None) -> int:
    """Return the index of the layer to explain, or fail with the possible names."""
    able = {
        layer.name: index
        for index, layer in enumerate(net.device_layers)
        if type(layer).explain is not Layer.explain
    }
    known = (
        f"layers that can be explained: {', '.join(able)}"
        if able
        else "none of its layers can be explained"
    )
    if name in able:
        return able[name]
    if name is not None:
        others = {layer.name: layer.type for layer in net.device_layers}
        if name in others:
            raise ConfigError(f'layer "{name}" ({others[name]}) has nothing to explain', hint=known)
        hint = did_you_mean(name, able) or did_you_mean(name, others) or known
        raise ConfigError(f'net "{net.name}" has no layer "{name}"', hint=hint)
    if not able:
        raise ConfigError(f'net "{net.name}" has no layer that can be explained, such as CFC')
    if len(able) > 1:
        raise ConfigError(
            f'net "{net.name}" has {len(able)} layers that can be explained',
            hint=f"name one of them: {', '.join(able)}",
        )
    return next(iter(able.values()))


def _draw(net: Net, index: int, folder: Path, figures: Any) -> list[Path]:
    """Draw what the layer offers and return the files' paths."""
    layer = net.device_layers[index]
    try:
        pictures = layer.explain(net.bottoms[index], net.tops[index])
        written = []
        for name, draw in pictures.items():
            figure = figures.Figure(figsize=(10, 7), layout="constrained")
            draw(figure)
            path = folder / f"{folder_name(layer.name)}_{name}.png"
            save_figure(figure, path)
            written.append(path)
        return written
    except Exception as error:
        add_note(error, f'in layer "{layer.name}" ({layer.type}), explain')
        raise
