"""Types of other tools, as an argument and in files: the message names the type here."""

from __future__ import annotations

import pytest

from .conftest import MODEL, SOLVER, replaced

# the verb, and what is asked of it: words of the message
TYPES = {
    ("layers", "Conv"): 'did you mean "Convolution"?',
    ("layers", "Conv2d"): 'did you mean "Convolution"?',
    ("layers", "ConvTranspose2d"): 'did you mean "Deconvolution"?',
    ("layers", "FC"): 'did you mean "InnerProduct"?',
    ("layers", "Dense"): 'did you mean "InnerProduct"?',
    ("layers", "torch.nn.Linear"): 'did you mean "InnerProduct"?',
    ("layers", "BatchNorm2d"): "write BatchNorm, and after it Scale",
    ("layers", "MaxPool2d"): "write Pooling with pooling_param { pool: MAX }",
    ("layers", "AvgPool"): "write Pooling with pooling_param { pool: AVE }",
    ("layers", "GlobalAveragePooling2D"): "global_pooling: true",
    ("layers", "clamp"): "write Clip with clip_param { min: 0 max: 6 }",
    ("layers", "LeakyReLU"): "write ReLU with relu_param { negative_slope: 0.01 }",
    ("layers", "CrossEntropyLoss"): 'did you mean "SoftmaxWithLoss"?',
    ("layers", "BCEWithLogitsLoss"): 'did you mean "SigmoidCrossEntropyLoss"?',
    ("layers", "MSE"): "write MEAN_ERROR_LOSS with mean_error_loss_param { mean_error_type: MSE }",
    ("layers", "MAELoss"): "mean_error_type: MAE",
    ("layers", "LayerNormalization"): "write LayerNorm",
    ("layers", "LSTMCell"): 'did you mean "LSTMUnit"?',
    ("layers", "LTC"): "write CFC with cfc_param { cell_type: LTC }",
    ("layers", "Add"): "write Eltwise with eltwise_param { operation: SUM }",
    ("layers", "Concatenate"): 'did you mean "Concat"?',
    ("layers", "Embedding"): 'did you mean "Embed"?',
    ("layers", "GRU"): "there is no GRU here",
    ("layers", "Attention"): "mycaffe layers lists all",
    ("layers", "Identity"): "leave the layer out",
    ("solvers", "AdamX"): 'did you mean "Adam"?',
    ("solvers", "NAG"): 'did you mean "Nesterov"?',
    ("solvers", "Momentum"): 'did you mean "SGD"?',
    ("solvers", "Lion"): "known solver types: AdaDelta",
    ("fillers", "glorot_uniform"): 'did you mean "xavier"?',
    ("fillers", "he_normal"): 'did you mean "msra"?',
    ("fillers", "normal"): 'did you mean "gaussian"?',
    ("fillers", "zeros"): 'did you mean "constant"?',
    ("fillers", "orthogonal"): "known filler types: bilinear",
    ("gyms", "sine"): 'did you mean "Curve"?',
    ("gyms", "csv"): 'did you mean "Series"?',
    ("gyms", "CartPole-v1"): "known gym types: Curve, Series",
    ("trainers", "RNN"): "write RNN.SUPER_SIMPLE",
    ("trainers", "PPO"): "known trainer types: MyCaffeTrainerDual",
}


@pytest.mark.parametrize(("verb", "name"), TYPES)
def test_a_type_of_another_tool(bench, verb, name):
    words = [f'unknown {verb[:-1]} type "{name}"', TYPES[verb, name]]
    bench.refuses([verb, name], 2, words)


@pytest.mark.parametrize("name", ["Adam W", "adamw", "ADAM_W"])
def test_our_own_types_in_another_spelling(bench, name):
    assert bench.mycaffe("solvers", name).stdout.startswith("AdamW ")


def test_a_type_in_a_model(bench):
    bench.write("bad.prototxt", replaced(MODEL, '"CFC"', '"MaxPool"'))
    bench.refuses(["check", "bad.prototxt"], 2, [":12:22", "pooling_param { pool: MAX }"])


def test_a_type_in_a_solver(bench):
    bench.write("bad.prototxt", replaced(SOLVER, '"AdamW"', '"sgd with momentum"'))
    bench.refuses(["check", "bad.prototxt"], 2, [":1:7", "SGD"])


# a policy of another tool: what the message tells to write
POLICIES = {
    "cosin": 'did you mean "cosine"?',
    "CosineAnnealing": 'did you mean "cosine"?',
    "CosineAnnealingWarmRestarts": 'write lr_policy: "cosine" and restart_iter: N',
    "linear": 'did you mean "poly"?',
    "warmup": 'write lr_policy: "fixed" and warmup_iter: N',
    "ReduceLROnPlateau": 'write lr_policy: "multistep"',
    "noam": 'write lr_policy: "inv"',
    "cyclic": 'write lr_policy: "one_cycle"',
    "lambda": "valid: cosine",
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_of_another_tool(bench, name):
    text = (bench.folder / "solver.prototxt").read_text().replace('"fixed"', f'"{name}"')
    bench.write("bad.prototxt", text)
    words = [f'unknown lr_policy "{name}"', POLICIES[name]]
    bench.refuses(["check", "bad.prototxt"], 2, words)
