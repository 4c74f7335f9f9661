"""Files with layers that may not be built: everything about them that can be told without these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.errors import MyCaffeError, Problem, PrototxtError, PythonRefusedError
from mycaffe_py.layer.layer import TRAIN
from mycaffe_py.layer.state_rules import is_included
from mycaffe_py.net.named_code import layers_that_run_code, types_that_run_code
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document

from .solver_checks import check_solver_text
from .text_checks import CheckedText, check_net


@dataclass(frozen=True)
class Unbuilt:
    """A sound model, or solver file, with layers that were not built, and what is known without them."""

    document: Document
    """The model's or the solver's."""
    checked: CheckedText
    refused: frozenset[int]
    """The positions of the layers that were not built, in the model; empty for a solver."""

    @property
    def included(self) -> list[tuple[int, Any]]:
        """Positions and messages of the model's layers in phase TRAIN."""
        net = self.document.message
        state = type(net.state)()
        state.CopyFrom(net.state)
        state.phase = TRAIN
        layers = enumerate(net.layer)
        return [(index, layer) for index, layer in layers if is_included(layer, state)]


def is_refusal(error: MyCaffeError) -> bool:
    """Whether all that is wrong is that layers may not be built, as they run code."""
    return {problem.code for problem in error.problems} == {PythonRefusedError.code}


def has_refusal(error: MyCaffeError) -> bool:
    """Whether layers may not be built, among whatever else is wrong."""
    return PythonRefusedError.code in {problem.code for problem in error.problems}


def check_without_code(document: Document, registry: Registry) -> Unbuilt:
    """Check a model without its layers that run code; raise PrototxtError with all that is wrong with the others."""
    checked = check_net(document, registry, left_out=types_that_run_code(registry))
    _raise_any(checked.problems)
    return Unbuilt(document, checked, layers_that_run_code(document.message, registry))


def check_solver_without_code(document: Document, registry: Registry) -> Unbuilt:
    """Check a solver file and its net, without the layers that run code; raise PrototxtError with what is wrong."""
    checked = check_solver_text(
        document.text, document.filename, registry, left_out=types_that_run_code(registry)
    )
    _raise_any(checked.problems)
    return Unbuilt(document, checked, frozenset())


def _raise_any(problems: Sequence[Problem]) -> None:
    if problems:
        raise PrototxtError(problems)
