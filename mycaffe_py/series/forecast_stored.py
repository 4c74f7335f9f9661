"""A trained forecaster as JSON values and arrays, and back; with its rows, since forecasts begin from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.tables import Table
from mycaffe_py.trainer import Report, ReportTable

from .forecast_frames import Form
from .forecast_rows import dates_in
from .forecast_runner import Trained
from .forecast_settings import check_params
from .forecast_tables import KINDS
from .settings import seed_of

_MOMENTS = "moments"


def header_and_arrays(forecaster: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what is stored of a forecaster: JSON values, and arrays by entry."""
    trained: Trained = forecaster._trained
    report = forecaster.report_
    columns, arrays = [], {}
    table = trained.table
    for index in range(table.width):
        cells = table.cells(index)
        moments = table.has_moments(index)
        columns.append({"name": table.column_name(index), "zone": table.zone(index)})
        columns[-1]["kind"] = _MOMENTS if moments else "plain"
        if moments:
            arrays[f"data/{index}"] = np.asarray(cells).astype(np.int64)
        else:
            text = isinstance(cells, list) or cells.dtype == object
            arrays[f"data/{index}"] = np.array(cells, dtype=str) if text else np.array(cells)
    arrays |= {f"weights/{name}": array for name, array in trained.weights.items()}
    return {
        "params": dict(trained.params),
        "settings": dict(trained.settings),
        "columns": columns,
        "kind": forecaster._form.kind,
        "index": forecaster._form.index,
        "seed_": trained.seed,
        "n_updates_": forecaster.n_updates_,
        "baseline_": forecaster.baseline_,
        "report_": None if report is None else report.as_json(),
    }, arrays


def restored(
    cls: type[Any], header: dict[str, Any], arrays: dict[str, np.ndarray], device: str | None
) -> Any:
    """Return the forecaster of what :func:`header_and_arrays` gave; ValueError or TypeError if it does not fit."""
    params = dict(header["params"])
    if device is not None:
        params["device"] = device
    forecaster = cls(**params)
    check_params(params)
    seed = seed_of(params["random_state"])
    if seed != header["seed_"] or isinstance(header["seed_"], bool):
        raise ValueError(f"seed_ is {header['seed_']!r:.40}")
    weights = _weights(arrays)
    settings = _settings(header["settings"], weights)
    table = _table(header["columns"], arrays)
    trained = Trained(params, settings, weights, table, seed, False)
    if list(table.names or ()) != trained.columns:
        raise ValueError(f"the columns are {table.names}, not {trained.columns}")
    dates = dates_in(table, trained.time)
    trained = Trained(params, settings, weights, table, seed, dates)
    forecaster.n_updates_ = _whole("n_updates_", header["n_updates_"])
    forecaster.baseline_ = _word("baseline_", header["baseline_"])
    forecaster.report_ = _report(header["report_"])
    forecaster._finish(trained, _form(header))
    forecaster._runner.build()
    return forecaster


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is {value!r:.40}")
    return value


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r:.40}")
    return value


def _form(header: Mapping[str, Any]) -> Form:
    kind, index = header["kind"], header["index"]
    if kind not in KINDS or not isinstance(index, str | None):
        raise ValueError(f"kind is {kind!r:.40}, index {index!r:.40}")
    return Form(kind, index)


def _weights(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = {
        name.removeprefix("weights/"): array
        for name, array in arrays.items()
        if name.startswith("weights/")
    }
    for name, array in found.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise ValueError(f"weights {name} are no finite numbers of float32")
    return found


def _settings(given: Any, weights: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return settings whose sizes are not above what the weights allow, so that no file asks for endless memory."""
    settings = dict(given)
    total = sum(array.size for array in weights.values())
    sizes = [settings["horizon"], settings["window"], settings.get("members", 1)]
    sizes += [len(value) for value in settings.values() if isinstance(value, list)]
    if any(_whole("a size", size) > total for size in sizes):
        raise ValueError("there are fewer weights than the settings say")
    if "csv_file" in settings or "fit_model" in settings:
        raise ValueError("the settings name a file")
    return settings


def _table(columns: Any, arrays: Mapping[str, np.ndarray]) -> Table:
    found: list[np.ndarray | list[str]] = []
    for index, column in enumerate(columns):
        array = arrays[f"data/{index}"]
        if array.ndim != 1:
            raise ValueError(f"column {index} is {array.shape}")
        if column["kind"] == _MOMENTS:
            if array.dtype != np.int64:
                raise ValueError(f"moments are {array.dtype}")
            found.append(array.astype("datetime64[ns]"))
        elif array.dtype.kind == "U":
            found.append(array.tolist())
        elif array.dtype in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_)):
            found.append(array)
        else:
            raise ValueError(f"column {index} is {array.dtype}")
    if not found or len({len(column) for column in found}) > 1:
        raise ValueError("the columns differ in length")
    names = tuple(_word("a column's name", column["name"]) for column in columns)
    zones = [None if one["zone"] is None else _word("a zone", one["zone"]) for one in columns]
    return Table(Path("table"), names, found, zones=zones)


def _report(given: Any) -> Report | None:
    if given is None:
        return None
    tables = [
        ReportTable(one["title"], one["columns"], one["rows"], best=one["best"])
        for one in given["tables"]
    ]
    return Report(tables, given["notes"], given["cautions"])
