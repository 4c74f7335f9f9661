"""Fits a model to the Series gym: shapes, the size of its liquid layers, the members of an ensemble."""

from __future__ import annotations

from typing import Any

from .remembering import remember_settings
from .samples import Samples
from .scaling import Scaling
from .windows import Windows

_ROLES = ("x", "tt", "mask", "target")


def is_forecaster(model: Any) -> bool:
    """Whether a model has a FORECAST layer, so that the trainer SERIES can fill it."""
    return any(layer.type.upper() == "FORECAST" for layer in model.layer)


def fit_model(model: Any, blob_names: Any, windows: Windows) -> None:
    """Adapt a NetParameter message: inputs, Standardize and FORECAST layers, CFC layers.

    ``blob_names`` says which of its blobs are x, tt, mask and target. The batch size stays as it is, and with
    ``fit_size`` of the FORECAST layer the CFC layers get hidden_size and backbone_units by the number of rows.
    """
    steps, outputs = len(windows.lags) + 1, windows.outputs
    samples = Samples(windows, Scaling.plain(windows))
    forecaster = is_forecaster(model)
    features = samples.features if forecaster else windows.features
    sizes = {
        "x": [steps, features],
        "tt": [steps, 1],
        "mask": [steps, features],
        "target": [outputs],
    }
    by_blob = {getattr(blob_names, role): sizes[role] for role in _ROLES}
    if forecaster:
        _add_members(model, windows.param.members)
    remember_settings(model, windows)
    last, fit_size = None, False
    for layer in model.layer:
        if layer.type.upper() == "FORECAST":
            fit_size = layer.forecast_param.fit_size
            by_blob |= {layer.bottom[0]: [outputs], layer.bottom[2]: [1]}
            _fit_forecast(layer.forecast_param, samples)
    for layer in model.layer:
        if layer.type.lower() == "input":
            _fit_input(layer, by_blob)
        standardize = _settings(layer, "standardize_param")
        if standardize is not None:
            if standardize.columns:
                standardize.columns = windows.series.values.shape[1]
            if standardize.relative_columns:
                standardize.relative_columns = outputs
        liquid = _settings(layer, "cfc_param")
        if liquid is not None and forecaster:
            _fit_liquid(layer, windows, fit_size)
        last = liquid if liquid is not None else last
    if last is not None and last.output_features:
        last.output_features = outputs


def _fit_forecast(param: Any, samples: Samples) -> None:
    windows = samples.windows
    param.distances = windows.param.horizon
    param.outputs = windows.outputs
    param.features = samples.linear_width
    param.columns = windows.series.values.shape[1]


def _fit_liquid(layer: Any, windows: Windows, fit_size: bool) -> None:
    """Set what the size of a CFC layer of a forecaster follows from: the rows of the training part, the values."""
    liquid, unit = layer.cfc_param, layer.cfc_unit_param
    if liquid.output_features:
        liquid.output_features = windows.outputs
    if fit_size:
        liquid.hidden_size = unit.backbone_units = size_for(windows.train_rows)
    if not liquid.HasField("input_features") and windows.complete[windows.partly].all():
        liquid.input_features = 1  # without gaps, the times since the last observation say nothing


def size_for(rows: int) -> int:
    """Return the hidden size for a training part of so many rows: 16 up to 400, 24 up to 2,000, else 32."""
    return 16 if rows <= 400 else 24 if rows <= 2000 else 32


def _add_members(model: Any, members: int) -> None:
    """Repeat the liquid layer whose top is the correction, with a loss for each; their mean is the correction."""
    forecast = next(layer for layer in model.layer if layer.type.upper() == "FORECAST")
    change = forecast.bottom[1]
    maker = next((layer for layer in model.layer if change in layer.top), None)
    if members < 2 or maker is None or _settings(maker, "cfc_param") is None:
        return
    layers = list(model.layer)
    rebuilt = []
    names = [f"{change}_{number}" for number in range(1, members + 1)]
    for layer in layers:
        learns = layer is not maker and layer is not forecast and change in layer.bottom
        if layer is maker or learns:
            rebuilt += [
                _member(layer, change, name, number + 1, members if learns else 0)
                for number, name in enumerate(names)
            ]
        else:
            rebuilt.append(layer)
        if layer is maker:
            mean = type(layer)(
                name=f"{maker.name}_mean", type="Eltwise", bottom=names, top=[change]
            )
            mean.eltwise_param.coeff.extend([1.0 / members] * members)
            rebuilt.append(mean)
    copies = [type(layer).FromString(layer.SerializeToString()) for layer in rebuilt]
    del model.layer[:]
    model.layer.extend(copies)


def _member(layer: Any, blob: str, name: str, number: int, losses: int) -> Any:
    """Return a copy of a layer for one member, which reads or writes ``name`` in place of ``blob``."""
    copy = type(layer)()
    copy.CopyFrom(layer)
    copy.name = f"{layer.name}_{number}"
    for names in (copy.bottom, copy.top):
        for index, each in enumerate(names):
            if each == blob:
                names[index] = name
    if losses:
        for index, top in enumerate(copy.top):
            copy.top[index] = f"{top}_{number}"
        del copy.loss_weight[:]
        copy.loss_weight.append((layer.loss_weight[0] if layer.loss_weight else 1.0) / losses)
    return copy


def _fit_input(layer: Any, by_blob: dict[str, list[int]]) -> None:
    """Set the shapes of an Input layer's tops; a single shape for all becomes one for each."""
    shapes = layer.input_param.shape
    while 0 < len(shapes) < len(layer.top):
        shapes.add().CopyFrom(shapes[0])
    for top, shape in zip(layer.top, shapes, strict=False):
        if top in by_blob and shape.dim:
            shape.dim[:] = [shape.dim[0], *by_blob[top]]


def _settings(layer: Any, name: str) -> Any:
    """Return a layer's settings of that name, or None."""
    known = name in layer.DESCRIPTOR.fields_by_name and layer.HasField(name)
    return getattr(layer, name) if known else None
