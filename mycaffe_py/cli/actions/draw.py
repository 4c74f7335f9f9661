"""Implementation of ``mycaffe draw``."""

from __future__ import annotations

import shlex
from pathlib import Path

from mycaffe_py.builder.sources import load_model
from mycaffe_py.cli.failures import echo_result, say
from mycaffe_py.cli.idle_options import warn_of_unknown_state
from mycaffe_py.cli.options import stage_names
from mycaffe_py.cli.outputs import free_paths, say_replaced
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.drawing.graph import NOT_BUILT, belongs
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import RUN, TEST, TRAIN
from mycaffe_py.net.known_shapes import known_shapes
from mycaffe_py.net.named_code import layers_that_run_code
from mycaffe_py.permission import OPTION, are_refused
from mycaffe_py.pycaffe.draw import draw_net_to_file

_PHASES = {"TRAIN": TRAIN, "TEST": TEST, "RUN": RUN, "ALL": None}


def draw(
    *,
    model: str,
    out: str | None,
    rankdir: str,
    phase: str,
    level: int,
    stages: tuple[str, ...],
    display_lrm: bool,
    plugins: tuple[str, ...],
) -> int:
    """Write the picture and print its path; return the exit code."""
    if (stages or level) and _PHASES[phase.upper()] is None:
        option = "--stage" if stages else "--level"
        raise ConfigError(
            f"{option} has no effect with --phase ALL, which draws the layers of all states",
            hint="add --phase TRAIN or --phase TEST",
        )
    registry = load_plugins_of([Path(model).parent], plugins)
    document = load_model(model, registry)
    net, number = document.message, _PHASES[phase.upper()]
    if not net.layer:
        raise ConfigError(f"{model} contains no layers")
    warn_of_unknown_state([net], level, stages)
    if level:
        net.state.level = level
    net.state.stage.extend(stage_names(stages))
    if out:
        path = Path(out)
        say_replaced([path])
    else:
        [path] = free_paths([Path(f"{Path(model).stem}.svg")], "an OUT")
    shapes = known_shapes(net, registry, number, Path(document.filename).resolve().parent)
    refused = layers_that_run_code(net, registry) if are_refused() else frozenset()
    notes = dict.fromkeys(refused, NOT_BUILT)
    draw_net_to_file(net, path, rankdir.upper(), number, display_lrm, shapes=shapes, notes=notes)
    unknown = any(
        (index, top) not in shapes
        for index, layer in enumerate(net.layer)
        if belongs(net, layer, number)
        for top in layer.top
    )
    if refused:
        say(
            f"Python layers are not built, so shapes are missing; if you trust the code that {model} names: "
            f"mycaffe draw {OPTION} {shlex.quote(model)}"
        )
    elif unknown:
        say(
            f"some shapes are missing because the net cannot be built here; see: mycaffe check {shlex.quote(model)}"
        )
    echo_result(str(path))
    return 0
