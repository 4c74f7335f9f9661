"""Kernels compiled with Numba, from the extra ``fast``: the choice, the cache, and what kernels are made of.

A kernel lives beside the plain code that it stands for, in a file named ``*_kernels.py``, which is imported only where
:func:`in_use` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .buffers import AlignedBuffers as AlignedBuffers, aligned_zeros as aligned_zeros
    from .choice import (
        SWITCH as SWITCH,
        in_use as in_use,
        kernels_on as kernels_on,
        switched_off as switched_off,
        why_not as why_not,
    )
    from .compiling import (
        INLINED as INLINED,
        called as called,
        compiled as compiled,
        inlined as inlined,
        kernel_source as kernel_source,
        merged as merged,
    )
    from .elementary import erf as erf, exp as exp, sigmoid as sigmoid, tanh as tanh
    from .lstm_gates import lstm_gates as lstm_gates, lstm_gates_back as lstm_gates_back
    from .notice import telling as telling
    from .places import cache_home as cache_home
    from .products import (
        block_width as block_width,
        multiply_add as multiply_add,
        multiply_from as multiply_from,
        multiply_packed as multiply_packed,
        pack as pack,
        padded as padded,
    )
    from .settings_here import (
        FILE as FILE,
        has_settings_here as has_settings_here,
        refusing_settings_here as refusing_settings_here,
    )
    from .tiles import Emitter as Emitter, tile as tile, turn as turn
    from .vector_tanh import VectorTanh as VectorTanh
    from .vectors import HOST as HOST, Vectors as Vectors
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        buffers="AlignedBuffers aligned_zeros",
        choice="SWITCH in_use kernels_on switched_off why_not",
        compiling="INLINED cache_home called compiled inlined kernel_source merged",
        elementary="erf exp sigmoid tanh",
        lstm_gates="lstm_gates lstm_gates_back",
        places="cache_home",
        products="block_width multiply_add multiply_from multiply_packed pack padded",
        notice="telling",
        settings_here="FILE has_settings_here refusing_settings_here",
        tiles="Emitter tile turn",
        vector_tanh="VectorTanh",
        vectors="HOST Vectors",
    )
