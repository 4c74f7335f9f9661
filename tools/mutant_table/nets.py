"""Shared parameters, inserted splits, state rules, and where gradients flow."""

from __future__ import annotations

from .mutant import Mutant

PARAMETERS = "mycaffe_py/net/parameters.py"
SPLITS = "mycaffe_py/net/splits.py"
NET_STATE = "mycaffe_py/layer/state_rules.py"
NET_BUILDER = "mycaffe_py/net/builder.py"
BUILT_NET = "mycaffe_py/net/built_net.py"

OF_PARAMETERS = ("tests/net/test_parameters.py",)
OF_SPLITS = ("tests/net/test_splits.py",)
OF_STATES = ("tests/net/test_builder.py", "tests/net/test_net.py")
OF_FLOW = ("tests/net/test_need_backward.py",)

MUTANTS = (
    Mutant(
        "sharing-values-apart-in-the-buffer",
        PARAMETERS,
        "blob.share_data(parameter.blob)",
        "pass",
        OF_PARAMETERS,
    ),
    Mutant(
        "sharing-gradients-apart",
        PARAMETERS,
        "blob.share_diff(parameter.blob)",
        "pass",
        OF_PARAMETERS,
    ),
    Mutant(
        "sharing-keeps-the-own-values",
        PARAMETERS,
        "blob.share_data(owner.blob)",
        "pass",
        OF_PARAMETERS,
    ),
    Mutant(
        "sharing-ignores-later-multipliers",
        PARAMETERS,
        "self._set_multipliers(owner, layer, index, spec)",
        "pass",
        OF_PARAMETERS,
    ),
    Mutant(
        "sharing-is-always-permissive",
        PARAMETERS,
        "permissive = spec.share_mode == self._permissive",
        "permissive = True",
        OF_PARAMETERS,
    ),
    Mutant(
        "groups-of-other-multipliers-joined",
        PARAMETERS,
        "if joined and joined[-1][1:] == key and joined[-1][0].stop == part.start:",
        "if joined and joined[-1][0].stop == part.start:",
        OF_PARAMETERS,
    ),
    Mutant(
        "groups-without-learning-rate",
        PARAMETERS,
        "return (group for group in joined if group[1] != 0)",
        "return (group for group in joined)",
        OF_PARAMETERS,
    ),
    Mutant(
        "split-without-a-top-for-the-loss",
        SPLITS,
        "if weight and uses[key]:\n            uses[key] += 1",
        "if weight and uses[key]:\n            uses[key] += 0",
        OF_SPLITS,
    ),
    Mutant(
        "split-loss-counts-twice",
        SPLITS,
        "layer.loss_weight[position] = 0",
        "pass",
        OF_SPLITS,
    ),
    Mutant(
        "split-of-a-blob-made-in-place",
        SPLITS,
        "producer[blob] = (index, position)",
        "producer.setdefault(blob, (index, position))",
        OF_SPLITS,
    ),
    Mutant(
        "state-least-level-excluded",
        NET_STATE,
        "state.level < rule.min_level",
        "state.level <= rule.min_level",
        OF_STATES,
    ),
    Mutant(
        "state-greatest-level-excluded",
        NET_STATE,
        "state.level > rule.max_level",
        "state.level >= rule.max_level",
        OF_STATES,
    ),
    Mutant(
        "state-one-stage-is-enough",
        NET_STATE,
        "return set(rule.stage) <= stages and not",
        "return (not rule.stage or bool(set(rule.stage) & stages)) and not",
        OF_STATES,
    ),
    Mutant(
        "state-all-stages-must-be-there-to-exclude",
        NET_STATE,
        "not set(rule.not_stage) & stages",
        "not (rule.not_stage and set(rule.not_stage) <= stages)",
        OF_STATES,
    ),
    Mutant(
        "state-every-include-rule-must-be-met",
        NET_STATE,
        "return any(meets_rule(state, rule) for rule in layer_param.include)",
        "return all(meets_rule(state, rule) for rule in layer_param.include)",
        OF_STATES,
    ),
    Mutant(
        "gradients-where-all-tops-skip-them",
        BUILT_NET,
        "if not contributes or all_skipped:",
        "if not contributes:",
        OF_FLOW,
    ),
    Mutant(
        "gradients-to-weights-that-do-not-learn",
        NET_BUILDER,
        "layer.param_propagate_down[index] = learns",
        "layer.param_propagate_down[index] = True",
        OF_FLOW,
    ),
)
