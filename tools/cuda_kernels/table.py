"""The table of what the kernels need, and how a row of it is made."""

from __future__ import annotations

from typing import Any

from mycaffe_py.cuda import options_for, read_source

from .nvrtc import compile_source
from .variants import ROOT, Variant

TABLE = ROOT / "tests" / "data" / "cuda_kernels.json"


def row_of(variant: Variant) -> dict[str, Any]:
    """Return the registers of each kernel, its spilled bytes where there are any, and its global integers."""
    source = read_source(variant.source)
    compiled = compile_source(source, options_for(variant.macros), variant.architecture)
    registers = {name: found.registers for name, found in sorted(compiled.kernels.items())}
    spilled = {
        name: [found.stack, found.spill_stores, found.spill_loads]
        for name, found in sorted(compiled.kernels.items())
        if found.stack or found.spill_stores or found.spill_loads
    }
    return {
        "registers": registers,
        **({"spilled": spilled} if spilled else {}),
        **compiled.integers,
    }
