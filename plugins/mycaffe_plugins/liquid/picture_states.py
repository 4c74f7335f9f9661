"""The picture of a liquid layer's hidden state over one sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.drawing import style

from .sequence_trace import SequenceTrace, most_active, order_of

_MAX_NUMBERED = 32
_MAX_MARKED = 150


def draw_states(figure: Any, trace: SequenceTrace, title: str) -> None:
    """Draw input, output, the most active neurons as lines and all neurons as a heat map."""
    figure.clear()
    figure.set_size_inches(10, 9)
    ratios = {"height_ratios": [1, 1, 1.4, 2.4], "width_ratios": [5, 1]}
    cells = figure.subplots(4, 2, gridspec_kw=ratios)
    rows, sides = cells[:, 0], cells[:, 1]
    style.heading(figure, title)
    _draw_lines(rows[0], trace, trace.inputs, trace.input_name, "input")
    _draw_lines(rows[1], trace, trace.outputs, trace.output_name, "output")
    _draw_most_active(rows[2], trace)
    for axes, side in zip(rows[:3], sides, strict=False):
        style.legend_in(side, axes)
        axes.sharex(rows[3])
        axes.tick_params(labelbottom=False)
    _draw_all(figure, rows[3], sides[3], trace)
    rows[3].set_xlabel(trace.axis_label)
    rows[3].set_xlim(trace.edges[0], trace.edges[-1])
    figure.align_ylabels(list(rows))


def _draw_lines(axes: Any, trace: SequenceTrace, values: np.ndarray, name: str, label: str) -> None:
    columns = values.shape[1]
    shown = (
        range(columns) if columns <= len(style.COLOURS) else most_active(np.nan_to_num(values), 6)
    )
    marks = {"marker": "."} if len(values) <= _MAX_MARKED else {}
    for colour, column in zip(style.COLOURS, sorted(shown), strict=False):
        own = name if columns == 1 else f"{name} {column}"
        seen = np.isfinite(values[:, column])
        axes.plot(
            trace.places[seen], values[seen, column], color=colour, linewidth=1, label=own, **marks
        )
        if not seen.all():
            axes.plot(
                trace.places[~seen],
                np.full((~seen).sum(), 0.02 + 0.05 * style.COLOURS.index(colour)),
                transform=axes.get_xaxis_transform(),
                linestyle="none",
                marker="|",
                color=colour,
            )
    if not np.isfinite(values).all():
        axes.plot([], [], linestyle="none", marker="|", color=style.GREY, label="not observed")
    axes.set_ylabel(label if columns <= len(style.COLOURS) else f"{label}\n(6 of {columns})")
    style.plain(axes)


def _draw_most_active(axes: Any, trace: SequenceTrace) -> None:
    count = trace.states.shape[1]
    for colour, neuron in zip(
        style.COLOURS, most_active(trace.states, len(style.COLOURS)), strict=False
    ):
        axes.plot(
            trace.places,
            trace.states[:, neuron],
            color=colour,
            linewidth=1.2,
            label=f"neuron {neuron}",
            marker="." if len(trace.places) == 1 else None,
        )
    axes.set_ylabel("state" if count <= len(style.COLOURS) else "state of the\nmost active")
    style.plain(axes)


def _draw_all(figure: Any, axes: Any, side: Any, trace: SequenceTrace) -> None:
    order = order_of(trace.states)
    values = trace.states[:, order].T
    low, high = np.percentile(values, [1, 99])
    reach = float(max(-low, high)) or 1.0
    # States of one sign differ little compared with their distance from 0.
    colours = {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach}
    if low > 0 or high < 0:
        colours = {"cmap": "viridis", "vmin": low, "vmax": high}
    mesh = axes.pcolormesh(
        trace.edges,
        np.arange(len(order) + 1) - 0.5,
        values,
        **colours,
        rasterized=True,
    )
    style.colour_scale(figure, side, mesh, "state", extend="both")
    number_neurons(axes, order, "neurons, those that\nmove alike side by side")


def number_neurons(axes: Any, order: np.ndarray, label: str) -> None:
    """Label the rows of a heat map: with each neuron's number, if there are few."""
    if len(order) <= _MAX_NUMBERED:
        axes.set_yticks(range(len(order)), [str(neuron) for neuron in order])
        axes.tick_params(axis="y", labelsize="small" if len(order) <= 16 else "xx-small")
    else:
        axes.set_yticks([])
        label = f"{len(order)} {label}"
    axes.set_ylabel(label)
