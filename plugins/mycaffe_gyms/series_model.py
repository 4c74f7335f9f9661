"""Fits a model to the Series gym: the shapes of its inputs, and the number of values that it predicts."""

from __future__ import annotations

from typing import Any

from .series_windows import Windows

_ROLES = ("x", "tt", "mask", "target")


def fit_model(model: Any, blob_names: Any, windows: Windows) -> None:
    """Adapt a NetParameter message: inputs, Standardize layers and the last CFC layer.

    ``blob_names`` says which of its blobs are x, tt, mask and target. The batch size and unset fields stay as they
    are. Standardize keeps statistics of all measured columns; those to predict are the relative ones.
    """
    steps, outputs = len(windows.lags) + 1, windows.outputs
    sizes = {
        "x": [steps, windows.features],
        "tt": [steps, 1],
        "mask": [steps, windows.features],
        "target": [outputs],
    }
    by_blob = {getattr(blob_names, role): sizes[role] for role in _ROLES}
    last = None
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
        last = liquid if liquid is not None else last
    if last is not None and last.output_features:
        last.output_features = outputs


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
