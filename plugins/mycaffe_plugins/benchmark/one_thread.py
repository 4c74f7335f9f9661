"""Imported before NumPy, to limit BLAS to one thread, so that both sides of a comparison use one core."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
