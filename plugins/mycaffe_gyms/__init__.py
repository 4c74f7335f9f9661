"""Gyms that come with mycaffe-py: the Curve gym."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .curve_gym import CurveGym

__all__ = ["CurveGym"]


@hookimpl
def mycaffe_gyms():
    """Return the gyms of this package."""
    return [CurveGym]


@hookimpl
def mycaffe_schema():
    """Return the schema of their parameters."""
    return [Path(__file__).with_name("gyms.proto")]
