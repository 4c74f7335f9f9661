"""Implementation of ``mycaffe explain``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.builder.training import build_training
from mycaffe_py.cli.failures import echo_result, say
from mycaffe_py.cli.nets import build_net, require_data
from mycaffe_py.cli.options import device_name, naming_overrides, stage_names
from mycaffe_py.cli.outputs import free_paths, say_replaced
from mycaffe_py.cli.run_files import needed_weights
from mycaffe_py.cli.run_plugins import load_plugins_of
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
    used = needed_weights(weights, "explain", layer)
    figures = require("matplotlib.figure", "plot")
    registry = load_plugins_of(used.runs, plugins)
    solver, model = used.settings(solver, model, registry)
    if solver is None and model is None:
        raise used.nothing("explain")
    given |= {"registry": registry, "device": device_name(device, gpu)}
    given["seed"] = used.seed(given["seed"], given["overrides"])
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        net, seed = _net_after_passes(solver, model, used.weights, layer, iterations, **given)
        say(used.line(seed))
        index = _index(net, layer)
        for path in _draw(net, index, Path(out) if out else None, used.folder, figures):
            echo_result(str(path))
    return 0


def _net_after_passes(
    solver: str | None,
    model: str | None,
    weights: list[str],
    layer: str | None,
    iterations: int,
    **given: Any,
) -> tuple[Net, int]:
    """Return the net after forward passes on the solver's gym, or on its data layers, and the seed used."""
    if solver is None:
        net = build_net(str(model), TEST, weights, **given)
        _index(net, layer)
        _run(net, iterations)
        return net, given["seed"] or 0
    stages = stage_names(given.pop("stages"))
    training = build_training(
        solver=solver, model=model, weights=weights, phase="TEST", stages=stages, **given
    )
    net, trainer = training.net, training.trainer
    _index(net, layer)
    if trainer is None:
        _run(net, iterations)
        return net, training.seed
    # The training part of the data: a run may have trained on all of it, leaving none to test on.
    try:
        for _ in range(iterations):
            trainer.prepare()
            net.forward_layers()
            trainer.collect()
    finally:
        trainer.close()
    return net, training.seed


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


def _draw(net: Net, index: int, out: Path | None, beside: Path | None, figures: Any) -> list[Path]:
    """Draw what the layer offers into ``out``, or beside the weights, and return the files' paths."""
    layer = net.device_layers[index]
    try:
        pictures = layer.explain(net.bottoms[index], net.tops[index])
        folder = out or beside or Path(".")
        paths = [folder / f"{folder_name(layer.name)}_{name}.png" for name in pictures]
        if out is None:
            paths = free_paths(paths, "--out DIR")
        else:
            say_replaced(paths)
        for path, draw in zip(paths, pictures.values(), strict=True):
            figure = figures.Figure(figsize=(10, 7), layout="constrained")
            draw(figure)
            save_figure(figure, path)
        return paths
    except Exception as error:
        add_note(error, f'in layer "{layer.name}" ({layer.type}), explain')
        raise
