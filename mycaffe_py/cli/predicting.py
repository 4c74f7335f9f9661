"""What ``mycaffe predict`` does, once its options are read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from mycaffe_py.builder import Training, build_training, load_solver_file
from mycaffe_py.cli.failures import say, warn
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.cli.run_files import beside, trained_weights
from mycaffe_py.errors import (
    ConfigError,
    DivergedError,
    MissingExtraError,
    MissingFileError,
    MyCaffeError,
    add_note,
    require,
)
from mycaffe_py.figures import number
from mycaffe_py.forecast import Forecast
from mycaffe_py.run.pictures import save_figure
from mycaffe_py.run.record import plain
from mycaffe_py.weights.atomic import atomic_write, check_target


def predict(
    *,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    data: str | None,
    steps: int,
    start: str | None,
    out: str,
    as_json: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    stages: tuple[str, ...],
    **given: Any,
) -> int:
    """Forecast, write table and picture, and print their paths; return the exit code."""
    names = trained_weights(weights, "predict")
    if data is not None and not os.path.exists(data):
        raise MissingFileError(f"no file {data} (--input)")
    table = Path(out)
    picture = _picture_of(table, data)
    for path in (table, picture):
        check_target(path)
    registry = load_plugins(plugins)
    document = load_solver_file(solver or _beside(names, "solver"), registry)
    if data is not None:
        _set_input(document, data, registry)
    with naming_overrides(given["overrides"]), _naming(data), np.errstate(all="ignore"):
        training = build_training(
            solver=document,
            model=model or (None if solver else _beside(names, "model")),
            weights=names,
            registry=registry,
            device=device_name(device, gpu),
            phase="TEST",
            stages=split_names(stages),
            **given,
        )
        forecast = _forecast(training, steps, start)
    atomic_write(table, forecast.csv_text())
    written = [table, *_draw(forecast, picture)]
    _print(forecast, written, as_json)
    return 0


@contextmanager
def _naming(data: str | None) -> Iterator[None]:
    """Add to an error the --input behind it: its place shows the file that the solver names."""
    try:
        yield
    except MyCaffeError as error:
        if data is not None and os.path.abspath(data) in str(error):
            add_note(error, f"--input {data} took the place of what the solver file says")
        raise


def _beside(weights: Sequence[str], kind: str) -> str:
    """Return the run's own model or solver, which lies beside its weights."""
    path = beside(weights, kind)
    if not path.is_file():
        raise MissingFileError(
            f"no {kind}: {path} does not exist",
            hint=f"add --{kind} FILE, or take the weights in a run folder",
        )
    return os.fspath(path)


def _picture_of(table: Path, data: str | None) -> Path:
    picture = table.with_suffix(".png")
    if picture == table:
        raise ConfigError(
            f"--out {table} is the table, which is CSV", hint="for example forecast.csv"
        )
    if data is not None and os.path.exists(table) and os.path.samefile(table, data):
        raise ConfigError(f"--out {table} is the input itself")
    return picture


def _set_input(document: Any, data: str, registry: Any) -> None:
    """Let the gym of a solver file read another file."""
    gym = document.message.trainer.gym
    path = registry.gyms.find(gym.type).input_field_of(gym) if gym.type else ""
    if not path:
        raise ConfigError(
            f"--input {data}: "
            + (f"gym {gym.type} reads no file" if gym.type else f"{document.filename} has no gym"),
            hint="gym Series does",
        )
    *messages, field = path.split(".")
    message = gym
    for name in messages:
        message = getattr(message, name)
    setattr(message, field, os.path.abspath(data))


def _forecast(training: Training, steps: int, start: str | None) -> Forecast:
    trainer = training.trainer
    if trainer is None:
        raise ConfigError(
            f"{training.solver_document.filename} has no trainer {{ }}, so there is no gym to go on from"
        )
    try:
        forecast = trainer.forecast(training.net, steps, start=start)
    finally:
        trainer.close()
        training.net.close()
    if not np.isfinite(forecast.predictions).all():
        raise DivergedError(
            f"the forecast is not finite; {training.net.first_non_finite()}",
            hint="weights that are not finite come from a run that diverged",
        )
    return forecast


def _draw(forecast: Forecast, path: Path) -> list[Path]:
    """Write the picture; where it cannot be drawn there is a warning, for the table is there."""
    try:
        figure_module = require("matplotlib.figure", "plot")
    except MissingExtraError:
        warn('no picture: matplotlib is not installed; pip install "mycaffe-py[plot]"')
        return []
    height = 1.5 + 2.5 * min(len(forecast.names), 4)
    figure = figure_module.Figure(figsize=(9, height), layout="constrained")
    forecast.draw(figure)
    save_figure(figure, path)
    return [path]


def _print(forecast: Forecast, written: Sequence[Path], as_json: bool) -> None:
    errors = forecast.mean_errors()
    if as_json:
        header, *rows = forecast.rows()
        found = {
            "files": [str(path) for path in written],
            "mean_abs_error": errors,
            "columns": header,
            "rows": [
                [row[0], *(float(cell) if cell else None for cell in row[1:])] for row in rows
            ],
        }
        click.echo(json.dumps(plain(found), allow_nan=False))
        return
    for name, error in errors.items():
        known = int(np.isfinite(forecast.targets[:, forecast.names.index(name)]).sum())
        say(
            f"{name}: mean absolute error {number(error)} over {known} known of {len(forecast.times)} points"
        )
    for path in written:
        click.echo(path)
