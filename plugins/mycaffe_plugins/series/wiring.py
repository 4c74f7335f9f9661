"""Where a net with a FORECAST layer takes its samples from, and whether its shapes fit the data."""

from __future__ import annotations

import math
from typing import Any

from mycaffe_py.errors import ConfigError

from .forecast_layer import ForecastLayer
from .judging import Blobs
from .samples import Samples
from .scaling import Scaling
from .windows import Windows


def forecast_layer_of(net: Any) -> ForecastLayer:
    """Return the net's only FORECAST layer; ConfigError if there is none, or several."""
    found = [layer for layer in net.device_layers if isinstance(layer, ForecastLayer)]
    if len(found) != 1:
        raise ConfigError(
            f'trainer SERIES needs a net with one FORECAST layer; net "{net.name}" has {len(found)}',
            hint="SeriesCfc.prototxt has one; for other nets, use the trainer RNN.SUPER_SIMPLE",
        )
    return found[0]


def blobs_of(net: Any, layer: ForecastLayer, names: Any) -> Blobs:
    """Return the names of the blobs to fill and to read; ConfigError if the net lacks one of ``names``."""
    index = next(i for i, each in enumerate(net.device_layers) if each is layer)
    base, change, ahead = (blob.name for blob in net.bottoms[index])
    original = net.context.names_in_file
    base, change, ahead = (original.get(name, name) for name in (base, change, ahead))
    found = Blobs(names.x, names.tt, names.mask, names.target, base, ahead, change)
    roles = {"x": found.x, "target": found.target, "xhat": names.xhat}
    for role, name in roles.items():
        if name not in net.device_blobs:
            raise ConfigError(
                f'trainer SERIES: blob_names says that {role} is blob "{name}", but the net has no such blob',
                nearest=(name, list(net.device_blobs)),
                field=f"blob_names.{role}",
            )
    return found


def check_shapes(net: Any, layer: ForecastLayer, blobs: Blobs, windows: Windows) -> None:
    """Raise ConfigError unless the net's blobs and its FORECAST layer have the shapes that the data need."""
    samples = Samples(windows, Scaling.plain(windows))
    batch = net.device_blobs[blobs.x].shape[0]
    steps, outputs = len(windows.lags) + 1, windows.outputs
    expected = {
        blobs.x: (batch, steps, samples.features),
        blobs.tt: (batch, steps, 1),
        blobs.mask: (batch, steps, samples.features),
        blobs.target: (batch, outputs),
        blobs.base: (batch, outputs),
        blobs.ahead: (batch, 1),
    }
    for name, shape in expected.items():
        if name in net.device_blobs and net.device_blobs[name].count != math.prod(shape):
            raise ConfigError(
                f'trainer SERIES: blob "{name}" is {net.device_blobs[name].shape}; the gym gives {shape}',
                hint="set series_param.fit_model: true, or change the shape in the model",
            )
    wanted = (windows.param.horizon, samples.linear_width, windows.series.values.shape[1])
    found = (layer.horizon, layer.features, layer.columns)
    if wanted != found:
        raise ConfigError(
            f"trainer SERIES: forecast_param of layer {layer.name} has distances {found[0]}, features "
            f"{found[1]} and columns {found[2]}; the gym's data need {wanted[0]}, {wanted[1]} and {wanted[2]}",
            hint="set series_param.fit_model: true, or change forecast_param in the model",
        )


def other_gym(name: str) -> ConfigError:
    """Return the error for a gym that the trainer SERIES cannot train on."""
    return ConfigError(
        f"trainer SERIES trains on the gym Series, not on {name or 'none'}",
        hint='write gym { type: "Series" ... }, or use the trainer RNN.SUPER_SIMPLE',
        field="gym.type",
    )
