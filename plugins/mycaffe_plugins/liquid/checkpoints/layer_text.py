"""A structure as the settings of one of our layers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mycaffe_py.layer import enum_name

from .structure import Structure

_LABELS = {
    "kind": "cell",
    "inputs": "columns of the cell's input",
    "hidden": "hidden_size",
    "layer_sizes": "neurons of each layer",
    "ncps": "form",
    "motors": "motor_neurons",
    "mixed": "use_mixed",
    "outputs": "output_features",
}
_KINDS = {"cfc": "CfC", "wired": "CfC with a wiring", "ltc": "LTC"}


def differences(theirs: Structure, ours: Structure) -> list[str]:
    """Return ``hidden_size is 5, the model's 8`` for each thing that differs; sizes only for cells of the same kind."""
    names = [one.name for one in fields(theirs) if one.compare]
    if theirs.kind != ours.kind:
        names = ["kind"]
    elif theirs.ncps != ours.ncps:
        names = ["ncps"]
    if theirs.motors is None:
        names = [name for name in names if name != "motors"]
    return [
        f"{_LABELS.get(name, name)} is {_word(theirs, name)}, the model's {_word(ours, name)}"
        for name in names
        if getattr(theirs, name) != getattr(ours, name)
    ]


def _word(structure: Structure, name: str) -> str:
    value = getattr(structure, name)
    if name == "kind":
        return _KINDS[value]
    if name == "ncps":
        return "NCPS" if value else "AUTHORS"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


def layer_text(structure: Structure, wiring: str, whole: bool) -> str:
    """Return the prototxt of a layer that fits a structure: CFC or, for a cell alone (``whole`` false), a unit.

    What shapes do not tell is a comment.
    """
    ltc = structure.kind == "ltc"
    if whole:
        head = 'name: "cfc1"  type: "CFC"\n  bottom: "x"  bottom: "tt"\n  top: "y"'
    else:
        kind = "LTC_UNIT" if ltc else "CFC_UNIT"
        head = f'name: "cell1"  type: "{kind}"\n  bottom: "x"  bottom: "h"  bottom: "ts"\n  top: "h_new"'
    lines = [
        f"# the cell's input has {structure.inputs} columns: those of x or, with a mask, also the mask's "
        "(and the time since the last observation)"
        if whole
        else f"# x has {structure.inputs} columns",
        "layer {",
        f"  {head}",
        *(f"  {line}" for line in setting_lines(structure, wiring, whole)),
        "}",
    ]
    return "\n".join(lines)


def setting_lines(structure: Structure, wiring: str, whole: bool) -> list[str]:
    """Return the settings of a layer that fits a structure, a message field a line."""
    size = f"hidden_size: {structure.hidden}"
    cell = _ltc_line if structure.kind == "ltc" else _cfc_line
    lines = [_sequence_line(structure, size, bool(wiring))] if whole else []
    lines.append(cell(structure, [] if whole else [size]))
    return [*lines, wiring] if wiring else lines


def _sequence_line(structure: Structure, size: str, wired: bool) -> str:
    outputs, note = structure.outputs, ""
    if outputs is None and not wired:
        outputs, note = structure.hidden, "  # the file has no fc: it becomes the identity"
    parts = [*["cell_type: LTC"] * (structure.kind == "ltc"), size]
    parts += [f"output_features: {outputs}"] if outputs is not None else []
    parts += ["use_mixed: true"] * structure.mixed
    return f"cfc_param {{ {'  '.join(parts)} }}{note}"


def _ltc_line(structure: Structure, parts: list[str]) -> str:
    if not structure.ncps:
        return f"ltc_unit_param {{ {'  '.join(parts)} }}"
    written = "  ".join([*parts, "form: NCPS", "positivity: SOFTPLUS"])
    note = "positivity: NONE for implicit_param_constraints=False; ode_unfolds is not in the file"
    return f"ltc_unit_param {{ {written} }}  # {note}"


def _cfc_line(structure: Structure, parts: list[str]) -> str:
    parts = [*parts, *["minimal: true"] * structure.minimal]
    unseen = [] if structure.minimal else ["no_gate"]
    if structure.kind == "cfc":
        parts.append(f"backbone_units: {structure.backbone_units}")
        parts.append(f"backbone_layers: {structure.backbone_layers}")
        parts.append("backbone_activation: LECUN")
        unseen.append("backbone_activation")
    note = f"  # not in the file: {', '.join(unseen)}" if unseen else ""
    return f"cfc_unit_param {{ {'  '.join(parts)} }}{note}"


def not_in_the_file(layer: Any, structure: Structure) -> str:
    """Return the settings that matter but leave no trace in a checkpoint, as the model has them."""
    if structure.kind == "ltc":
        param = layer.param.ltc_unit_param
        text = f"ode_unfolds: {param.ode_unfolds}, epsilon: {param.epsilon:g}"
        return f"{text}, positivity: {enum_name(param, 'positivity')}" if structure.ncps else text
    param = layer.param.cfc_unit_param
    parts = [] if structure.minimal else [f"no_gate: {str(param.no_gate).lower()}"]
    if structure.kind == "cfc":
        parts.append(f"backbone_activation: {enum_name(param, 'backbone_activation')}")
    return ", ".join(parts)
