"""The Curve gym."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.gym import Gym
from mycaffe_py.plugins import hookimpl

from .curve_gym import CurveGym

__all__ = ["CurveGym"]


@hookimpl
def mycaffe_gyms() -> list[type[Gym]]:
    """Return the gyms of this package."""
    return [CurveGym]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schemas of the gyms' parameters."""
    return [Path(__file__).with_name("gyms.proto")]
