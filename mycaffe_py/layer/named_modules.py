"""Modules that Python layers name."""

from __future__ import annotations


def module_origin(module: str) -> str:
    """Return which fork of Caffe a module that was not found is part of, as a line of a hint; "" if that is unknown."""
    from mycaffe_py.foreign.forks import fork_of_module

    fork = fork_of_module(module)
    return f"it is part of {fork}\n" if fork else ""
