"""Checks of a net in each state that it is meant for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mycaffe_py.errors import MyCaffeError, Problem, PrototxtError
from mycaffe_py.layer.layer import TEST, TRAIN
from mycaffe_py.net.topology import MAX_PROBLEMS
from mycaffe_py.schema import Document

from .states import WantedState, in_phase, meant_states, names_phase, state_words

Check = Callable[[Any], Any]


@dataclass
class StatesChecked:
    """What was built in the first sound state, and what there is to say of the states."""

    first: Any
    states: list[Any] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def check_in_states(
    document: Document, check: Check, wanted: WantedState | None = None
) -> StatesChecked:
    """Call ``check`` with each NetState that a net is meant for; raise what is wrong, with the states.

    ``check`` returns what it made, or raises a MyCaffeError. A net that is wrong in TRAIN, which no rule of it names,
    and right in TEST, is right: it is one for using a trained net.
    """
    net = document.message
    states = meant_states(net, wanted)
    found = StatesChecked(None)
    wrong: list[tuple[Any, MyCaffeError]] = []
    for state in states:
        made, error, right = _tried(check, state)
        asked = wanted is not None and wanted.phase is not None
        if error is not None and not asked and _may_be_for_testing(net, state):
            other = in_phase(state, TEST)
            made, _, right = _tried(check, other)
            if right:
                why = error.problems[0]
                place = f", line {why.location.line}" if why.location else ""
                found.remarks.append(f"not for {state_words(state)}: {why.message}{place}")
                state, error = other, None
        if error is not None:
            wrong.append((state, error))
            continue
        found.first = made if found.first is None else found.first
        if state not in found.states:
            found.states.append(state)
    if wrong:
        _raise(wrong, found.states)
    return found


def unheard(text: str) -> None:
    """Take a text that nobody wants to hear."""


def tell_states(found: StatesChecked, say: Callable[[str], None]) -> None:
    """Say in which states a net was checked, unless it has only one, and what else there is to say of them."""
    words = [state_words(state) for state in found.states]
    if words != [state_words(type(found.states[0])(phase=TRAIN))]:
        say(f"checked in phase {'; '.join(words)}")
    for remark in found.remarks:
        say(remark)


def _may_be_for_testing(net: Any, state: Any) -> bool:
    return state.phase == TRAIN and not names_phase(net, TRAIN)


def _tried(check: Check, state: Any) -> tuple[Any, MyCaffeError | None, bool]:
    try:
        return check(state), None, True
    except MyCaffeError as error:
        return None, error, False


def _raise(wrong: Sequence[tuple[Any, MyCaffeError]], right: Sequence[Any]) -> None:
    """Raise the problems of all states together; one that is not in every state is given its states."""
    first = wrong[0][1]
    if len(wrong) + len(right) == 1 or not all(isinstance(e, PrototxtError) for _, e in wrong):
        raise first
    states: dict[Problem, list[str]] = {}
    for state, error in wrong:
        for problem in error.problems:
            states.setdefault(problem, []).append(state_words(state))
    total = len(wrong) + len(right)
    problems = [
        problem if len(names) == total else _named(problem, names)
        for problem, names in states.items()
    ]
    problems.sort(key=_place)
    raised = PrototxtError(problems[:MAX_PROBLEMS], getattr(first, "document", None))
    codes = {error.exit_code for _, error in wrong}
    if len(codes) == 1:
        raised.exit_code = first.exit_code
    raise raised from first


def _named(problem: Problem, states: Sequence[str]) -> Problem:
    where = f" (phase {'; '.join(states)})"
    return replace(problem, message=problem.message + where, text=(problem.text or "") + where)


def _place(problem: Problem) -> tuple[int, int]:
    place = problem.location
    return (place.line, place.column) if place else (0, 0)
