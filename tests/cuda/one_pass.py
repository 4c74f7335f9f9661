"""Passes of a CfC cell by kernels, compared with the plain cell; as a program, with the thread sanitizer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = "hidden_size: 12 backbone_units: 8 backbone_activation: TANH"


def one_team_of_three():
    """A chip that runs four small blocks at the same time: one team of three, which takes all sequences in turn."""
    from .stand_in_kernels import SMALL_HOPPER

    return replace(SMALL_HOPPER, processors=4, threads_per_processor=64)


def run_ltc(registry, gpu, text=None):
    """Run two passes of an LTC layer, with another source text if given. Raises if the kernels make a mistake."""
    from mycaffe_plugins.liquid import cuda_ltc_kernels

    from . import ltc_layers

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")
        # One block: it takes the sequences in turn.
        patch.setattr(cuda_ltc_kernels, "_MAX_BLOCKS", 1)
        if text is not None:
            patch.setattr(cuda_ltc_kernels, "read_source", lambda path: text)
        made, dy = ltc_layers.build(registry, gpu, "hidden_size: 12 ode_unfolds: 3", 2, 3)
        for _ in range(2):
            ltc_layers.assert_close(ltc_layers.run(made, dy))


def run(registry, gpu, plan, text=None, layers=2, steps=12):
    """Run two passes with a plan, with another source text if given. Raises if the kernels make a mistake."""
    from mycaffe_plugins.liquid import cuda_cfc_cell, cuda_cfc_kernels

    from .cells import Pair

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")  # the kernels' refusal is one
        patch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: [plan])
        if text is not None:
            patch.setattr(cuda_cfc_kernels, "read_source", lambda path: text)
        pair = Pair(registry, gpu, SETTINGS, layers=layers, dtype=np.float32)
        rng = np.random.default_rng(3)
        for _ in range(2):
            pair.assert_close(pair.run(rng, steps, 3))


def sanitized(plan, text=None, layers=2):
    """Run passes of a CfC cell; without a ``plan`` of an LTC cell. See :func:`_sanitized`."""
    return _sanitized({"plan": plan and vars(plan), "text": text, "layers": layers})


def sanitized_golden(name):
    """Run a case of the golden data. See :func:`_sanitized`."""
    return _sanitized({"plan": None, "golden": name})


def _sanitized(what):
    """Run this file as a program, with the thread sanitizer; return what it reports, or None."""
    preload = subprocess.run(
        ["g++", "-print-file-name=libtsan.so"], capture_output=True, text=True, check=True
    )
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tests.cuda.one_pass as it; it.main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(what),
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "LD_PRELOAD": preload.stdout.strip(),
            "TSAN_OPTIONS": "exitcode=66 report_signal_unsafe=0",
            "OPENBLAS_NUM_THREADS": "1",
        },
    )
    if done.returncode == 66:
        return next(line for line in done.stderr.splitlines() if "WARNING: ThreadSanitizer" in line)
    assert done.returncode in (0, 1), done.stderr[-3000:]
    return None if done.returncode == 0 else done.stderr.splitlines()[-1]


def main():
    """Run what the standard input asks for."""
    from mycaffe_plugins.liquid.cuda_cfc_plan import CfcPlan

    from mycaffe_py.device import Device
    from mycaffe_py.plugins import default_registry

    from ..gpu.stand_in import StandIn
    from .stand_in_kernels import SMALL_HOPPER, Kernels

    given = json.load(sys.stdin)
    module = StandIn()
    chip = SMALL_HOPPER if given["plan"] is None else one_team_of_three()
    module.kernels = Kernels(module, chip, sanitize=True)
    gpu = Device("gpu:0", module, seed=7)
    if given.get("golden"):
        from ..plugins.liquid.golden import check_model

        check_model(default_registry(), given["golden"], "float32", gpu)
    elif given["plan"] is None:
        run_ltc(default_registry(), gpu, given["text"])
    else:
        run(default_registry(), gpu, CfcPlan(**given["plan"]), given["text"], given["layers"])
