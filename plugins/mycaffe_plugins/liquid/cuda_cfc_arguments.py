"""The structs that the CfC kernels take: those of ``cfc_sizes.cuh``, ``cfc_products.cuh`` and ``cfc_kernels.cu``."""

from __future__ import annotations

from ctypes import Structure, c_int, c_void_p
from functools import cache


class LayoutArguments(Structure):
    """Of ``cfc_layout``."""

    _fields_ = [("out", c_void_p)]


class InputArguments(Structure):
    """Of ``cfc_from_input``."""

    _fields_ = [
        *((name, c_void_p) for name in ("weight", "bias", "input", "out")),
        *((name, c_int) for name in ("steps", "batch", "rows", "columns", "stride")),
    ]


class OuterProblem(Structure):
    """One matrix of ``cfc_weight_gradients``."""

    _fields_ = [
        *((name, c_void_p) for name in ("rows", "columns", "keep", "out", "bias")),
        *((name, c_int) for name in ("row_count", "row_step", "column_count", "out_stride")),
        ("first_tile", c_int),
    ]


@cache
def argument_types(layers: int) -> tuple[type[Structure], type[Structure]]:
    """Return the structs that depend on the number of backbone layers: CfcArguments and OuterArguments."""
    per_layer = c_void_p * max(layers, 1)

    class CfcArguments(Structure):
        """Of ``cfc_forward`` and ``cfc_backward``."""

        _fields_ = [
            *((name, c_int) for name in ("steps", "batch", "first_stride", "heads_stride")),
            *((name, c_void_p) for name in ("first", "heads", "head_bias")),
            *((name, per_layer) for name in ("middle", "middle_bias")),
            *((name, c_void_p) for name in ("from_input", "times", "w_tau", "a")),
            ("masks", per_layer),
            *((name, c_void_p) for name in ("states", "sums", "decays")),
            *((name, per_layer) for name in ("outputs", "slopes", "units")),
            *((name, c_void_p) for name in ("from_above", "gradients", "state_gradient")),
            ("recurrent", c_void_p),
            *((f"memory_{name}", c_void_p) for name in ("sums", "states", "activated", "outputs")),
            *((f"memory_{name}", c_void_p) for name in ("gradients", "carry")),
            *((name, c_void_p) for name in ("exchange", "rounds")),
        ]

    class OuterArguments(Structure):
        """Of ``cfc_weight_gradients`` and ``cfc_add_partials``."""

        _fields_ = [
            *(
                (name, c_int)
                for name in ("steps", "batch", "count", "tiles", "splits", "terms_each")
            ),
            ("partials", c_void_p),
            ("problems", OuterProblem * (layers + 2)),
        ]

    return CfcArguments, OuterArguments
