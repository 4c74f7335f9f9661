"""A net as a table: layers, shapes, parameters and memory; as text, and as HTML with the net's drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mycaffe_py.device.memory_limits import in_words
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import PHASE_NAMES
from mycaffe_py.showing import html_line, html_picture, html_table
from mycaffe_py.visible import visible_line
from mycaffe_py.wording import counted

from .engine import NetEngine

NARROWEST, WIDEST = 60, 400
_HEAD = ("layer", "type", "output", "shape", "parameters")
_NAMES, _SHORTEST = (0, 1, 2), 10
_GAP = "  "
_MOST_DRAWN = 60
"""Nets of more layers are not drawn in a notebook: the picture would be larger than any page."""


@dataclass(frozen=True)
class LayerRow:
    """A layer: its tops with their shapes, and its learnable numbers."""

    name: str
    type: str
    tops: tuple[tuple[str, tuple[int, ...]], ...]
    parameters: int
    """Numbers that this layer owns; those that an earlier layer shares with it count there."""
    frozen: int
    """How many of them have lr_mult 0."""
    shared: int
    """Numbers that belong to an earlier layer."""

    @property
    def parameters_text(self) -> str:
        """The numbers in words: ``1,234``, ``1,234 frozen``, ``1,234 shared``."""
        parts = [f"{self.parameters:,}"] if self.parameters - self.frozen else []
        if self.frozen:
            whole = self.frozen == self.parameters
            parts = [f"{self.frozen:,} frozen" if whole else f"{parts[0]} ({self.frozen:,} frozen)"]
        if self.shared:
            parts.append(f"{self.shared:,} shared")
        return " + ".join(parts)


class NetSummary:
    """What a net consists of; ``str()`` is a table of at most ``width`` columns.

    ``rows`` has a :class:`LayerRow` for each layer of the model, without inserted splits. ``parameters`` counts every
    learnable number once, ``trainable`` those with an lr_mult other than 0. ``data_bytes`` is the memory of all
    blobs' data, each storage once (in-place layers and splits need none of their own), ``parameter_bytes`` that of
    weights and their gradients.
    """

    def __init__(self, net: NetEngine, width: int = 100):
        if (
            isinstance(width, bool)
            or not isinstance(width, int)
            or not NARROWEST <= width <= WIDEST
        ):
            raise ConfigError(
                f"width must be a whole number, {NARROWEST} to {WIDEST}, not {width!r:.40}"
            )
        self._net, self.width = net, width
        self.rows = list(_rows(net))
        owners = net.parameters.owners
        self.parameters = sum(owner.blob.count for owner in owners)
        self.trainable = sum(owner.blob.count for owner in owners if owner.lr)
        size = net.dtype.itemsize if hasattr(net.dtype, "itemsize") else 4
        self.parameter_bytes = 2 * self.parameters * size
        # Storages may not be allocated yet, and only grow: a blob needs at least its own count.
        needed: dict[int, int] = {}
        for blob in net.device_blobs.values():
            key = id(blob._data)
            needed[key] = max(needed.get(key, 0), blob.count)
        self.data_bytes = sum(needed.values()) * size

    def __str__(self) -> str:
        table = [_HEAD, *(cells for row in self.rows for cells in _cells(row))]
        widths = _widths(table, self.width)
        lines = [_line(cells, widths) for cells in table]
        rule = "-" * max(len(line) for line in [self._title(), *lines])
        return "\n".join(
            [self._title()[: self.width], rule, lines[0], rule, *lines[1:], rule, *self._totals()]
        )

    __repr__ = __str__

    def _title(self) -> str:
        net = self._net
        return (
            f'net "{visible_line(net.name)}", {PHASE_NAMES[net.phase]}, {net.device.name}, {net.dtype}, '
            f"{counted(len(self.rows), 'layer')}"
        )

    def _totals(self) -> list[str]:
        frozen = self.parameters - self.trainable
        which = f"{self.trainable:,} trainable, {frozen:,} frozen" if frozen else "all trainable"
        return [
            f"parameters: {self.parameters:,} ({which})" if self.parameters else "parameters: none",
            f"memory: data {in_words(self.data_bytes)}, "
            f"parameters with gradients {in_words(self.parameter_bytes)}",
        ]

    def _repr_html_(self) -> str:
        cells = [cells for row in self.rows for cells in _cells(row)]
        table = html_table(_HEAD, cells, right=(4,))
        svg = self._svg()
        picture = (
            f'<div style="overflow:auto;max-height:480px">{html_picture(svg)}</div>' if svg else ""
        )
        totals = "".join(map(html_line, self._totals()))
        return f"{html_line(self._title())}{picture}{table}{totals}"

    def _svg(self) -> str:
        """Return the drawing of the net; empty for long nets."""
        net = self._net
        if len(self.rows) > _MOST_DRAWN:
            return ""
        from mycaffe_py.drawing.graph import build_graph
        from mycaffe_py.drawing.layout import lay_out
        from mycaffe_py.drawing.svg import to_svg

        shapes = {
            (index, name): shape
            for index, layer in enumerate(net.document.message.layer)
            for row in self.rows
            if row.name == layer.name
            for name, shape in row.tops
        }
        graph = build_graph(net.document.message, "LR", phase=net.phase, shapes=shapes)
        width, height = lay_out(graph, "LR")
        return to_svg(graph, width, height)


def _rows(net: NetEngine) -> Iterator[LayerRow]:
    splits = net.context.names_in_file
    owned = {id(owner.blob): owner for owner in net.parameters.owners}
    for layer, tops in zip(net.device_layers, net.tops, strict=True):
        if tops and all(blob.name in splits for blob in tops):
            continue
        owners = [owned[id(blob)] for blob in layer.blobs if id(blob) in owned]
        yield LayerRow(
            layer.name,
            layer.type,
            tuple((blob.name, tuple(blob.shape)) for blob in tops),
            sum(owner.blob.count for owner in owners),
            sum(owner.blob.count for owner in owners if not owner.lr),
            sum(blob.count for blob in layer.blobs if id(blob) not in owned),
        )


def _cells(row: LayerRow) -> Iterator[tuple[str, ...]]:
    """Yield a line for each top; the first one names the layer."""
    tops = row.tops or (("", None),)
    for index, (name, shape) in enumerate(tops):
        shown = "" if shape is None else "x".join(map(str, shape)) or "scalar"
        name = "" if name.startswith("(automatic)") or name == row.name else name
        if index == 0:
            yield row.name, row.type, name, shown, row.parameters_text
        else:
            yield "", "", name, shown, ""


def _widths(table: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the columns' widths; where there is too little room, the longest names and types are cut, then shapes."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for columns, least in ((_NAMES, _SHORTEST), (range(len(widths)), 4)):
        while sum(widths) + len(_GAP) * (len(widths) - 1) > width:
            widest = max(columns, key=widths.__getitem__)
            if widths[widest] <= least:
                break
            widths[widest] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        _cut(cell, width).rjust(width) if at == len(cells) - 1 else _cut(cell, width).ljust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return _GAP.join(padded).rstrip()


def _cut(text: str, width: int) -> str:
    """Return a text without its beginning where it is too long: the ends of names tell layers apart."""
    text = visible_line(text)
    return text if len(text) <= width else f"..{text[len(text) - width + 2 :]}"
