"""The training of a forecaster: the shipped solver with its trainer, on a table in memory, without a run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from mycaffe_py.builder import build_training
from mycaffe_py.errors import ConfigError
from mycaffe_py.events import Log, StepDone
from mycaffe_py.tables import lent

from .forecast_rows import Form, dates_in
from .forecast_runner import Trained
from .forecast_settings import (
    check_params,
    columns_of,
    gym_settings,
    has_named_period,
    settings_of,
    solver_document,
)
from .forecast_tables import Given, given_table, kept
from .forecast_words import in_our_words
from .learning import new_device, weights_of
from .settings import seed_of


def fitted(
    params: Mapping[str, Any], data: Any, times: Any
) -> tuple[Trained, Form, dict[str, Any]]:
    """Train, and return what forecasts need, the form of their tables, and the attributes that tell of the training."""
    check_params(params)
    seed = seed_of(params["random_state"])
    given = given_table(data, times, params["time_column"])
    with in_our_words():
        dates = dates_in(given.table, given.time)
    _check_period(params, given, dates)
    _check_logarithm(params, given)
    with in_our_words(), lent(given.table) as name:
        training = build_training(
            solver=solver_document(params, gym_settings(params, given.time), name),
            device=new_device(params["device"]),
            seed=seed,
            allow_python=False,
        )
        trainer: Any = training.trainer
        try:
            with _shown(training.solver, params["verbose"]):
                training.solver.solve()
            settings = settings_of(trainer.param.gym.series_param)
            found = {
                "n_updates_": int(training.solver.iter),
                "baseline_": str(trainer.learner.baseline.name),
                "report_": trainer.report(),
            }
            weights = weights_of(training.net)
        finally:
            training.net.close()
    used = {name: _plain(value) for name, value in params.items()} | {"random_state": seed}
    trained = Trained(used, settings, weights, given.table, seed, dates)
    trained = Trained(used, settings, weights, kept(given.table, trained.columns), seed, dates)
    return trained, Form(given.kind, given.index), found


def _plain(value: Any) -> Any:
    """Return a parameter as JSON has it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each) for each in value]
    return value


def _check_period(params: Mapping[str, Any], given: Given, dates: bool) -> None:
    if has_named_period(params) and not dates:
        raise ConfigError(
            f'period is {params["period"]!r:.40}, but the times in column "{given.time}" are numbers, no dates',
            hint="give the period as a number in their unit",
            field="period",
        )


def _check_logarithm(params: Mapping[str, Any], given: Given) -> None:
    if params["transform"] != "log":
        return
    table = given.table
    others = {given.time, params["series_column"], params["holiday_column"]}
    others |= {*columns_of(params, "input_columns"), *columns_of(params, "known_input_columns")}
    names = columns_of(params, "value_columns") or [
        name for name in table.names or () if name not in others
    ]
    for name in names:
        values = table.numbers(table.column_index(name))
        low = np.flatnonzero(values <= 0)
        if len(low):
            raise ConfigError(
                f'transform is "log", but column "{name}" has {values[low[0]]:g} in row {low[0]}; logarithms '
                "need values above 0",
                hint='set transform="auto"',
                field="transform",
            )


@contextmanager
def _shown(solver: Any, verbose: bool) -> Iterator[None]:
    """Show a progress line while the block runs, if that is wanted."""
    if not verbose:
        yield
        return
    from .progress import progress_line

    with progress_line(int(solver.param.max_iter)) as advance:
        said = ""

        def listen(event: Any) -> None:
            nonlocal said
            if isinstance(event, Log):
                said = event.text
            if isinstance(event, StepDone | Log):
                figure = getattr(event, "metrics", {}).get("validation_error", np.nan)
                shown = said or (f"validation error {figure:.4g}" if np.isfinite(figure) else "")
                advance(int(solver.iter), shown)

        solver.listeners.append(listen)
        yield
