"""The picture of a liquid layer's hidden state over one sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from .sequence_trace import SequenceTrace, most_active, order_of

# Okabe and Ito's colours, distinguishable with any kind of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#6E6E6E"
_MAX_NUMBERED = 32
_MAX_MARKED = 150


def draw_states(figure: Any, trace: SequenceTrace, title: str) -> None:
    """Draw input, output, the most active neurons as lines and all neurons as a heat map."""
    figure.clear()
    figure.set_size_inches(10, 9)
    ratios = {"height_ratios": [1, 1, 1.4, 2.4], "width_ratios": [5, 1]}
    cells = figure.subplots(4, 2, gridspec_kw=ratios)
    rows, sides = cells[:, 0], cells[:, 1]
    heading(figure, title)
    _draw_lines(rows[0], trace, trace.inputs, trace.input_name, "input")
    _draw_lines(rows[1], trace, trace.outputs, trace.output_name, "output")
    _draw_most_active(rows[2], trace)
    for axes, side in zip(rows[:3], sides, strict=False):
        legend_in(side, axes)
        axes.sharex(rows[3])
        axes.tick_params(labelbottom=False)
    _draw_all(figure, rows[3], sides[3], trace)
    rows[3].set_xlabel(trace.axis_label)
    rows[3].set_xlim(trace.edges[0], trace.edges[-1])
    figure.align_ylabels(list(rows))


def heading(figure: Any, text: str) -> None:
    """Set the title of a picture, without parsing it as a formula."""
    figure.suptitle(text, x=0.02, ha="left", fontsize="large", parse_math=False)


def legend_in(side: Any, axes: Any) -> None:
    """Draw the legend of ``axes`` in separate axes, where it covers nothing."""
    side.axis("off")
    legend = side.legend(
        *axes.get_legend_handles_labels(),
        loc="upper left",
        borderaxespad=0,
        frameon=False,
        fontsize="small",
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def colours_in(figure: Any, side: Any, mesh: Any, label: str, **options: Any) -> None:
    """Draw the colour bar of a heat map in the axes next to it."""
    from matplotlib.ticker import NullFormatter

    side.axis("off")
    place = side.inset_axes((0.0, 0.0, 0.1, 1.0))
    figure.colorbar(mesh, cax=place, label=label, **options)
    place.yaxis.set_minor_formatter(NullFormatter())


def plain(axes: Any) -> None:
    """Remove the frame of a plot."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)


def _draw_lines(axes: Any, trace: SequenceTrace, values: np.ndarray, name: str, label: str) -> None:
    columns = values.shape[1]
    shown = range(columns) if columns <= len(COLOURS) else most_active(np.nan_to_num(values), 6)
    style = {"marker": "."} if len(values) <= _MAX_MARKED else {}
    for colour, column in zip(COLOURS, sorted(shown), strict=False):
        own = name if columns == 1 else f"{name} {column}"
        seen = np.isfinite(values[:, column])
        axes.plot(
            trace.places[seen], values[seen, column], color=colour, linewidth=1, label=own, **style
        )
        if not seen.all():
            axes.plot(
                trace.places[~seen],
                np.full((~seen).sum(), 0.02 + 0.05 * COLOURS.index(colour)),
                transform=axes.get_xaxis_transform(),
                linestyle="none",
                marker="|",
                color=colour,
            )
    if not np.isfinite(values).all():
        axes.plot([], [], linestyle="none", marker="|", color=GREY, label="not observed")
    axes.set_ylabel(label if columns <= len(COLOURS) else f"{label}\n(6 of {columns})")
    plain(axes)


def _draw_most_active(axes: Any, trace: SequenceTrace) -> None:
    count = trace.states.shape[1]
    for colour, neuron in zip(COLOURS, most_active(trace.states, len(COLOURS)), strict=False):
        axes.plot(
            trace.places,
            trace.states[:, neuron],
            color=colour,
            linewidth=1.2,
            label=f"neuron {neuron}",
            marker="." if len(trace.places) == 1 else None,
        )
    axes.set_ylabel("state" if count <= len(COLOURS) else "state of the\nmost active")
    plain(axes)


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
    colours_in(figure, side, mesh, "state", extend="both")
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
