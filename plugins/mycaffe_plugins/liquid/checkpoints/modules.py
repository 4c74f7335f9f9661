"""Finds the liquid modules in a state by the names of their tensors, whatever is put before the names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mycaffe_py.errors import SnapshotError, did_you_mean

CELL = "rnn_cell."
_CFC_MARKS = ("ff1.weight", "ff2.weight", "time_a.weight")
_LTC_MARKS = ("gleak", "vleak", "sensory_mu")
_OF_A_LAYER = re.compile(r"(?P<cell>.*)layer_\d{1,4}\.")
_MOST_SHOWN = 8

_EXPECTED = (
    "expected are those of ncps' CfC or LTC, or of the CfC authors' Cfc: rnn_cell.ff1.weight, "
    "rnn_cell.layer_0.ff1.weight or rnn_cell.gleak, with or without a prefix"
)


@dataclass(frozen=True)
class Module:
    """A cell in a state: kind is "cfc", "wired" (a CfC cell for each layer of a wiring) or "ltc"."""

    kind: str
    cell: str
    """What the names of the cell's tensors begin with, such as ``net.rnn_cell.``."""

    @property
    def outer(self) -> str | None:
        """What the names of lstm and fc begin with; None for a cell without the module around it."""
        whole = self.cell == CELL or self.cell.endswith(f".{CELL}")
        return self.cell.removesuffix(CELL) if whole else None

    @property
    def prefix(self) -> str:
        """The module's name as ``--prefix`` takes it."""
        return (self.cell if self.outer is None else self.outer).removesuffix(".")


def modules_in(names: Iterable[str]) -> list[Module]:
    """Return the modules whose cells' tensors are among the names, in the order of their prefixes."""
    known = list(names)
    ltc = {name[: -len(mark)] for name in known for mark in _LTC_MARKS if _ends(name, mark)}
    cfc = {name[: -len(mark)] for name in known for mark in _CFC_MARKS if _ends(name, mark)}
    found = {cell: Module("ltc", cell) for cell in ltc}
    for cell in cfc:
        layer = _OF_A_LAYER.fullmatch(cell)
        if layer and not any(name.startswith(f"{cell}backbone.") for name in known):
            found[layer["cell"]] = Module("wired", layer["cell"])
        else:
            found[cell] = Module("cfc", cell)
    return [found[cell] for cell in sorted(found)]


def _ends(name: str, mark: str) -> bool:
    return name == mark or name.endswith(f".{mark}")


def choose(names: Iterable[str], prefix: str | None, source: str) -> Module:
    """Return the only module, or the one with that prefix; raise SnapshotError if there is none or not one."""
    known = list(names)
    modules = modules_in(known)
    if not modules:
        raise SnapshotError(
            f"{source} has no tensors of a liquid module, but {_listed(known)}", hint=_EXPECTED
        )
    by_prefix: dict[str, Module] = {}
    for module in modules:
        taken = module.prefix in by_prefix
        by_prefix[module.cell.removesuffix(".") if taken else module.prefix] = module
    listed = ", ".join(repr(name) for name in by_prefix)
    if prefix is not None:
        wanted = prefix.strip(".")
        wanted = wanted if wanted in by_prefix else wanted.removesuffix(CELL[:-1]).strip(".")
        if wanted not in by_prefix:
            raise SnapshotError(
                f'{source} has no liquid module with the prefix "{prefix}"',
                hint=did_you_mean(prefix, by_prefix) or f"prefixes of liquid modules: {listed}",
            )
        return by_prefix[wanted]
    if len(modules) > 1:
        raise SnapshotError(
            f"{source} has {len(modules)} liquid modules",
            hint=f"name one of them with --prefix: {listed}",
        )
    return modules[0]


def _listed(names: list[str]) -> str:
    if not names:
        return "no tensors at all"
    more = f", ... ({len(names)} in all)" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
