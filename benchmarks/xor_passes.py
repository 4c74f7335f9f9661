"""The time of a pass over the streams of examples/xor, ours and torch's in turn."""

from __future__ import annotations

from typing import Any

import torch
from mycaffe_plugins.benchmark.interleaved_timing import TOLERANCE, figures, time_interleaved
from mycaffe_plugins.benchmark.sides import difference
from mycaffe_plugins.benchmark.torch_xor import BATCHES, TorchXorSide
from mycaffe_plugins.benchmark.xor_nets import XorSide

from mycaffe_py.solver import Solver

PASSES = ("net", "ours s", "torch s", "torch / ours", "least", "most")


def time_pass(name: str, solver: Solver, rounds: int) -> list[Any]:
    """Return a row of the table: the seconds for a pass over the streams; stop if the sides differ."""
    torch.set_num_threads(1)
    ours = XorSide(solver)
    found = ours.results()
    theirs = TorchXorSide(ours)
    worst = difference(found, theirs.results())
    if worst > TOLERANCE:
        raise SystemExit(f"{name}: ours and torch's differ by {worst:.1e}")
    times = time_interleaved([ours.step, theirs.step], rounds, BATCHES)
    ours_ms, torch_ms, *ratios = figures(times, over=0)
    param = solver.net.layer_dict["streams"].param.bit_stream_param
    passes = param.streams / param.batch_size
    return [name, *(ms / 1e3 * passes for ms in (ours_ms, torch_ms)), *ratios]
