"""RuleSolver: a solver whose update rule has a compiled form beside the plain one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from mycaffe_py.compiled import in_use
from mycaffe_py.solver import ParamGroup, Solver

_TYPES = ("float32", "float64")


class RuleSolver(Solver):
    """A solver that runs its rule as one compiled loop (``solver_kernels.py``) where compiled kernels are in use.

    A subclass gives the loop's name in ``loop`` and, in :meth:`compute_update`, the formula in NumPy's terms; both
    get their numbers from the same place.
    """

    loop: ClassVar[str] = ""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._loop: Callable[..., None] | None = None
        if in_use(self.net.device) and self.net.parameters.data.dtype in _TYPES:
            from . import solver_kernels

            self._loop = getattr(solver_kernels, self.loop)

    def run_loop(self, group: ParamGroup, *numbers: float) -> bool:
        """Run the compiled loop on a group's gradient and history; return False if there is none."""
        if self._loop is None:
            return False
        number = group.diff.dtype.type
        self._loop(group.diff, *group.history, *[number(value) for value in numbers])
        return True
