"""The built-in gyms: Curve, and Series for measurements in a file."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.gym import Gym
from mycaffe_py.plugins import hookimpl

from .curve_gym import CurveGym
from .series_gym import SeriesGym

__all__ = ["CurveGym", "SeriesGym"]


@hookimpl
def mycaffe_gyms() -> list[type[Gym]]:
    """Return the gyms of this package."""
    return [CurveGym, SeriesGym]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schemas of the gyms' parameters."""
    return [Path(__file__).with_name(name) for name in ("gyms.proto", "series.proto")]
