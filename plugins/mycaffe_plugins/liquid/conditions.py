"""What the liquid layers' settings need to have an effect."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins import Only

from .wiring_settings import FIELDS

_BACKBONE = tuple(
    f"cfc_unit_param.{name}"
    for name in (
        "backbone_units",
        "backbone_layers",
        "backbone_dropout_ratio",
        "backbone_activation",
    )
)


def _uses_ltc(param: Any) -> bool:
    # Settings of LTC cells alone, without a cell_type, are refused when the cell is made.
    cfc = param.cfc_param
    alone = not (cfc.HasField("cell_type") or param.HasField("cfc_unit_param"))
    return bool(alone or cfc.cell_type == cfc.LTC)


def _of_wiring(name: str) -> Only:
    types = [kind for kind, names in FIELDS.items() if name in names]
    return Only(f"wiring_param.{name}", when=f"type: {' or '.join(types)}", refuse=True)


_SELF = "self_connections"
_SHARED_WIRING = tuple(
    _of_wiring(name)
    for name in dict.fromkeys(name for names in FIELDS.values() for name in names)
    if name != _SELF and not all(name in names for names in FIELDS.values())
)
WIRING_CONDITIONS = (*_SHARED_WIRING, _of_wiring(_SELF))
"""Conditions of LTC_UNIT; those of CFC begin with them."""

# A warning: `--set cfc1.wiring_param.type=AUTO_NCP` tries a wiring in a model that has a backbone.
_NO_BACKBONE_IF_WIRED = Only(*_BACKBONE, when="no wiring_param")


def _has_layers(param: Any) -> bool:
    # With a wiring, the condition above says what there is to say.
    return bool(param.cfc_unit_param.backbone_layers or param.HasField("wiring_param"))


_NO_LAYERS = Only(
    *(name for name in _BACKBONE if not name.endswith("_layers")),
    when="backbone_layers above 0",
    test=_has_layers,
)

CFC_UNIT_CONDITIONS = (
    *_SHARED_WIRING,
    _NO_BACKBONE_IF_WIRED,
    _NO_LAYERS,
    Only(f"wiring_param.{_SELF}", when="never", refuse=True),
)
"""Conditions of CFC_UNIT."""

LAYER_CONDITIONS = (
    *WIRING_CONDITIONS,
    _NO_BACKBONE_IF_WIRED,
    _NO_LAYERS,
    Only(f"wiring_param.{_SELF}", when="cfc_param.cell_type: LTC", refuse=True),
    # MyCaffe's files have the settings of both cells.
    Only(
        "cfc_unit_param.no_gate",
        "cfc_unit_param.minimal",
        *_BACKBONE,
        when="cfc_param.cell_type: CFC",
    ),
    Only("ltc_unit_param", when="cfc_param { cell_type: LTC }", test=_uses_ltc),
    Only("cfc_param.first_span", when="time: ABSOLUTE", refuse=True),
)
"""Conditions of CFC."""
