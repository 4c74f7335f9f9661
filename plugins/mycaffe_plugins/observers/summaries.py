"""Summaries, TensorBoard's messages of what is shown, made of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tensorboardX import summary as made
from tensorboardX.proto.api_pb2 import (
    DataType,
    Experiment,
    HParamInfo,
    MetricInfo,
    MetricName,
    Status,
)
from tensorboardX.proto.plugin_hparams_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboardX.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata

from mycaffe_py.run import png_bytes

BINS = 30
_SHOWN_METRICS = ("train/loss", "train/accuracy", "test/loss", "test/accuracy")


def scalars(prefix: str, values: Mapping[str, Any]) -> Any:
    """Return the points of several curves; a value that is missing is left out, NaN is kept."""
    summary = Summary()
    for name, value in values.items():
        if value is not None:
            summary.value.add(tag=f"{prefix}/{name}", simple_value=float(value))
    return summary


def texts(values: Mapping[str, str]) -> Any:
    """Return texts, shown in a fixed-width font."""
    summary = Summary()
    for name, text in values.items():
        # A path may have bytes that are no UTF-8, which Python gives as surrogates.
        valid = text.encode(errors="backslashreplace").decode()
        indented = "\n".join(f"    {line}" for line in valid.splitlines())
        summary.MergeFrom(made.text(name, indented))
    return summary


def picture(name: str, pixels: np.ndarray) -> Any:
    """Return a picture of (H, W, 3) uint8 pixels."""
    height, width, channels = pixels.shape
    image = Summary.Image(
        height=height, width=width, colorspace=channels, encoded_image_string=png_bytes(pixels)
    )
    return Summary(value=[Summary.Value(tag=name, image=image)])


def histograms(prefix: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return a histogram of the finite values of each array; one without any is left out."""
    summary = Summary()
    for name, array in arrays.items():
        histogram = histogram_of(array)
        if histogram is not None:
            summary.value.add(tag=f"{prefix}/{name}", histo=histogram)
    return summary


def histogram_of(array: np.ndarray) -> Any:
    """Return a HistogramProto of the finite values of an array; its limits are the upper edges of the bins.

    It has one bin if the values are too near together, or too far apart, for more.
    """
    values = array[np.isfinite(array)].astype(np.float64)
    if not values.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        total, squares = values.sum(), values @ values
        try:
            counts, edges = np.histogram(values, bins=BINS)
        except ValueError:
            counts, edges = np.array([values.size]), np.array([values.min(), values.max()])
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=values.size,
        sum=total,
        sum_squares=squares,
        # An empty bin at the beginning gives the lower edge of the first.
        bucket_limit=edges.tolist(),
        bucket=[0.0, *counts.tolist()],
    )


def hyperparameters(settings: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what declares the hyperparameters and gives this run's values."""
    start, infos = SessionStartInfo(), []
    for name, value in settings.items():
        if isinstance(value, bool):
            start.hparams[name].bool_value, kind = value, "DATA_TYPE_BOOL"
        elif isinstance(value, int | float):
            start.hparams[name].number_value, kind = value, "DATA_TYPE_FLOAT64"
        else:
            start.hparams[name].string_value, kind = str(value), "DATA_TYPE_STRING"
        infos.append(HParamInfo(name=name, type=DataType.Value(kind)))
    metrics = [MetricInfo(name=MetricName(tag=tag)) for tag in _SHOWN_METRICS]
    experiment = Experiment(hparam_infos=infos, metric_infos=metrics)
    yield _of_hparams("experiment", HParamsPluginData(experiment=experiment))
    yield _of_hparams("session_start_info", HParamsPluginData(session_start_info=start))


def ending(*, succeeded: bool) -> Any:
    """Return what ends the session of the hyperparameters."""
    status = Status.Value("STATUS_SUCCESS" if succeeded else "STATUS_FAILURE")
    return _of_hparams(
        "session_end_info", HParamsPluginData(session_end_info=SessionEndInfo(status=status))
    )


def _of_hparams(name: str, data: Any) -> Any:
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=data.SerializeToString())
    value = Summary.Value(tag=f"_hparams_/{name}", metadata=SummaryMetadata(plugin_data=plugin))
    return Summary(value=[value])
