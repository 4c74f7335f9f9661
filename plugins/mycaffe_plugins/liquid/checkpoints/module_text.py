"""The call that makes the module in PyTorch which takes a layer's weights."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import enum_name

from ..wiring_settings import FIELDS, read_wiring_settings
from .structure import Structure

_ACTIVATIONS = {"LECUN": "lecun_tanh"}


def call_text(layer: Any, structure: Structure, to: str, has_fc: bool) -> str:
    """Return the call that makes the module which takes the exported weights."""
    outputs = structure.outputs if has_fc else None
    if structure.kind == "ltc":
        return _ltc_call(layer, structure, to)
    param = layer.param.cfc_unit_param
    activation = enum_name(param, "backbone_activation")
    if to == "cfc":
        hparams = {
            "backbone_activation": activation.lower(),
            "backbone_units": structure.backbone_units,
            "backbone_layers": structure.backbone_layers,
        }
        hparams |= {"minimal": True} if structure.minimal else {}
        hparams |= {"no_gate": True} if param.no_gate else {}
        if param.backbone_dropout_ratio > 0:
            hparams["backbone_dr"] = round(param.backbone_dropout_ratio, 7)
        mixed = ", use_mixed=True" if structure.mixed else ""
        return f"Cfc({structure.inputs}, {structure.hidden}, {outputs}, {hparams}{mixed})"
    mode = "pure" if structure.minimal else "no_gate" if param.no_gate else "default"
    first = structure.hidden if structure.kind == "cfc" else _wiring_call(layer, structure)
    text = f'CfC({structure.inputs}, {first}, proj_size={outputs}, mode="{mode}"'
    if structure.kind == "cfc":
        name = _ACTIVATIONS.get(activation, activation.lower())
        text += f', activation="{name}", backbone_units={structure.backbone_units}'
        text += f", backbone_layers={structure.backbone_layers}"
        if param.backbone_dropout_ratio > 0:
            text += f", backbone_dropout={round(param.backbone_dropout_ratio, 7)}"
        text += ", mixed_memory=True" if structure.mixed else ""
    return f"ncps.torch.{text})"


def _ltc_call(layer: Any, structure: Structure, to: str) -> str:
    if to == "cfc":
        mixed = ", use_mixed=True" if structure.mixed else ""
        return f"Cfc({structure.inputs}, {structure.hidden}, {structure.outputs}, {{}}, use_ltc=True{mixed})"
    param, wiring = layer.param.ltc_unit_param, _wiring_call(layer, structure)
    implicit = enum_name(param, "positivity") == "SOFTPLUS"
    text = f"ncps.torch.LTC({structure.inputs}, {wiring}, ode_unfolds={param.ode_unfolds}, epsilon={param.epsilon:g}, "
    text += f"implicit_param_constraints={implicit}"
    return f"{text}{', mixed_memory=True' if structure.mixed else ''})"


def _wiring_call(layer: Any, structure: Structure) -> str:
    """Return the call that makes a layer's wiring; without a wiring, the number of neurons."""
    if not layer.param.HasField("wiring_param"):
        return str(structure.hidden)
    settings = read_wiring_settings(layer, structure.hidden, "")
    seed, motors = settings.seed, settings.motor_neurons
    if settings.type == "NCP":
        counts = {name: getattr(settings, name) for name in FIELDS["NCP"]}
        written = ", ".join(f"{name}={count}" for name, count in counts.items())
        return f"NCP({written}, seed={seed})"
    sizes = f"{settings.units}, {motors}"
    if settings.type == "FULLY_CONNECTED":
        own = "" if settings.self_connections else ", self_connections=False"
        return f"FullyConnected({sizes}, erev_init_seed={seed}{own})"
    sparse = f"{sizes}, sparsity_level={settings.sparsity_level:g}"
    if settings.type == "RANDOM":
        return f"Random({sparse}, random_seed={seed})"
    return f"AutoNCP({sparse}, seed={seed})"
