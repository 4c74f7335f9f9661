"""Implementation of ``mycaffe new layer``, ``loss``, ..., ``package``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from mycaffe_py.cli.failures import echo_result, say
from mycaffe_py.cli.options import load_plugins
from mycaffe_py.cli.third_party import installed_commands
from mycaffe_py.skeletons import Made, make_package, make_plugin


def new_plugin(kind: str, name: str, folder: str) -> None:
    """Write a plugin; print its files, and on stderr what to type next."""
    _tell(make_plugin(kind, name, os.path.expanduser(folder), load_plugins(()), _verbs()))


def new_package(name: str, *, kinds: Sequence[str], folder: str) -> None:
    """Write a package; print its files, and on stderr what to type next."""
    _tell(make_package(name, kinds, os.path.expanduser(folder), load_plugins(()), _verbs()))


def _verbs() -> set[str]:
    """Return the names of verbs that are taken."""
    from mycaffe_py.cli.app import TOOLS, VERBS  # which imports the verbs' modules when they run

    return {*VERBS, *TOOLS, *installed_commands()}


def _tell(made: Made) -> None:
    for file in made.files:
        echo_result(str(file))
    steps = made.next_steps
    if made.folder != Path("."):
        steps = [f"cd {shlex.quote(str(made.folder))}", *steps]
    for line in ["Next:", *(f"  {step}" for step in steps)]:
        say(f"  {line}")
