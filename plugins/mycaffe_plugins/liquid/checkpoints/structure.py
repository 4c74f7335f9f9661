"""The sizes and the kind of a liquid module, which follow from the names and shapes of its tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mycaffe_py.errors import SnapshotError

from .modules import Module

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

GATED_HEADS = ("ff1", "ff2", "time_a", "time_b")
MASKS = ("sparsity_mask", "sensory_sparsity_mask")
_BACKBONE = re.compile(r"backbone\.(\d{1,4})\.weight")
_LAYER = re.compile(r"layer_(\d{1,4})\.")
_MOST_SHOWN = 6


@dataclass(frozen=True)
class Structure:
    """What a module is, as far as its tensors tell."""

    kind: str
    """"cfc", "wired" or "ltc", as in :class:`Module`."""
    inputs: int
    """Columns of the cell's input."""
    hidden: int
    """Neurons."""
    minimal: bool = False
    backbone_layers: int = 0
    backbone_units: int = 0
    layer_sizes: tuple[int, ...] = ()
    """Neurons of each layer of a wired CfC cell."""
    ncps: bool = False
    """LTC: whether it is ncps', with masks and a map of the output, rather than the authors'."""
    motors: int | None = None
    """LTC of ncps: the size of its output; None if it has no map of the output."""
    mixed: bool = False
    """Whether there is an lstm."""
    outputs: int | None = None
    """Rows of fc; None without fc."""
    bare: bool = field(default=False, compare=False)
    """Wired: a single CfC cell without backbone, whose tensors' names have no ``layer_0.``."""
    steps: tuple[int, ...] = field(default=(), compare=False)
    """The numbers in the names of the backbone's linear layers."""

    @property
    def features(self) -> int:
        """What fc reads: all neurons, or the motor neurons."""
        if self.kind == "wired":
            return self.hidden if self.bare or len(self.layer_sizes) == 1 else self.layer_sizes[-1]
        return self.motors if self.motors is not None else self.hidden


def structure_of(shapes: Shapes, module: Module, source: str) -> Structure:
    """Return a module's structure; raise SnapshotError naming what is missing, has another shape or is unknown."""
    start = len(module.cell)
    own = {name[start:]: shape for name, shape in shapes.items() if name.startswith(module.cell)}
    outer = _outer(shapes, module)
    structure = _with_outer(_READERS[module.kind](own), outer)
    expected = {module.cell + name: shape for name, shape in cell_shapes(structure).items()}
    optional = {module.cell + name for name in _OPTIONAL} if module.kind == "ltc" else set()
    prefix = module.outer or ""
    expected |= {prefix + name: shape for name, shape in outer_shapes(structure).items()}
    found = {module.cell + name: shape for name, shape in own.items()}
    found |= {prefix + name: shape for name, shape in outer.items()}
    _check(expected, optional, found, f"{source}: {_title(module, structure)}")
    if structure.hidden < 1 or structure.inputs < 1:
        raise SnapshotError(
            f"{source}: a cell of {structure.hidden} neurons with {structure.inputs} inputs; both must be at least 1"
        )
    return structure


def _outer(shapes: Shapes, module: Module) -> dict[str, Shape]:
    """Return the tensors of lstm and fc beside the cell."""
    if module.outer is None:
        return {}
    start = len(module.outer)
    return {
        name[start:]: shape
        for name, shape in shapes.items()
        if name.startswith((f"{module.outer}lstm.", f"{module.outer}fc."))
    }


def _with_outer(structure: Structure, outer: Shapes) -> Structure:
    outputs = _size(outer, "fc.weight", 0) if any(name[:3] == "fc." for name in outer) else None
    mixed = any(name.startswith("lstm.") for name in outer)
    return replace(structure, mixed=mixed, outputs=outputs)


def _size(shapes: Shapes, name: str, axis: int) -> int:
    """Return a size of a tensor, 0 if there is no such tensor or axis: the comparison with what is expected says so."""
    shape = shapes.get(name, ())
    return shape[axis] if len(shape) > axis else 0


# The kinds of cells.


def _cfc(own: Shapes) -> Structure:
    steps = tuple(sorted(int(match[1]) for match in map(_BACKBONE.fullmatch, own) if match))
    if not steps and not any(name.startswith("backbone.") for name in own):
        hidden, columns = _head_sizes(own, "")
        minimal = _is_minimal(own, "")
        return Structure("wired", columns - hidden, hidden, minimal, layer_sizes=(hidden,), bare=True)  # fmt: skip
    hidden, _ = _head_sizes(own, "")
    first = f"backbone.{steps[0] if steps else 0}.weight"
    return Structure(
        kind="cfc",
        inputs=_size(own, first, 1) - hidden,
        hidden=hidden,
        minimal=_is_minimal(own, ""),
        backbone_layers=len(steps),
        backbone_units=_size(own, first, 0),
        steps=steps,
    )


def _wired(own: Shapes) -> Structure:
    count = len({int(match[1]) for match in map(_LAYER.match, own) if match})
    sizes, columns = zip(*(_head_sizes(own, f"layer_{index}.") for index in range(count)), strict=True)  # fmt: skip
    minimal = _is_minimal(own, "layer_0.")
    return Structure("wired", columns[0] - sizes[0], sum(sizes), minimal, layer_sizes=sizes)


def _head_sizes(own: Shapes, prefix: str) -> tuple[int, int]:
    """Return rows and columns of the heads, by the first one that is there."""
    for head in GATED_HEADS:
        if len(own.get(f"{prefix}{head}.weight", ())) == 2:
            rows, columns = own[f"{prefix}{head}.weight"]
            return rows, columns
    return 0, 0


def _is_minimal(own: Shapes, prefix: str) -> bool:
    return f"{prefix}w_tau" in own or f"{prefix}A" in own


def _ltc(own: Shapes) -> Structure:
    hidden = next((own[name][0] for name in ("gleak", "vleak") if len(own.get(name, ())) == 1), 0)
    ncps = any(name in own for name in (*MASKS, "output_w"))
    motors = _size(own, "output_w", 0) if "output_w" in own else None
    return Structure("ltc", _size(own, "sensory_mu", 0), hidden, ncps=ncps, motors=motors)


_READERS = {"cfc": _cfc, "wired": _wired, "ltc": _ltc}

# ncps leaves them out with other mappings of inputs and outputs; they then have no effect.
_OPTIONAL = ("input_w", "input_b", "output_w", "output_b")


# What a module of that structure has.


def cell_shapes(structure: Structure) -> dict[str, Shape]:
    """Return the tensors of a cell, by their names within it, with their shapes."""
    return dict(_SHAPES[structure.kind](structure))


def outer_shapes(structure: Structure) -> dict[str, Shape]:
    """Return the tensors of lstm and fc with their shapes."""
    shapes: dict[str, Shape] = {}
    size = structure.hidden
    if structure.mixed:
        shapes["lstm.input_map.weight"] = (4 * size, structure.inputs)
        shapes["lstm.input_map.bias"] = (4 * size,)
        shapes["lstm.recurrent_map.weight"] = (4 * size, size)
    if structure.outputs is not None:
        shapes["fc.weight"] = (structure.outputs, structure.features)
        shapes["fc.bias"] = (structure.outputs,)
    return shapes


def _cfc_shapes(structure: Structure) -> Iterator[tuple[str, Shape]]:
    columns, units = structure.inputs + structure.hidden, structure.backbone_units
    for step in structure.steps or (0,):
        yield f"backbone.{step}.weight", (units, columns)
        yield f"backbone.{step}.bias", (units,)
        columns = units
    yield from _heads("", structure.hidden, columns, structure.minimal)


def _wired_shapes(structure: Structure) -> Iterator[tuple[str, Shape]]:
    columns = structure.inputs
    for index, size in enumerate(structure.layer_sizes):
        prefix = "" if structure.bare else f"layer_{index}."
        if not structure.bare:
            yield f"{prefix}sparsity_mask", (size, columns + size)
        yield from _heads(prefix, size, columns + size, structure.minimal)
        columns = size


def _heads(prefix: str, size: int, columns: int, minimal: bool) -> Iterator[tuple[str, Shape]]:
    for head in ("ff1",) if minimal else GATED_HEADS:
        yield f"{prefix}{head}.weight", (size, columns)
        yield f"{prefix}{head}.bias", (size,)
    if minimal:
        yield f"{prefix}w_tau", (1, size)
        yield f"{prefix}A", (1, size)


def _ltc_shapes(structure: Structure) -> Iterator[tuple[str, Shape]]:
    inputs, size = structure.inputs, structure.hidden
    for name in ("gleak", "vleak", "cm"):
        yield name, (size,)
    for group, rows in (("", size), ("sensory_", inputs)):
        for name in ("sigma", "mu", "w", "erev"):
            yield f"{group}{name}", (rows, size)
        if structure.ncps:
            yield f"{group}sparsity_mask", (rows, size)
    for name, count in (("input", inputs), ("output", structure.motors)):
        if count is not None and (name == "input" or structure.ncps):
            yield f"{name}_w", (count,)
            yield f"{name}_b", (count,)


_SHAPES = {"cfc": _cfc_shapes, "wired": _wired_shapes, "ltc": _ltc_shapes}


# Comparing.


def _title(module: Module, structure: Structure) -> str:
    names = {
        "cfc": "a CfC cell",
        "wired": "a CfC cell with a wiring",
        "ltc": "the authors' LTC cell",
    }
    title = "ncps' LTC cell" if structure.ncps else names[structure.kind]
    place = f' at "{module.cell.removesuffix(".")}"' if module.cell else ""
    return f"the tensors{place} are not those of {title}"


def _check(expected: Shapes, optional: set[str], found: Shapes, title: str) -> None:
    missing = [
        f"{name} {list(shape)}"
        for name, shape in expected.items()
        if name not in found and name not in optional
    ]
    unknown = [name for name in found if name not in expected]
    other = [
        f"{name} is {list(found[name])}, expected {list(shape)}"
        for name, shape in expected.items()
        if name in found and tuple(found[name]) != tuple(shape)
    ]
    parts = [
        f"{word}: {_listed(names)}"
        for word, names in (("missing", missing), ("other shape", other), ("unknown", unknown))
        if names
    ]
    if parts:
        raise SnapshotError(
            f"{title}; {'; '.join(parts)}",
            hint="the file must have the whole state of the module, as state_dict() returns it",
        )


def _listed(names: list[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
