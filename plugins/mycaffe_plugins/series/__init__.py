"""Forecasts of series: the Series gym, the trainer SERIES, and layers for them."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.gym import Gym
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl
from mycaffe_py.trainer import Trainer

from .forecast_layer import ForecastLayer
from .gym import SeriesGym
from .pinball_loss import PinballLoss
from .trainer import TrainerSeries

__all__ = ["ForecastLayer", "PinballLoss", "SeriesGym", "TrainerSeries"]

_SCHEMAS = ("series", "forecast", "pinball_loss", "trainer")


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this package."""
    return [ForecastLayer, PinballLoss]


@hookimpl
def mycaffe_gyms() -> list[type[Gym]]:
    """Return the gym of this package."""
    return [SeriesGym]


@hookimpl
def mycaffe_trainers() -> list[type[Trainer]]:
    """Return the trainer of this package."""
    return [TrainerSeries]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schema of their parameters."""
    return [Path(__file__).with_name(f"{name}.proto") for name in _SCHEMAS]
