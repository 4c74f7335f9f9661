"""Imported before NumPy: one BLAS thread, so that both sides of a comparison have one core."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
