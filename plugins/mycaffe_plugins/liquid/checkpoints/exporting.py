"""From a layer of ours to a file of PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mycaffe_py.cli import say, say_replaced, warn
from mycaffe_py.errors import ConfigError

from .module_text import call_text
from .modules import Module
from .own_layer import OwnLayer
from .state_files import write_state
from .synapses import check_synapses
from .values import as_stored, check_positivity, is_identity, unusual

_NAMES = {"cfc": "the CfC authors' code", "ncps": "ncps"}


def export(own: OwnLayer, path: Path, prefix: str | None, to: str | None) -> None:
    """Write a layer's weights with the names that ``to``, "ncps" or "cfc", has for them."""
    library = _library(own, to)
    if library == "cfc":
        check_synapses({}, own, "the CfC authors' code")
    start = f"{prefix.strip('.')}." if prefix else ""
    module = Module(own.module.kind, start + own.module.cell)
    values = {
        own.their_name(name, own.structure, module): np.array(blob.data)
        for name, blob in zip(own.layer.blob_names, own.layer.blobs, strict=True)
    }
    inner = {name.removeprefix(module.cell): one for name, one in values.items()}
    for text in [*unusual(values), *check_positivity(own, inner)]:
        warn(text)
    has_fc = _readout(own, library, values, module)
    values |= {module.cell + name: np.array(mask, dtype=np.float64) for name, mask in own.masks.items()}  # fmt: skip
    say_replaced([path])
    write_state(path, as_stored(values))
    if own.module.outer is not None:
        say(f"for {call_text(own.layer, own.structure, library, has_fc)}")


def _library(own: OwnLayer, to: str | None) -> str:
    """Return whose module the layer is; raise ConfigError if it cannot be the one that is asked for."""
    structure, name = own.structure, own.layer.name
    only = None
    if structure.kind == "wired":
        only, why = "ncps", "the CfC authors' code has no wirings"
    elif structure.kind == "ltc" and structure.ncps:
        only, why = (
            "ncps",
            "the CfC authors' LTC cell adds 1 to each time span, and maps no outputs",
        )
    elif structure.kind == "ltc":
        only, why = "cfc", "ncps' LTC cell does not add 1 to each time span"
    if only and to not in (None, only):
        raise ConfigError(
            f'layer "{name}" can only be written for {_NAMES[only]}: {why}',
            hint=f"leave --to out, or write --to {only}",
        )
    return to or only or "ncps"


def _readout(own: OwnLayer, library: str, values: dict[str, np.ndarray], module: Module) -> bool:
    """Leave out an fc that changes nothing, where a module need not have one; return whether there is one."""
    if own.structure.outputs is None:
        return False
    names = [f"{module.outer}fc.weight", f"{module.outer}fc.bias"]
    if library == "ncps" and is_identity(*(values[name] for name in names)):
        for name in names:
            del values[name]
        say("fc changes nothing: left out")
        return False
    if own.structure.kind == "ltc" and library == "ncps":
        say(
            f"ncps' LTC has no readout: {' and '.join(names)} are for a linear layer of yours after it"
        )
    return True
