"""A forecaster's parameters: checked, and as settings of the trainer SERIES and its gym."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.builder import load_solver_file
from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import Document

SOLVER = "series.prototxt"
PERIODS = {
    **{"hour": 1 / 24, "day": 1.0, "week": 7.0},
    **{"month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25},
}
"""Periods with a name, in days."""
_TRANSFORMS = ("auto", "none", "log")
_BASES = ("best", "last", "seasonal", "drift", "ridge")
_LISTS = {
    "value_columns": "value_column",
    "input_columns": "input_column",
    "known_input_columns": "known_input_column",
}
_SINGLE = ("holiday_column", "series_column", "time_column")
_COUNTS = {"horizon": 100_000, "members": 100, "window": 100_000, "max_updates": 10**9}


def check_params(params: Mapping[str, Any]) -> None:
    """Raise ConfigError, naming the parameter, for a value that cannot be used."""
    for name, most in _COUNTS.items():
        value = params[name]
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (value is None and name in ("window", "max_updates")) and not (
            whole and 1 <= value <= most
        ):
            raise _wrong(name, value, f"a whole number from 1 to {most}")
    for name, low, high in (("interval", 0, 1), ("validation_share", 0, 0.9)):
        if not (_is_number(params[name]) and low <= params[name] < high):
            raise _wrong(name, params[name], f"a number from {low} to below {high}")
    share, rate = params["train_share"], params["learning_rate"]
    if not (_is_number(share) and 0 < share <= 1):
        raise _wrong("train_share", share, "a number above 0, at most 1")
    if rate is not None and not (_is_number(rate) and 0 < rate < math.inf):
        raise _wrong("learning_rate", rate, "a number above 0, or None")
    for name, choices in (("transform", _TRANSFORMS), ("base", _BASES)):
        if not isinstance(params[name], str) or params[name] not in choices:
            near = (params[name], choices) if isinstance(params[name], str) else None
            raise _wrong(name, params[name], f"one of {', '.join(choices)}", near)
    for name in ("calendar", "verbose"):
        if not isinstance(params[name], bool | np.bool_):
            raise _wrong(name, params[name], "True or False")
    _check_columns(params)
    _periods(params["period"])


def _check_columns(params: Mapping[str, Any]) -> None:
    for name in _SINGLE:
        if params[name] is not None and not isinstance(params[name], str):
            raise _wrong(name, params[name], "the name of a column, or None")
    for name in _LISTS:
        columns_of(params, name)


def columns_of(params: Mapping[str, Any], name: str) -> list[str]:
    """Return a parameter that names columns as a list."""
    given = params[name]
    if given is None:
        return []
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, Sequence | np.ndarray) or not all(isinstance(c, str) for c in found):
        raise _wrong(name, given, "the name of a column or a list of names")
    return [str(each) for each in found]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _wrong(name: str, value: Any, wanted: str, near: Any = None) -> ConfigError:
    return ConfigError(f"{name} must be {wanted}, not {value!r:.60}", field=name, nearest=near)


def _periods(given: Any) -> list[float]:
    if given is None:
        return []
    each = [given] if isinstance(given, str) or _is_number(given) else given
    known = ", ".join(f'"{name}"' for name in PERIODS)
    wanted = f"a number above 0, one of {known}, or a list of one or two of them"
    if not isinstance(each, Sequence | np.ndarray) or not 0 < len(each) < 3:
        raise _wrong("period", given, wanted)
    found = []
    for one in each:
        if isinstance(one, str) and one in PERIODS:
            found.append(PERIODS[one])
        elif _is_number(one) and 0 < one < math.inf:
            found.append(float(one))
        else:
            raise _wrong("period", one, wanted, (one, PERIODS) if isinstance(one, str) else None)
    return found


def has_named_period(params: Mapping[str, Any]) -> bool:
    """Whether a period is given by a word, which needs times that are dates."""
    given = params["period"]
    listed = isinstance(given, Sequence) and any(isinstance(one, str) for one in given)
    return isinstance(given, str) or listed


def gym_settings(params: Mapping[str, Any], time_column: str) -> dict[str, Any]:
    """Return the fields of the gym's settings that the parameters set."""
    found: dict[str, Any] = {
        "horizon": int(params["horizon"]),
        "time_column": time_column,
        "train_share": float(params["train_share"]),
        "members": int(params["members"]),
        "base": params["base"].upper(),
    }
    found |= {field: columns_of(params, name) for name, field in _LISTS.items()}
    found |= {name: params[name] for name in ("holiday_column", "series_column") if params[name]}
    found["season"] = _periods(params["period"])
    if params["transform"] != "auto":
        found["transform"] = params["transform"].upper()
    if params["calendar"]:
        found["calendar"] = True
    if params["window"] is not None:
        found |= {"window": int(params["window"]), "recent": 0, "stride": 1}
    return found


def solver_document(
    params: Mapping[str, Any], settings: Mapping[str, Any], csv_file: str
) -> Document:
    """Return the shipped solver file with the parameters, and the gym's settings for a table."""
    document = load_solver_file(SOLVER)
    solver = document.message
    solver.snapshot_after_train = False
    if params["max_updates"] is not None:
        solver.max_iter = int(params["max_updates"])
    if params["learning_rate"] is not None:
        solver.base_lr = float(params["learning_rate"])
    own = solver.trainer.series_trainer_param
    own.validation_share, own.interval = params["validation_share"], params["interval"]
    series = solver.trainer.gym.series_param
    for name, value in settings.items():
        _set(series, name, value)
    series.csv_file = csv_file
    return document


def _set(message: Any, name: str, value: Any) -> None:
    field = message.DESCRIPTOR.fields_by_name[name]
    if isinstance(value, list):
        del getattr(message, name)[:]
        getattr(message, name).extend(value)
    elif field.enum_type is not None:
        setattr(message, name, field.enum_type.values_by_name[value].number)
    else:
        setattr(message, name, value)


_NOT_KEPT = ("csv_file", "fit_model")


def settings_of(message: Any) -> dict[str, Any]:
    """Return the fields of a gym's settings that are set, without the table's name; enums by their names."""
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.name in _NOT_KEPT:
            continue
        if field.enum_type is not None:
            found[field.name] = field.enum_type.values_by_number[value].name
        elif isinstance(value, str | int | float | bool):
            found[field.name] = value
        else:
            found[field.name] = list(value)
    return found
