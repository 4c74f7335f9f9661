"""A solver and its net are freed as soon as nobody uses them, without waiting for the garbage collector."""

from __future__ import annotations

import gc
import weakref

from ..building import make_net
from ..gpu.test_solvers import SMALL
from ..solving import make_solver


def test_a_solver_is_freed_at_once():
    solver = make_solver(
        'type: "Adam" lr_policy: "fixed" base_lr: 0.1', net=make_net(SMALL), start=""
    )
    solver.step(2)
    kept = weakref.ref(solver), weakref.ref(solver.net)
    gc.disable()
    try:
        del solver
        assert [one() for one in kept] == [None, None]
    finally:
        gc.enable()
