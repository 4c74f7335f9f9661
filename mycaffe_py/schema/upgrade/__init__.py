"""Upgrading nets and solvers from all of Caffe's old formats to the current one."""

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
