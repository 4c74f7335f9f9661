"""Shared parameters, inserted splits, state rules, and where gradients flow."""

from __future__ import annotations

from .mutant import Mutant

PARAMETERS = "mycaffe_py/parameters.py"
SPLITS = "mycaffe_py/splits.py"
NET_STATE = "mycaffe_py/net_state.py"
NET_BUILDER = "mycaffe_py/net_builder.py"

OF_PARAMETERS = ("tests/test_parameters.py",)
OF_SPLITS = ("tests/test_splits.py",)
OF_STATES = ("tests/test_net_builder.py", "tests/test_net.py")
OF_FLOW = ("tests/test_need_backward.py",)

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
        "segments-of-other-multipliers-joined",
        PARAMETERS,
        "if joined and joined[-1][1:] == key and joined[-1][0].stop == part.start:",
        "if joined and joined[-1][0].stop == part.start:",
        OF_PARAMETERS,
    ),
    Mutant(
        "segments-without-learning-rate",
        PARAMETERS,
        "return (segment for segment in joined if segment[1] != 0)",
        "return (segment for segment in joined)",
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
        NET_BUILDER,
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
