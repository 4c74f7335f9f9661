"""Files with layers that may not be built: everything about them that can be told without these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.errors import MyCaffeError, Problem, PrototxtError, PythonRefusedError
from mycaffe_py.layer.state_rules import is_included
from mycaffe_py.net.named_code import layers_that_run_code, types_that_run_code
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document

from .solver_checks import check_solver_text
from .state_checks import check_in_states, tell_states, unheard
from .states import WantedState
from .text_checks import CheckedText, check_net


@dataclass(frozen=True)
class Unbuilt:
    """A sound model, or solver file, with layers that were not built, and what is known without them."""

    document: Document
    """The model's or the solver's."""
    checked: CheckedText
    refused: frozenset[int]
    """The positions of the layers that were not built, in the model; empty for a solver."""
    state: Any = None
    """The model's first state."""

    @property
    def included(self) -> list[tuple[int, Any]]:
        """Positions and messages of the model's layers in its first state."""
        layers = enumerate(self.document.message.layer)
        return [(index, layer) for index, layer in layers if is_included(layer, self.state)]


def is_refusal(error: MyCaffeError) -> bool:
    """Whether all that is wrong is that layers may not be built, as they run code."""
    return {problem.code for problem in error.problems} == {PythonRefusedError.code}


def has_refusal(error: MyCaffeError) -> bool:
    """Whether layers may not be built, among whatever else is wrong."""
    return PythonRefusedError.code in {problem.code for problem in error.problems}


def check_without_code(
    document: Document,
    registry: Registry,
    wanted: WantedState | None = None,
    say: Callable[[str], None] = unheard,
) -> Unbuilt:
    """Check a model without its layers that run code; raise PrototxtError with all that is wrong with the others."""
    types = types_that_run_code(registry)

    def check(state: Any) -> CheckedText:
        checked = check_net(document, registry, states=[state], left_out=types)
        _raise_any(checked.problems)
        return checked

    found = check_in_states(document, check, wanted)
    tell_states(found, say)
    refused = layers_that_run_code(document.message, registry)
    return Unbuilt(document, found.first, refused, found.states[0])


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
