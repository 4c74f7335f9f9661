"""The picture of a wiring: the neurons in signal order, and the strengths of their synapses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.drawing import Ranked, order_ranks, style

from .synapse_map import SynapseMap

# The ends of the heat map's colours, distinguishable with any kind of colour vision.
EXCITATORY, INHIBITORY = "#B2182B", "#2166AC"
_FILLS = {"sensory": "#DDDDDD", "inter": "#9AD0E6", "command": "#F2C879", "motor": "#8FD1A8"}
_MAX_ARROWS = 250
_MAX_LINES = 3000
"""Beyond this, lines are indistinguishable and slow to draw: only the strongest synapses are drawn."""
_COLUMN_POINTS = 400.0
"""Approximate height of a column of neurons."""
_NUMBERED_WIDTH = 13.0
_MAX_LABELLED = 40

Neuron = tuple[bool, int]
"""Whether it is a sensory one, and its number."""
Place = tuple[float, float]


def draw_wiring(figure: Any, synapses: SynapseMap, inputs: list[str], title: str) -> None:
    """Draw the neurons with their synapses, and all strengths as a heat map."""
    figure.clear()
    figure.set_size_inches(15, 8)
    left, right, side = figure.subplots(1, 3, gridspec_kw={"width_ratios": [6, 5, 1]})
    style.heading(figure, f"{title}\nstrength = {synapses.meaning}")
    reach = _reach(synapses)
    columns = [("sensory", np.arange(len(inputs))), *synapses.columns()]
    _draw_neurons(left, synapses, columns, inputs, reach)
    order = np.concatenate([neurons for _, neurons in columns[1:]])
    _draw_strengths(figure, right, side, synapses, order, inputs, reach)


def _reach(synapses: SynapseMap) -> float:
    """Return the strength at which the scale saturates: exceeded by only a few synapses."""
    strengths = np.abs(np.concatenate([synapses.sensory.ravel(), synapses.inner.ravel()]))
    strengths = strengths[strengths > 0]
    return float(np.percentile(strengths, 98)) if strengths.size else 1.0


# Neurons and synapses.


def _draw_neurons(
    axes: Any, synapses: SynapseMap, columns: list[Any], inputs: list[str], reach: float
) -> None:
    widths = {name: _width(len(neurons)) for name, neurons in columns}
    edges, count = _edges(synapses)
    places = _places(columns, edges)
    _draw_edges(axes, edges, places, reach, widths, synapses.groups)
    for index, (group, neurons) in enumerate(columns):
        spots = [places[group == "sensory", neuron] for neuron in neurons]
        style = {"color": _FILLS[group], "edgecolor": "#333333", "linewidth": 0.8, "zorder": 3}
        axes.scatter(*zip(*spots, strict=True), s=widths[group] ** 2, **style)
        axes.text(index, 1.07, f"{len(neurons)} {group}", ha="center", va="bottom")
        for neuron, (x, y) in zip(neurons, spots, strict=True):
            if group != "sensory":
                if widths[group] >= _NUMBERED_WIDTH:
                    _write(axes, x, y, str(neuron), ha="center")
            elif len(neurons) <= _MAX_LABELLED:
                _write(axes, x - 0.12, y, inputs[neuron], ha="right")
    axes.set_xlim(-0.75, len(columns) - 0.5)
    axes.set_ylim(-0.12, 1.14)
    axes.axis("off")
    for colour, line, label in ((EXCITATORY, "-", "excites"), (INHIBITORY, "--", "inhibits")):
        axes.plot([], [], color=colour, linestyle=line, label=label)
    notes = [f"the {len(edges):,} strongest of {count:,} synapses"] if count > len(edges) else []
    notes += ["synapses within a layer: see the heat map"] if synapses.dense_layers else []
    note = "\n".join(notes) or None
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=2, frameon=False, title=note)


def _width(count: int) -> float:
    """Return the width of a neuron in a column of that many, in points."""
    return min(19.0, 0.7 * _COLUMN_POINTS / max(1, count - 1))


def _write(axes: Any, x: float, y: float, text: str, ha: str) -> None:
    axes.text(x, y, text, ha=ha, va="center", fontsize="small", zorder=4, parse_math=False)


def _places(columns: list[Any], edges: list[Any]) -> dict[Neuron, Place]:
    """Return the place of each neuron; each column is in an order in which few of the drawn synapses cross."""
    rows = [[(group == "sensory", int(neuron)) for neuron in neurons] for group, neurons in columns]
    column_of = {neuron: index for index, row in enumerate(rows) for neuron in row}
    nodes = {neuron: Ranked() for neuron in column_of}
    for source, target, _ in edges:
        if column_of[target] == column_of[source] + 1:
            nodes[source].after.append(nodes[target])
            nodes[target].before.append(nodes[source])
    neuron_of = {node: neuron for neuron, node in nodes.items()}
    ranks = [[nodes[neuron] for neuron in row] for row in rows]
    order_ranks(ranks)
    return {
        neuron_of[node]: (float(index), 0.5 if len(row) == 1 else 1 - rank / (len(row) - 1))
        for index, row in enumerate(ranks)
        for rank, node in enumerate(row)
    }


def _edges(synapses: SynapseMap) -> tuple[list[Any], int]:
    """Return (source, target, strength) of the drawn synapses, weakest first, and the number of all synapses.

    Source and target are keys of places.
    """
    inner = synapses.inner
    if synapses.dense_layers:
        layers = np.array(synapses.dense_layers)
        inner = np.where(layers[:, None] == layers, 0, inner)
    strengths = np.concatenate([synapses.sensory, inner])
    sources, targets = np.nonzero(strengths)
    order = np.argsort(np.abs(strengths[sources, targets]), kind="stable")[-_MAX_LINES:]
    inputs = len(synapses.sensory)
    edges = [
        (
            (bool(source < inputs), int(source if source < inputs else source - inputs)),
            (False, int(target)),
            strengths[source, target],
        )
        for source, target in zip(sources[order], targets[order], strict=True)
    ]
    return edges, len(sources)


def _draw_edges(
    axes: Any,
    edges: list[Any],
    places: dict[Neuron, Place],
    reach: float,
    widths: dict[str, float],
    groups: Sequence[str],
) -> None:
    from matplotlib.patches import FancyArrowPatch

    many = len(edges) > _MAX_ARROWS
    for source, target, strength in edges:
        share = min(1.0, abs(strength) / reach)
        (x0, y0), (x1, y1) = places[source], places[target]
        width, after = (
            widths["sensory" if is_input else groups[neuron]]
            for is_input, neuron in (source, target)
        )
        style = {
            "edgecolor": EXCITATORY if strength > 0 else INHIBITORY,
            "linestyle": "-" if strength > 0 else "--",
            "linewidth": 0.3 + (1.0 if many else 2.2) * share,
            "alpha": 0.25 + 0.55 * share if many else 0.4 + 0.5 * share,
            "zorder": 1,
        }
        if source == target:
            loop = {"s": (0.7 * width) ** 2, "facecolors": "none"}
            axes.scatter([x0], [y0 + 0.75 * width / _COLUMN_POINTS], **loop | style)
            continue
        bend = 0.0 if x1 > x0 else 0.45
        axes.add_patch(
            FancyArrowPatch(
                (x0, y0),
                (x1, y1),
                connectionstyle=f"arc3,rad={bend}",
                shrinkA=width / 2,
                shrinkB=after / 2 + 1,
                arrowstyle="-" if many else "-|>",
                mutation_scale=8,
                facecolor=style["edgecolor"],
                **style,
            )  # fmt: skip
        )


# All strengths.


def _draw_strengths(
    figure: Any,
    axes: Any,
    side: Any,
    synapses: SynapseMap,
    order: np.ndarray,
    inputs: list[str],
    reach: float,
) -> None:
    values = np.concatenate([synapses.sensory[:, order], synapses.inner[np.ix_(order, order)]])
    mesh = axes.imshow(
        np.where(values == 0, np.nan, values), cmap="RdBu_r", vmin=-reach, vmax=reach, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    axes.set_facecolor("#CFCFCF")  # unlike a strength near 0, which is white
    axes.axhline(len(inputs) - 0.5, color="#333333", linewidth=1)
    edge = 0
    for _, neurons in synapses.columns():
        edge += len(neurons)
        axes.axvline(edge - 0.5, color="#333333", linewidth=0.5)
        axes.axhline(len(inputs) + edge - 0.5, color="#333333", linewidth=0.5)
    count = (synapses.sensory != 0).sum() + (synapses.inner != 0).sum()
    style.titled(axes, f"{count:,} synapses of {values.size:,}; grey: none")
    axes.set_xlabel("target neuron")
    axes.set_ylabel("source: inputs above, neurons below")
    names = [*inputs, *map(str, order)]
    if len(names) <= _MAX_LABELLED:
        axes.set_yticks(range(len(names)), names, fontsize="x-small", parse_math=False)
        axes.set_xticks(range(len(order)), map(str, order), fontsize="x-small", rotation=90)
    else:
        axes.set_yticks([])
        axes.set_xticks([])
    style.colour_scale(figure, side, mesh, "strength", extend="both")
