"""Implementation of ``mycaffe predict``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.builder.sources import load_solver_file
from mycaffe_py.builder.training import Training, build_training
from mycaffe_py.cli.failures import echo, echo_result, say, warn
from mycaffe_py.cli.frozen import FrozenTest, frozen_test
from mycaffe_py.cli.idle_options import refuse_replaced_overrides, warn_of_unknown_state
from mycaffe_py.cli.options import MAX_STEPS, device_name, naming_overrides, stage_names
from mycaffe_py.cli.outputs import free_paths, protect_inputs, say_replaced
from mycaffe_py.cli.run_files import needed_weights
from mycaffe_py.cli.run_plugins import load_plugins_of
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
from mycaffe_py.forecast import Forecast, Forecasts, band_name, forecast_of
from mycaffe_py.run.pictures import save_figure
from mycaffe_py.run.record import plain
from mycaffe_py.weights.atomic import atomic_write, check_target
from mycaffe_py.wording import counted

_TABLE = "forecast.csv"


def predict(
    *,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    data: str | None,
    steps: int | None,
    start: str | None,
    series: tuple[str, ...],
    out: str | None,
    as_json: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    stages: tuple[str, ...],
    **given: Any,
) -> int:
    """Forecast, write table and picture, and print their paths; return the exit code."""
    used = needed_weights(weights, "predict")
    if data is not None and not os.path.exists(data):
        raise MissingFileError(f"no file {data} (--input)")
    table, picture = _targets(out, data)
    replaced = {"model": model, "weights": weights, "device": device, "gpu": gpu}
    refuse_replaced_overrides(given["overrides"], {**given, **replaced})
    registry = load_plugins_of(used.runs, plugins)
    solver, model = used.settings(solver, model, registry)
    if solver is None or (model is None and solver == used.file("solver")):
        raise used.needed("solver" if solver is None else "model")
    document = load_solver_file(solver, registry)
    if data is not None:
        _set_input(document, data, registry)
    given["seed"] = used.seed(given["seed"], given["overrides"])
    with naming_overrides(given["overrides"]), _naming(data), np.errstate(all="ignore"):
        training = build_training(
            solver=document,
            model=model,
            weights=used.weights,
            registry=registry,
            device=device_name(device, gpu),
            phase="TEST",
            stages=stage_names(stages),
            **given,
        )
        warn_of_unknown_state([training.model.message], given["level"], stages)
        protect_inputs((table, picture), training, used.weights, "the forecast is made from")
        forecast, tested = _forecast(training, steps, start, series)
    if out is not None:
        say_replaced([table])
    atomic_write(table, forecast.csv_text())
    # There is no place for a picture beside a device or pipe such as /dev/stdout.
    drawn = _draw(forecast, picture, named=out is not None) if os.path.isfile(table) else ()
    written = [table, *drawn]
    if as_json:
        _print_json(forecast, written, training.seed, tested)
    else:
        say(used.line(training.seed))
        _print(forecast, written)
    if tested.caution:
        warn(tested.caution)
    return 0


def _targets(out: str | None, data: str | None) -> tuple[Path, Path]:
    """Return the paths of table and picture, which can be written."""
    table = Path(out or _TABLE)
    picture = _picture_of(table, data)
    if out is None:
        table, picture = free_paths([table, picture])
    for path in (table, picture):
        check_target(path)
    return table, picture


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


def _forecast(
    training: Training, steps: int | None, start: str | None, series: Sequence[str]
) -> tuple[Forecast | Forecasts, FrozenTest]:
    """Return the forecast, and how the net does on known data with its weights frozen."""
    trainer = training.trainer
    if trainer is None:
        raise ConfigError(
            f"{training.solver_document.filename} has no trainer {{ }}, so there is no gym to forecast from"
        )
    try:
        steps = _default_steps(trainer) if steps is None else steps
        forecast = forecast_of(trainer, training.net, steps, start=start, series=series)
        tested = frozen_test(trainer, training.net)
    finally:
        trainer.close()
        training.net.close()
    for each in _each(forecast):
        if not np.isfinite(each.predictions).all():
            raise DivergedError(
                f"the forecast is not finite; {training.net.first_non_finite()}",
                hint="non-finite weights come from a run that diverged",
            )
    return forecast, tested


def _default_steps(trainer: Any) -> int:
    steps = trainer.default_steps
    if steps is None:
        raise ConfigError(
            f"missing option '--steps': trainer {trainer.type} has no number of its own",
            hint="give the number of points to predict, for example --steps 52",
        )
    if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MAX_STEPS:
        what = f"is {steps!r:.60}, not a whole number from 1 to {MAX_STEPS:,}"
        raise DataError(f"trainer {trainer.type}: default_steps {what}")
    return steps


def _each(forecast: Forecast | Forecasts) -> Sequence[Forecast]:
    return [forecast] if isinstance(forecast, Forecast) else forecast


def _draw(forecast: Forecast | Forecasts, path: Path, *, named: bool) -> list[Path]:
    """Write the picture; a failure is only a warning, as the table has been written.

    ``named``: the user gave its name, so that it may replace one.
    """
    try:
        figure_module = require("matplotlib.figure", "plot")
    except MissingExtraError:
        warn('no picture: matplotlib is not installed; pip install "mycaffe-py[plot]"')
        return []
    height = 1.5 + 2.5 * min(forecast.panels, 4)
    figure = figure_module.Figure(figsize=(9, height), layout="constrained")
    try:
        forecast.draw(figure)
        if named:
            say_replaced([path])
        save_figure(figure, path)
    except OutputError:
        raise
    except Exception as error:
        warn(f"{path} could not be drawn: {type(error).__name__}: {error}")
        return []
    return [path]


def _print_json(
    forecast: Forecast | Forecasts, written: Sequence[Path], seed: int, tested: FrozenTest
) -> None:
    columns, rows = forecast.numbers()
    found = {
        "files": [str(path) for path in written],
        "seed": seed,
        "frozen_test": tested.figures,
        "caution": tested.caution,
        "notes": forecast.notes,
        "mean_abs_error": forecast.mean_errors(),
        "coverage": forecast.coverage,
        "coverage_found": forecast.coverage_found,
        "series": forecast.series if isinstance(forecast, Forecasts) else None,
        "columns": columns,
        "rows": rows,
    }
    echo(json.dumps(plain(found), allow_nan=False))


def _print(forecast: Forecast | Forecasts, written: Sequence[Path]) -> None:
    for note in forecast.notes:
        say(note)
    over = f", mean over {len(forecast)} series" if isinstance(forecast, Forecasts) else ""
    points = forecast.known_points()
    for name, error in forecast.mean_errors().items():
        known, all_points = points[name]
        truth = f"truth known for {known} of {counted(all_points, 'point')}"
        say(f"{name}: mean absolute error {number(error)}{over} ({truth})")
    held, known = forecast.held()
    if known:
        say(f"the {band_name(forecast.coverage)} holds {held} of {counted(known, 'known value')}")
    for path in written:
        echo_result(str(path))
