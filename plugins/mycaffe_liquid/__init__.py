"""Liquid neural nets as layers: the closed-form continuous-time (CfC) cell and its sequence layer."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .cfc_layer import CfcLayer
from .cfc_unit_layer import CfcUnitLayer
from .ltc_unit_layer import LtcUnitLayer


@hookimpl
def mycaffe_layers():
    """The liquid layers."""
    return [CfcLayer, CfcUnitLayer, LtcUnitLayer]


@hookimpl
def mycaffe_schema():
    """Their parameters."""
    return [Path(__file__).with_name("liquid.proto")]
