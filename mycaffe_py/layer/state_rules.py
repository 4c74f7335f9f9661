"""Selection of the layers that belong to a net: Caffe's phase, level and stage rules."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer.layer import PHASE_NAMES, RUN, TEST


def meets_rule(state: Any, rule: Any) -> bool:
    """Return whether a NetState meets a NetStateRule, that is, all conditions that the rule sets."""
    if rule.HasField("phase") and rule.phase != state.phase:
        return False
    if rule.HasField("min_level") and state.level < rule.min_level:
        return False
    if rule.HasField("max_level") and state.level > rule.max_level:
        return False
    stages = set(state.stage)
    return set(rule.stage) <= stages and not set(rule.not_stage) & stages


def phase_of_layers(phase: int) -> int:
    """Return the phase in which a net's layers run: in MyCaffe's phase RUN they do what they do in TEST."""
    return TEST if phase == RUN else phase


def is_included(layer_param: Any, state: Any) -> bool:
    """Return whether a layer is part of a net in ``state``.

    Without ``include`` rules a layer is included unless an ``exclude`` rule is met; with them it is excluded
    unless an ``include`` rule is met.
    """
    if layer_param.include:
        return any(meets_rule(state, rule) for rule in layer_param.include)
    return not any(meets_rule(state, rule) for rule in layer_param.exclude)


def describe_state(state: Any) -> str:
    """Format a NetState for messages: ``phase TRAIN, level 1, stages a b``."""
    text = f"phase {PHASE_NAMES[state.phase]}"
    if state.level:
        text += f", level {state.level}"
    return text + (f", stages {' '.join(state.stage)}" if state.stage else "")
