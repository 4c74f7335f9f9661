"""The picture of a liquid cell's time constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.drawing import style

from .picture_states import number_neurons
from .sequence_trace import SequenceTrace
from .time_scales import TimeScales

_DECADES = 4
"""Limit of the colour range around the median, in powers of ten."""


def draw_time_scales(figure: Any, trace: SequenceTrace, scales: TimeScales, title: str) -> None:
    """Draw the time constants: their distribution, over the steps, and by neuron; and how far each step goes."""
    figure.clear()
    figure.set_size_inches(12, 8.5)
    cells = figure.subplots(2, 4, gridspec_kw={"width_ratios": [4, 1.3, 4, 1.3]})
    (spread, band), (each, share) = cells[:, ::2]
    (spread_side, band_side), (each_side, share_side) = cells[:, 1::2]
    unit = "units of tt"
    style.heading(figure, f"{title}\ntime constant = {scales.meaning}; {unit}")
    constants = np.clip(scales.constants, *_limits(scales.constants))
    order = np.argsort(np.median(constants, axis=0), kind="stable")
    _draw_spread(spread, trace, constants, unit)
    _draw_band(band, trace, constants)
    style.legend_in(spread_side, spread)
    style.legend_in(band_side, band)
    mesh = each.pcolormesh(
        trace.edges,
        _rows(order),
        constants[:, order].T,
        norm="log",
        cmap="viridis",
        rasterized=True,
    )
    low, high = np.percentile(constants, [2, 98])
    mesh.set_clim(low, high)
    ticks = dict(zip(("ticks", "format"), _log_ticks(low, high), strict=True))
    style.colour_scale(figure, each_side, mesh, f"time constant ({unit})", extend="both", **ticks)
    number_neurons(each, order, "neurons, fastest at the bottom")
    mesh = share.pcolormesh(
        trace.edges, _rows(order), scales.shares[:, order].T, vmin=0, vmax=1, cmap="cividis",
        rasterized=True,
    )  # fmt: skip
    style.colour_scale(figure, share_side, mesh, scales.share_name)
    number_neurons(share, order, "neurons, in the same order")
    for axes in (band, each, share):
        axes.set_xlim(trace.edges[0], trace.edges[-1])
        axes.set_xlabel(trace.axis_label)


def _log_ticks(low: float, high: float) -> tuple[Any, Any]:
    """Return a locator with few enough ticks to read on a logarithmic axis from low to high, and their format."""
    from matplotlib import ticker

    steps = (1, 2, 3, 5) if high < 30 * low else (1, 2, 5) if high < 300 * low else (1,)
    where = ticker.MaxNLocator(4) if high < 3 * low else ticker.LogLocator(subs=steps)
    return where, ticker.FuncFormatter(lambda value, _: f"{value:g}")


def _number(axis: Any, limits: tuple[float, float]) -> None:
    """Label a logarithmic axis with plain numbers."""
    from matplotlib.ticker import NullFormatter

    where, words = _log_ticks(*limits)
    axis.set_major_locator(where)
    axis.set_major_formatter(words)
    axis.set_minor_formatter(NullFormatter())


def _rows(order: np.ndarray) -> np.ndarray:
    return np.arange(len(order) + 1) - 0.5


def _limits(constants: np.ndarray) -> tuple[float, float]:
    """Return the limits of the axis: infinite constants are common, and have no place on a logarithmic one."""
    finite = constants[np.isfinite(constants) & (constants > 0)]
    if not finite.size:
        return 1e-3, 1e3
    middle = float(np.median(finite))
    low, high = float(finite.min()), float(finite.max())
    return max(low, middle / 10**_DECADES), min(high, middle * 10**_DECADES) * (1 + 1e-9)


def _draw_spread(axes: Any, trace: SequenceTrace, constants: np.ndarray, unit: str) -> None:
    medians = np.median(constants, axis=0)
    low, high = float(medians.min()), float(medians.max())
    if high < 1.05 * low:
        low, high = low / 2, high * 2
    bins = np.geomspace(low * 0.999, high * 1.001, min(40, max(8, 2 * int(len(medians) ** 0.5))))
    axes.hist(
        medians, bins=bins, color=style.COLOURS[0], alpha=0.8, edgecolor="white", linewidth=0.5,
        label="neurons",
    )  # fmt: skip
    axes.yaxis.get_major_locator().set_params(integer=True)
    spans = trace.spans[trace.spans > 0]
    axes.set_xscale("log")
    if spans.size:
        low, middle, high = np.percentile(spans, [5, 50, 95])
        axes.axvline(
            middle, color=style.COLOURS[1], label=f"time span of a step:\nmedian {middle:.3g}"
        )
        if high > 1.01 * low:
            axes.axvspan(low, high, color=style.COLOURS[1], alpha=0.15, label="90 % of the steps")
    _number(axes.xaxis, axes.get_xlim())
    axes.set_xlabel(f"time constant, median over the steps ({unit})")
    axes.set_ylabel("neurons")
    style.titled(axes, f"median of all: {np.median(medians):.3g}")
    style.plain(axes)


def _draw_band(axes: Any, trace: SequenceTrace, constants: np.ndarray) -> None:
    low, lower, middle, upper, high = np.percentile(constants, [5, 25, 50, 75, 95], axis=1)
    x = trace.places
    axes.fill_between(
        x, low, high, color=style.COLOURS[0], alpha=0.15, linewidth=0, label="5 to 95 %"
    )
    axes.fill_between(
        x, lower, upper, color=style.COLOURS[0], alpha=0.3, linewidth=0, label="25 to 75 %"
    )
    axes.plot(
        x, middle, color=style.COLOURS[0], label="median", marker="." if len(x) == 1 else None
    )
    if (trace.spans > 0).any():
        axes.plot(
            x, np.where(trace.spans > 0, trace.spans, np.nan), color=style.GREY, linewidth=0.8,
            linestyle=":", marker=".", markersize=2, label="time span\nof the step",
        )  # fmt: skip
    axes.set_yscale("log")
    _number(axes.yaxis, axes.get_ylim())
    axes.set_ylabel("time constant")
    style.titled(axes, "all neurons, step by step")
    style.plain(axes)
