"""Types of other tools whose counterpart needs settings, or which have none."""

from __future__ import annotations

import re

from .words import folded

NONE = ""
"""In the tables: there is nothing of the kind, so that no similar name should be suggested."""

_MAX = "Pooling with pooling_param { pool: MAX }"
_AVE = "Pooling with pooling_param { pool: AVE }"
_MSE = "MEAN_ERROR_LOSS with mean_error_loss_param { mean_error_type: MSE }"
_MAE = "MEAN_ERROR_LOSS with mean_error_loss_param { mean_error_type: MAE }"
_BN = "BatchNorm, and after it Scale with scale_param { bias_term: true }"

_LAYERS = {
    "BatchNorm": ("batchnorm1d batchnorm2d batchnorm3d batchnormalization batchnormalisation", _BN),
    "max": ("maxpool maxpool1d maxpool2d maxpooling maxpooling1d maxpooling2d", _MAX),
    "ave": ("avgpool avgpool1d avgpool2d averagepooling averagepooling2d meanpool averagepool pool2d", _AVE),
    "global": (
        "globalaveragepooling1d globalaveragepooling2d globalavgpool globalaveragepool adaptiveavgpool2d gap",
        "Pooling with pooling_param { pool: AVE global_pooling: true }",
    ),
    "global max": (
        "globalmaxpool globalmaxpooling2d globalmaxpooling1d adaptivemaxpool2d",
        "Pooling with pooling_param { pool: MAX global_pooling: true }",
    ),
    "hardtanh": ("hardtanh", "Clip with clip_param { min: -1 max: 1 }"),
    "clamp": ("clamp", "Clip with clip_param { min: 0 max: 6 }"),
    "leaky": ("leakyrelu lrelu", "ReLU with relu_param { negative_slope: 0.01 }"),
    "mse": ("mse mseloss l2loss meansquarederror l2", _MSE),
    "mae": ("mae maeloss l1 meanabsoluteerror absoluteloss", _MAE),
    "add": ("add sum plus residual skip", "Eltwise with eltwise_param { operation: SUM }"),
    "mul": ("multiply mul prod product", "Eltwise with eltwise_param { operation: PROD }"),
    "maximum": ("maximum max maxout", "Eltwise with eltwise_param { operation: MAX }"),
    "ltc": ("ltc liquidtimeconstant", "CFC with cfc_param { cell_type: LTC }"),
    "norm": (
        "instancenorm instancenorm2d",
        "MVN with mvn_param { across_channels: true }",
    ),
    "layer norm": ("layernormalization", "LayerNorm"),
    "up": (
        "upsampling2d upsampling resize interpolate",
        'Deconvolution with weight_filler { type: "bilinear" }',
    ),
    "sum over": ("mean reducemean reducesum reduce", "Reduction with reduction_param { operation: MEAN }"),
    "activation": ("activation", "each function is a type of its own: ReLU, TanH, Sigmoid, SiLU, GELU, ..."),
    "data": ("dataloader dataset datalayer database lmdb", "Data with data_param { source: ... backend: LMDB }"),
    "identity": ("identity noop passthrough", "leave the layer out, and take its bottom in place of its top"),
    "zero": ("zeropadding2d pad padding", "padding is a setting of Convolution and Pooling: pad: 1"),
    "gru": ("gru grucell", "there is no GRU here; LSTM, RNN and CFC are recurrent types"),
    "none": (
        "attention multiheadattention transformer transformerencoder huber huberloss smoothl1 "
        "bidirectional timedistributed lambda sequential module spatialdropout groupnorm ctc ctcloss",
        NONE,
    ),
}  # fmt: skip
_SOLVERS = {
    "none": (
        "lion lbfgs sgdw ftrl adafactor lamb lars radam rprop adabound adabelief sophia shampoo",
        NONE,
    )
}
_FILLERS = {
    "none": ("orthogonal identity sparse lecunnormal lecununiform variancescaling eye", NONE)
}
_GYMS = {
    "none": ("cartpole cartpolev0 cartpolev1 pong atari mountaincar pendulum lunarlander", NONE)
}
_TRAINERS = {
    "dual": ("mycaffetrainer mycaffetrainerrl", "MyCaffeTrainerDual"),
    "rnn": ("rnn simple rnnsimple supersimple", "RNN.SUPER_SIMPLE"),
    "none": ("ppo a2c a3c dqn pgsimple pgst pgmt sac td3 reinforce", NONE),
}
_LR_POLICIES = {
    "warmup": (
        "warmup linearwarmup warmuplinear constantwithwarmup warmupconstant",
        'write lr_policy: "fixed" and warmup_iter: N: every policy takes a warm-up',
    ),
    "cosine": (
        "warmupcosine cosinewithwarmup cosinewarmup",
        'write lr_policy: "cosine" and warmup_iter: N: every policy takes a warm-up',
    ),
    "plateau": (
        "plateau reducelronplateau reduceonplateau",
        'no policy looks at the loss; write lr_policy: "multistep" with stepvalue and gamma',
    ),
    "none": (
        "lambda lambdalr adam adamw sgd",
        NONE,
    ),
    "cyclic": ("cyclic cycliclr triangular", 'write lr_policy: "one_cycle": one rise and one fall'),
    "inv": (
        "noam inversesqrt rsqrt inversesquareroot invsqrt",
        'write lr_policy: "inv" with gamma and power: 0.5',
    ),
    "restarts": (
        "cosineannealingwarmrestarts sgdr cosinerestarts warmrestarts",
        'write lr_policy: "cosine" and restart_iter: N, the length of a cycle',
    ),
}
_KINDS = {
    "lr_policy": _LR_POLICIES,
    "layer": _LAYERS,
    "solver": _SOLVERS,
    "filler": _FILLERS,
    "gym": _GYMS,
    "trainer": _TRAINERS,
}


def counterpart(kind: str, name: str) -> str | None:
    """Return what to write for another tool's type, or a sentence in lower case.

    NONE if there is nothing of the kind, None if the type is unknown.
    """
    name = re.split(r"[.:]", name)[-1] if "nn." in name or "keras" in name else name
    wanted = folded(name)
    for theirs, ours in _KINDS.get(kind, {}).values():
        if wanted in theirs.split():
            return ours
    return None


def words(kind: str) -> list[str]:
    """Return all names in the table of a kind, folded."""
    return [word for theirs, _ in _KINDS[kind].values() for word in theirs.split()]


def counterparts(kind: str) -> list[str]:
    """Return everything that the table of a kind suggests."""
    return [ours for _, ours in _KINDS[kind].values() if ours]
