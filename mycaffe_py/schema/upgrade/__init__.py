"""Nets and solvers as they are written today, out of every form that Caffe ever had."""

from __future__ import annotations

from .loading import load_net, load_net_text, load_solver, load_solver_text
from .nets import upgrade_net, upgraded_net
from .solvers import upgrade_solver

__all__ = [
    "load_net",
    "load_net_text",
    "load_solver",
    "load_solver_text",
    "upgrade_net",
    "upgrade_solver",
    "upgraded_net",
]
