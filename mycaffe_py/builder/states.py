"""The states in which a net can be meant to be used: those that its own include and exclude rules name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from mycaffe_py.layer.layer import PHASE_NAMES, RUN, TEST, TRAIN
from mycaffe_py.layer.state_rules import is_included, phase_of_layers

_MOST_STATES = 12
"""So many are checked at most; published nets name up to six."""
_MOST_JOINED = 3
_TOO_HIGH = 2**31
_MOST_TRIED = 96
"""Of hostile files; a state costs a look at each layer."""


@dataclass(frozen=True)
class WantedState:
    """The state that is asked for; what is None or empty is left to the net."""

    phase: int | None = None
    level: int | None = None
    stages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.phase is not None or self.level is not None or bool(self.stages)


def meant_states(net: Any, wanted: WantedState | None = None) -> list[Any]:
    """Return the NetStates to check a NetParameter in, the first one TRAIN where that is meant.

    They are made of the phases, levels and stages that rules name, also ``not_stage``. A state is left out if its
    layers are those of an earlier one, or if a layer has no input there that an excluded layer would give: nobody
    means it. If none is left, sets of several stages are tried, then TRAIN is returned. ``wanted`` restricts them.
    """
    if wanted:
        return _asked_for(net, wanted)
    rules = list(_rules(net))
    stages = [(), *_stage_sets(rules)]
    found = _different(net, _all_of(net, rules, stages))
    if not found:
        names = sorted({name for each in stages for name in each})
        sizes = range(2, _MOST_JOINED + 1)
        joined = (each for size in sizes for each in combinations(names, size))
        found = _different(net, _all_of(net, rules, joined))
    return found[:_MOST_STATES] or [_state(net, TRAIN, 0, ())]


def names_phase(net: Any, phase: int) -> bool:
    """Whether a rule of the net asks for a phase."""
    return any(rule.HasField("phase") and rule.phase == phase for rule in _rules(net))


def in_phase(state: Any, phase: int) -> Any:
    """Return a state with another phase."""
    other = type(state)()
    other.CopyFrom(state)
    other.phase = phase
    return other


def _asked_for(net: Any, wanted: WantedState) -> list[Any]:
    """Return the states that are asked for: in each phase that is meant if the phase is not said."""
    level, stages = wanted.level or 0, wanted.stages
    if wanted.phase is not None:
        return [_state(net, wanted.phase, level, stages)]
    candidates = (_state(net, phase, level, stages) for phase in _phases(_rules(net)))
    return _different(net, candidates) or [_state(net, TRAIN, level, stages)]


def _rules(net: Any) -> Iterator[Any]:
    for layer in net.layer:
        yield from layer.include
        yield from layer.exclude


def _phases(rules: Iterable[Any]) -> list[int]:
    named = {rule.phase for rule in rules if rule.HasField("phase")}
    if not named:
        return [TRAIN]
    return [TRAIN, TEST, RUN] if RUN in named else [TRAIN, TEST]


def _stage_sets(rules: Iterable[Any]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for rule in rules:
        found += [tuple(rule.stage)] if rule.stage else []
        found += [(name,) for name in rule.not_stage]
    return list(dict.fromkeys(found))


def _all_of(net: Any, rules: list[Any], stages: Iterable[tuple[str, ...]]) -> Iterator[Any]:
    lowest = {rule.min_level for rule in rules if rule.HasField("min_level")}
    above = {rule.max_level + 1 for rule in rules if rule.HasField("max_level")} - {_TOO_HIGH}
    levels = [0, *sorted((lowest | above) - {0})]
    for each in stages:
        for level in levels:
            for phase in _phases(rules):
                yield _state(net, phase, level, each)


def _state(net: Any, phase: int, level: int, stages: Iterable[str]) -> Any:
    """Return a state of the net's own stages and further ones."""
    state = type(net.state)()
    state.CopyFrom(net.state)
    state.phase, state.level = phase, level or net.state.level
    state.stage.extend(name for name in stages if name not in state.stage)
    return state


def _different(net: Any, states: Iterable[Any]) -> list[Any]:
    """Return the states that are meant and have layers of their own."""
    found: list[Any] = []
    known: set[tuple[int, tuple[int, ...]]] = set()
    for state in islice(states, _MOST_TRIED):
        own = tuple(at for at, layer in enumerate(net.layer) if is_included(layer, state))
        key = (phase_of_layers(state.phase), own)
        if key not in known and _is_meant(net, own, bool(state.stage or state.level)):
            found.append(state)
        known.add(key)
        if len(found) > _MOST_STATES:
            break
    return found


def _is_meant(net: Any, own: tuple[int, ...], is_special: bool) -> bool:
    """Whether each input of the layers is given by one of them, as far as any layer of the file would give it.

    In a special state, one with a stage or level, layers with rules must not give the same blob, either.
    """
    given: set[str] = set()
    included = set(own)
    others = {top for at, layer in enumerate(net.layer) if at not in included for top in layer.top}
    for at in own:
        layer = net.layer[at]
        if any(name not in given and name in others for name in layer.bottom):
            return False
        if is_special and layer.include and given.intersection(layer.top) - set(layer.bottom):
            return False
        given.update(layer.top)
    return bool(own) or not net.layer


def state_words(state: Any) -> str:
    """Return a state in words: ``TRAIN``, ``TEST with stage deploy, level 2``."""
    words = []
    if state.stage:
        words.append(f"stage{'s' if len(state.stage) > 1 else ''} {' '.join(state.stage)}")
    if state.level:
        words.append(f"level {state.level}")
    return PHASE_NAMES[state.phase] + (f" with {', '.join(words)}" if words else "")
