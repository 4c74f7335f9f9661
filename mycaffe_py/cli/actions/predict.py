"""Implementation of ``mycaffe predict``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from mycaffe_py.builder.sources import load_solver_file
from mycaffe_py.builder.training import Training, build_training
from mycaffe_py.cli.failures import say, warn
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.cli.run_files import beside, trained_weights
from mycaffe_py.errors import (
    ConfigError,
    DataError,
    DivergedError,
    MissingExtraError,
    MissingFileError,
    MyCaffeError,
    OutputError,
    ShapeError,
    add_note,
    require,
)
from mycaffe_py.events.metric_text import number
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
        _protect_inputs((table, picture), training, names)
        forecast = _forecast(training, steps, start)
    atomic_write(table, forecast.csv_text())
    # There is no place for a picture beside a device or pipe such as /dev/stdout.
    written = [table, *(_draw(forecast, picture) if table.is_file() else ())]
    _print(forecast, written, as_json)
    return 0


@contextmanager
def _naming(data: str | None) -> Iterator[None]:
    """Add a note about --input to an error, whose location shows the file that the solver names."""
    try:
        yield
    except MyCaffeError as error:
        # The original error is the cause of the one located in the solver file that arrives here.
        kinds = [type(each) for each in (error, error.__cause__) if each]
        misfit, wrong = (
            any(issubclass(kind, which) for kind in kinds) for which in (ShapeError, DataError)
        )
        if data is not None and (misfit or wrong or os.path.abspath(data) in str(error)):
            add_note(error, f"--input {data} replaced the solver file's setting")
        if data is not None and misfit:
            add_note(error, "it needs as many columns as the data that the weights were trained on")
        raise


def _beside(weights: Sequence[str], kind: str) -> str:
    """Return the run's own model or solver, which is beside its weights."""
    path = beside(weights, kind)
    if not path.is_file():
        raise MissingFileError(
            f"no {kind}: {path} does not exist",
            hint=f"add --{kind} FILE, or use the weights in a run folder",
        )
    return os.fspath(path)


def _picture_of(table: Path, data: str | None) -> Path:
    if not table.name:
        raise ConfigError(
            f"--out {table} is a folder, not a file", hint=f"for example {table / 'forecast.csv'}"
        )
    picture = table.with_suffix(".png")
    if table.suffix.lower() == ".png":
        raise ConfigError(f"--out {table} must be a CSV file", hint="for example forecast.csv")
    if data is not None and os.path.exists(table) and os.path.samefile(table, data):
        raise ConfigError(f"--out {table} is the same file as the input")
    return picture


def _protect_inputs(written: Sequence[Path], training: Training, weights: Sequence[str]) -> None:
    """Fail if the table or the picture would overwrite a file that the forecast is made from."""
    document, model = training.solver_document, training.model
    read: dict[str, Sequence[str | Path]] = {
        "weights": weights,
        "solver": [document.filename],
        "model": [model.filename],
    }
    gym = document.message.trainer.gym
    path = training.registry.gyms.find(gym.type).input_field_of(gym) if gym.type else ""
    if path:
        for name in path.split("."):
            gym = getattr(gym, name)
        read["data"] = [Path(document.filename).resolve().parent / gym, Path(gym)]
    for what, files in read.items():
        for file, target in ((file, target) for file in files for target in written):
            if os.path.exists(target) and os.path.exists(file) and os.path.samefile(target, file):
                raise ConfigError(
                    f"--out would overwrite {target}, the {what} that the forecast is made from"
                )


def _set_input(document: Any, data: str, registry: Any) -> None:
    """Make the gym of a solver file read another file."""
    gym = document.message.trainer.gym
    if not gym.type:
        raise ConfigError(f"--input {data}: {document.filename} has no gym")
    cls = registry.gyms.find(gym.type)
    path = cls.input_field_of(gym)
    if not path:
        hint = "gym Series does"
        if cls.input_field:
            hint = f"{cls.input_field} there names the file that --input replaces"
        raise ConfigError(
            f"--input {data}: gym {gym.type} does not read a file as configured in {document.filename}",
            hint=hint,
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
            f"{training.solver_document.filename} has no trainer {{ }}, so there is no gym to forecast from"
        )
    try:
        forecast = trainer.forecast(training.net, steps, start=start)
    finally:
        trainer.close()
        training.net.close()
    if not np.isfinite(forecast.predictions).all():
        raise DivergedError(
            f"the forecast is not finite; {training.net.first_non_finite()}",
            hint="non-finite weights come from a run that diverged",
        )
    return forecast


def _draw(forecast: Forecast, path: Path) -> list[Path]:
    """Write the picture; a failure is only a warning, as the table has been written."""
    try:
        figure_module = require("matplotlib.figure", "plot")
    except MissingExtraError:
        warn('no picture: matplotlib is not installed; pip install "mycaffe-py[plot]"')
        return []
    height = 1.5 + 2.5 * min(len(forecast.names), 4)
    figure = figure_module.Figure(figsize=(9, height), layout="constrained")
    try:
        forecast.draw(figure)
        save_figure(figure, path)
    except OutputError:
        raise
    except Exception as error:
        warn(f"{path} could not be drawn: {type(error).__name__}: {error}")
        return []
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
            f"{name}: mean absolute error {number(error)} (truth known for {known} of {len(forecast.times)} points)"
        )
    for path in written:
        click.echo(path)
