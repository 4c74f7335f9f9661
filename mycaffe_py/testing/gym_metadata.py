"""Check of a gym's time form, statistics, past and input field: part of :func:`check_gym`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.gym import Gym
from mycaffe_py.layer.layer import TIME_FORMS

STATISTICS = ("mean", "deviation", "relative_deviation")
PAST = ("time", "value", "names", "time_name", "time_text", "dates")


def check_metadata(gym: Gym, observation: Mapping[str, np.ndarray]) -> None:
    """Raise AssertionError if one of them is not what trainers and ``mycaffe predict`` rely on.

    ``observation`` is one of the gym's, which has been reset.
    """
    name = type(gym).__name__
    form = gym.time_form()
    if form not in TIME_FORMS:
        raise AssertionError(f"{name}.time_form() is {form!r}, not one of {TIME_FORMS}")
    _check_statistics(f"{name}.statistics()", gym.statistics(), observation["x"].shape[1])
    _check_past(f"{name}.past()", gym.past(), observation["target"].shape[1])
    _check_input_field(name, gym)


def _check_statistics(name: str, statistics: Any, columns: int) -> None:
    if statistics == {}:
        return
    if not isinstance(statistics, Mapping) or set(statistics) != set(STATISTICS):
        raise AssertionError(f"{name} must return arrays named {STATISTICS}, not {statistics!r}")
    for key, values in statistics.items():
        shape = np.shape(values)
        if shape != (columns,) or not np.isfinite(values).all():
            raise AssertionError(
                f"{name}: {key} must be finite and of shape ({columns},), the number of columns of x; it is {values!r}"
            )
        if key != "mean" and not (values > 0).all():
            raise AssertionError(f"{name}: {key} must be above 0; it is {values!r}")


def _check_past(name: str, past: Any, outputs: int) -> None:
    if past == {}:
        return
    if not isinstance(past, Mapping) or not {"time", "value"} <= set(past) <= set(PAST):
        raise AssertionError(f"{name} must return time and value, and may return {PAST[2:]}")
    count = len(past["time"])
    for key, shape in (("time", (count,)), ("value", (count, outputs))):
        if np.shape(past[key]) != shape:
            raise AssertionError(
                f"{name}: {key} must be of shape {shape}; it is {np.shape(past[key])}"
            )
    if len(past.get("names", range(outputs))) != outputs:
        raise AssertionError(f"{name}: names must be {outputs}, not {past['names']!r}")


def _check_input_field(name: str, gym: Gym) -> None:
    """Check that the path leads to a string field of the gym's message."""
    if not gym.input_field or gym.param is None:
        return
    kind: Any = gym.param.DESCRIPTOR
    for part in gym.input_field.split("."):
        field: Any = kind.fields_by_name.get(part) if kind else None
        if field is None:
            raise AssertionError(f'{name}.input_field: GymParameter has no "{gym.input_field}"')
        kind = field.message_type
    if kind is not None or field.cpp_type != field.CPPTYPE_STRING:
        raise AssertionError(
            f'{name}.input_field: "{gym.input_field}" is not a field for a file name'
        )
