"""Implementation of ``mycaffe check``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.builder.checking import check_file
from mycaffe_py.builder.label_maps import MESSAGE as LABEL_MAP
from mycaffe_py.builder.states import WantedState
from mycaffe_py.builder.unbuilt import Unbuilt
from mycaffe_py.cli.banner import layer_lines, net_line, shape_text
from mycaffe_py.cli.failures import echo, report, say
from mycaffe_py.cli.idle_options import warn_of_unknown_state
from mycaffe_py.cli.options import load_plugins, stage_names
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.drawing.graph import NOT_BUILT
from mycaffe_py.errors import EXIT_CONFIG, EXIT_OK, ConfigError, MyCaffeError
from mycaffe_py.layer.layer import PHASE_NAMES
from mycaffe_py.net.net import Net
from mycaffe_py.permission import OPTION
from mycaffe_py.schema import Document
from mycaffe_py.testing import LayerGradient, net_gradients, plugin_gradients
from mycaffe_py.visible import visible_line
from mycaffe_py.wording import counted

from .upgrade import upgrade_notes


def wanted_state(phase: str | None, level: int, stages: Sequence[str]) -> WantedState | None:
    """Return the state that the options ask for; None if they ask for none."""
    number = None if phase is None else PHASE_NAMES.index(phase.upper())
    return WantedState(number, level or None, tuple(stage_names(stages))) or None


def check(
    files: tuple[str, ...], plugins: tuple[str, ...], wanted: WantedState | None = None
) -> int:
    """Check each file; return the exit code."""
    registry = load_plugins_of([Path(name).parent for name in files], plugins)
    codes = [_check_one(name, registry, wanted) for name in files]
    if EXIT_CONFIG in codes:
        return EXIT_CONFIG
    return max(codes, default=EXIT_OK)


def _check_one(name: str, registry: Any, wanted: WantedState | None) -> int:
    states: list[str] = []
    try:
        found = check_file(name, registry, wanted=wanted, say=states.append)
    except MyCaffeError as error:
        return report(error)
    echo(f"ok {name}")
    for line in states:
        echo(f"  {visible_line(line)}")
    if wanted is not None and isinstance(found, Net | Unbuilt):
        warn_of_unknown_state([found.document.message], wanted.level or 0, wanted.stages)
    if isinstance(found, Document) and found.message.DESCRIPTOR.name == LABEL_MAP:
        echo(f"  label map: {counted(len(found.message.item), 'label')}")
        return EXIT_OK
    for line in upgrade_notes([found if isinstance(found, Document) else found.document]):
        say(line)
    if isinstance(found, Unbuilt):
        for line in unbuilt_lines(found):
            echo(f"  {line}")
        say(f"  if you trust the code that it names: mycaffe check {OPTION} {shlex.quote(name)}")
        return EXIT_OK
    if isinstance(found, Net):
        echo(f"  {net_line(found)}")
        for line in layer_lines(found):
            echo(f"  {line}")
    else:
        echo(f"  {solver_summary(found.message)}")
    return EXIT_OK


def unbuilt_lines(found: Unbuilt) -> Iterator[str]:
    """Yield what is known of a model or solver file with layers that were not built."""
    net = found.document.message
    if not found.refused:
        yield solver_summary(net)
        yield "its net has Python layers, which are not built"
        return
    layers = found.included
    count = sum(index in found.refused for index, _ in layers)
    yield f"net {visible_line(net.name)}: {counted(len(layers), 'layer')}, {count} of them not built"
    for index, layer in layers:
        shapes = [found.checked.shapes.get((index, top)) for top in layer.top]
        made = " ".join(
            visible_line(top) if shape is None else shape_text(top, shape)
            for top, shape in zip(layer.top, shapes, strict=True)
        )
        name, taken = visible_line(layer.name), " ".join(map(visible_line, layer.bottom))
        line = f"  {name} ({layer.type}): {taken or '-'} -> {made or '-'}"
        if index in found.refused:
            line += f"  {NOT_BUILT}"
        elif None in shapes:
            line += "  shape not known without it"
        yield line


def solver_summary(param: Any) -> str:
    """Summarize a solver file in a line: type, updates, rate, trainer and gym."""
    trainer = f", trainer {param.trainer.type}" if param.HasField("trainer") else ""
    gym = f", gym {param.trainer.gym.type}" if param.trainer.HasField("gym") else ""
    return f"solver {param.type}: {counted(param.max_iter, 'update')}, base_lr {param.base_lr:g}{trainer}{gym}"


def check_gradients(
    files: Sequence[str],
    plugins: Sequence[str],
    entries: int | None,
    seed: int | None,
    as_json: bool,
    wanted: WantedState | None = None,
) -> int:
    """Check the gradients of each net's layers, or else of the plugins' layer types; return the exit code."""
    registry = load_plugins(plugins)
    how = {"entries": entries or 8, "seed": seed or 0}
    found: list[tuple[str, str, list[LayerGradient]]] = []
    code = EXIT_OK
    for name in files:
        try:
            net = _net_of(name, registry, wanted)
            rows = net_gradients(net, **how)
            shown = _show(name, rows, [(one.name, one.type) for one in net.device_layers], as_json)
        except MyCaffeError as error:
            code = max(code, report(error))
            continue
        found.append(("file", name, shown))
    for plugin in () if files else (one for one in registry.working() if one.required):
        types = [
            cls.type
            for cls in registry.layers.classes()
            if registry.layers.owner(cls) == plugin.name
        ]
        if not types:
            raise ConfigError(f'plugin "{plugin.name}" offers no layer types')
        rows = plugin_gradients(registry, plugin.name, **how)
        shown = _show(f"plugin {plugin.name}", rows, [(one, one) for one in types], as_json)
        found.append(("plugin", plugin.name, shown))
    if as_json:
        values = [
            {what: name, "layers": [row.as_dict() for row in rows]} for what, name, rows in found
        ]
        echo(json.dumps(values, indent=2))
    bad = any(row.bad for *_, rows in found for row in rows)
    return EXIT_CONFIG if bad and code == EXIT_OK else code


def _net_of(name: str, registry: Any, wanted: WantedState | None) -> Net:
    found = check_file(name, registry, built=True, wanted=wanted)
    if not isinstance(found, Net):
        raise ConfigError(
            f"{name} names no net",
            hint="write mycaffe check --gradients MODEL, with the file of the model",
        )
    return found


def _show(
    title: str, rows: Iterable[LayerGradient], layers: Sequence[tuple[str, str]], as_json: bool
) -> list[LayerGradient]:
    """Print each row as soon as it is known, unless JSON is asked for; return them."""
    widths = [
        max(len(word), *map(len, column))
        for word, column in zip(("layer", "type"), zip(*layers, strict=True), strict=True)
    ]
    if not as_json:
        echo(title)
        head = f"{'layer':{widths[0]}}  {'type':{widths[1]}}  {'bottoms':<24}  {'parameters':>10}"
        echo(f"  {head}  {'difference':>10}  result")
    shown = []
    for row in rows:
        shown.append(row)
        if as_json:
            continue
        bottoms = " ".join("x".join(map(str, shape)) or "()" for shape in row.bottoms) or "-"
        off = "-" if row.difference is None else f"{row.difference:.1e}"
        head = f"{row.layer:{widths[0]}}  {row.type:{widths[1]}}  {bottoms:<24}"
        echo(f"  {head}  {row.parameters:>10,}  {off:>10}  {row.result}")
        if row.note:
            say(f"    {row.layer}: {row.note}")
    return shown
