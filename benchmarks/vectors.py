"""Imported before NumPy and torch: both sides of a comparison compute with vectors of the same width.

With ``--vectors native``, the default, these are the widest that the processor has: pins in the environment, which
torch would not see, are dropped. With ``--vectors avx2`` both sides are held to AVX2.
"""

import os
import sys

CHOICES = ("native", "avx2")
CHOSEN = "avx2" if {"avx2", "--vectors=avx2"} & set(sys.argv) else "native"
_AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
}

for _name in (*_AVX2, "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES"):
    os.environ.pop(_name, None)
if CHOSEN == "avx2":
    os.environ.update(_AVX2)
