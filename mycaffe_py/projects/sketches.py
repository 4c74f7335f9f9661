"""A few points that a gym itself gives: for the preview of its settings, and for the small picture of a project."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.gym import Gym
from mycaffe_py.plugins import Registry, default_registry

from .faults import at_field
from .gym_settings import Files, given, gym_message, input_file, open_gym

PREVIEW, SPARK = 500, 60
_SPARK_EVERY = 10
"""A sketch takes every tenth point: of the shipped curves, a period is 360 of them."""


def preview(
    registry: Registry | None,
    gym_type: str,
    settings: Mapping[str, str],
    base_dir: Path | str = ".",
    points: int = PREVIEW,
    inside: Path | str | None = None,
) -> dict[str, Any]:
    """Return the first points that a gym gives, or, if it reads a file, points from all of that.

    ``settings``, ``base_dir`` and ``inside`` are those of ``create_project``. The keys: ``x`` (a list of n numbers, at
    most ``points``), ``y`` (for each quantity a list of n, None where unknown), ``names`` of the quantities,
    ``x_name``, ``dates`` (whether x is days since 1970). Raises ProjectError, at the setting at fault.
    """
    registry = registry or default_registry()
    values = given(registry, gym_type, settings)
    message = gym_message(registry, gym_type, values)
    found = input_file(registry, message, values, Files(base_dir, inside))
    if found:
        values[found[0]] = str(found[1])
        message = gym_message(registry, gym_type, values)
    gym = open_gym(registry, message, Path(base_dir))
    try:
        return _points_of(gym, points)
    except MyCaffeError as error:
        raise at_field(f"gym.{error.field}".rstrip("."), error) from error
    finally:
        gym.close()


def _points_of(gym: Gym, count: int) -> dict[str, Any]:
    if type(gym).input_field_of(gym.param):
        gym.reset(seed=0, options={"forecast": True})
        past = gym.past()
        if past:
            kept = np.unique(np.linspace(0, len(past["time"]) - 1, count).astype(int))
            return _drawn(np.asarray(past["time"])[kept], np.asarray(past["value"])[kept], past)
    x, values = _walk(gym, count)
    return _drawn(x, values, gym.past())


def _walk(gym: Gym, count: int, every: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return x (n,) and target (n, O) of every so many point, at most ``count``; fewer if the gym ends."""
    observation, info = gym.reset(seed=0)
    x, values = [], []
    for index in range((count - 1) * every + 1):
        if index:
            observation, _, terminated, truncated, info = gym.step(None)
            if terminated or truncated:
                break
        if index % every == 0:
            x.append(float(info.get("x", info.get("time", index))))
            values.append(np.array(observation["target"][-1], dtype=np.float64).reshape(-1))
    return np.array(x), np.array(values)


def _drawn(x: np.ndarray, values: np.ndarray, past: Mapping[str, Any]) -> dict[str, Any]:
    width = values.shape[1]
    names = [str(name) for name in past.get("names", ())]
    if len(names) != width:
        names = ["y"] if width == 1 else [f"y{index + 1}" for index in range(width)]
    return {
        "x": [_number(value) for value in x],
        "y": [[_number(value) for value in column] for column in values.T],
        "names": names,
        "x_name": str(past.get("time_name") or "x"),
        "dates": bool(past.get("dates", False)),
    }


def _number(value: Any) -> float | None:
    return float(f"{value:.7g}") if math.isfinite(value) else None


def gym_spark(registry: Registry, message: Any, base_dir: Path) -> list[float | None] | None:
    """Return at most 60 values of a gym's first quantity, or None if the gym cannot run with these settings."""
    try:
        needs_file = bool(_input_field(registry, message))
    except MyCaffeError:  # a type that no plugin has
        return None
    place = base_dir if needs_file else None
    # A file may change meanwhile; its sketch is made anew when the list is.
    sketch = _sketch.__wrapped__ if needs_file else _sketch
    found = sketch(registry, message.SerializeToString(deterministic=True), place)
    return list(found) if found else None


def _input_field(registry: Registry, message: Any) -> str:
    return registry.gyms.find(message.type).input_field_of(message)


@lru_cache(maxsize=256)
def _sketch(
    registry: Registry, data: bytes, base_dir: Path | None
) -> tuple[float | None, ...] | None:
    message = registry.schema.new("GymParameter")
    message.MergeFromString(data)
    # Whatever a gym raises, of a plugin too: a project without a sketch is better than no list of projects.
    with suppress(Exception):
        gym = registry.gyms.find(message.type)(message, base_dir=base_dir)
        try:
            if base_dir is not None:
                column = _points_of(gym, SPARK)["y"][0]
            else:
                column = [_number(v) for v in _walk(gym, SPARK, _SPARK_EVERY)[1][:, 0]]
            return tuple(column)
        finally:
            gym.close()
    return None
