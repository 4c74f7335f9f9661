"""Imported before NumPy and torch, so that both sides of a comparison use vectors of the same width.

With ``--vectors native``, the default, these are the processor's widest: environment variables that restrict NumPy
but not torch are removed. With ``--vectors avx2`` both sides are limited to AVX2.
"""

import os
import sys

CHOICES = ("native", "avx2")
CHOSEN = "avx2" if {"avx2", "--vectors=avx2"} & set(sys.argv) else "native"
_AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx2,+fma",
}

for _name in (*_AVX2, "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES"):
    os.environ.pop(_name, None)
if CHOSEN == "avx2":
    os.environ.update(_AVX2)
