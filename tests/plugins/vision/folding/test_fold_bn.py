"""``mycaffe fold-bn``: the folded net gives the same outputs, and what cannot be folded stays and is named."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 dim: 6 dim: 5 } } }'
CONV = 'layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 6 kernel_size: 3'
WITH_BIAS, WITHOUT = f"{CONV} }} }}", f"{CONV} bias_term: false }} }}"
BN = 'layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" batch_norm_param { eps: 0.01 } }'
SCALE = 'layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }'
RELU = 'layer { name: "r" type: "ReLU" bottom: "c" top: "c" }'


def fill(net):
    """Random weights, as after a training: BatchNorm has sums of means and of variances, and their factor."""
    rng = np.random.default_rng(1)
    for layer in net.layers:
        for blob in layer.blobs:
            values = rng.standard_normal(blob.shape)
            blob.data[...] = np.abs(values) + 0.3 if layer.type == "BatchNorm" else values


@pytest.fixture
def fold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*layers, arguments=("--model", "net.prototxt", "--weights", "w.caffemodel")):
        (tmp_path / "net.prototxt").write_text("\n".join(['name: "n"', INPUT, *layers]))
        net = Net("net.prototxt", TEST, device="cpu")
        fill(net)
        net.save("w.caffemodel")
        result = CliRunner().invoke(app, ["fold-bn", *arguments, "--out", "f.prototxt"])
        folded = None
        if result.exit_code == 0:
            folded = Net("f.prototxt", TEST, weights="f.caffemodel", device="cpu")
        return net, folded, result

    return run


def same_outputs(net, folded):
    values = np.random.default_rng(2).standard_normal(net.blobs["x"].shape)
    for each in (net, folded):
        each.blobs["x"].data[...] = values
        each.forward()
    assert net.outputs == folded.outputs
    for name in net.outputs:
        np.testing.assert_allclose(
            folded.blobs[name].data, net.blobs[name].data, rtol=1e-4, atol=1e-4
        )


def types(net):
    return [layer.type for layer in net.layers]


@pytest.mark.parametrize("conv", [WITH_BIAS, WITHOUT])
@pytest.mark.parametrize("after", [(BN,), (BN, SCALE), (SCALE,), (SCALE, BN)])
def test_what_follows_a_convolution_in_place(fold, conv, after):
    net, folded, _ = fold(conv, *after, RELU)
    assert types(folded) == ["Input", "Convolution", "ReLU"]
    same_outputs(net, folded)


def test_tops_of_their_own_keep_the_last_name(fold):
    net, folded, _ = fold(
        WITHOUT,
        'layer { name: "bn" type: "BatchNorm" bottom: "c" top: "b" }',
        'layer { name: "s" type: "Scale" bottom: "b" top: "s" }',
        'layer { name: "r" type: "TanH" bottom: "s" top: "y" }',
    )
    assert list(folded.blobs) == ["x", "s", "y"]
    same_outputs(net, folded)


@pytest.mark.parametrize(
    "layer",
    [
        'type: "Convolution" convolution_param { num_output: 6 kernel_size: 2 group: 2 }',
        'type: "Deconvolution" convolution_param { num_output: 6 kernel_size: 3 stride: 2 }',
        'type: "Deconvolution" convolution_param { num_output: 6 kernel_size: 2 group: 2 bias_term: false }',
        'type: "InnerProduct" inner_product_param { num_output: 6 }',
        'type: "InnerProduct" inner_product_param { num_output: 6 transpose: true bias_term: false }',
    ],
)
def test_every_layer_with_weights(fold, layer):
    net, folded, _ = fold(f'layer {{ name: "c" bottom: "x" top: "c" {layer} }}', BN, SCALE)
    assert len(folded.layers) == 2
    same_outputs(net, folded)


def test_bias_layers(fold):
    net, folded, _ = fold(WITHOUT, 'layer { name: "b" type: "Bias" bottom: "c" top: "y" }')
    assert types(folded) == ["Input", "Convolution"]
    same_outputs(net, folded)


def test_batch_norm_with_scale_and_bias_of_its_own(fold):
    bn = BN.replace("eps: 0.01", "scale_bias: true")
    net, folded, _ = fold(WITHOUT, bn)
    assert types(folded) == ["Input", "Convolution"]
    same_outputs(net, folded)


STAYS = {
    "before the convolution": (
        ('layer { name: "bn" type: "BatchNorm" bottom: "x" top: "x2" }', WITHOUT, SCALE, RELU),
        "what comes before it has no weights",
    ),
    "the convolution's output is used elsewhere": (
        (
            WITHOUT,
            'layer { name: "bn" type: "BatchNorm" bottom: "c" top: "b" }',
            'layer { name: "e" type: "Eltwise" bottom: "c" bottom: "b" top: "e" }',
            f'{CONV.replace("c", "d", 1)} }} }}'.replace('"c"', '"d"'),
            'layer { name: "s" type: "Scale" bottom: "d" top: "s" }',
        ),
        "goes to other layers too",
    ),
    "a factor for each pixel": (
        (WITHOUT, BN, 'layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { num_axes: -1 } }'),
        "not the same factor and shift",
    ),
    "the batch's own statistics": (
        (WITHOUT, SCALE, BN.replace("eps", "use_global_stats: false eps")),
        "not the same factor and shift",
    ),
    "another axis": (
        (
            'layer { name: "c" type: "InnerProduct" bottom: "x" top: "c" '
            "inner_product_param { num_output: 6 axis: 3 } }",
            SCALE,
            'layer { name: "d" type: "Convolution" bottom: "x" top: "d" '
            "convolution_param { num_output: 2 kernel_size: 1 } }",
            'layer { name: "t" type: "Scale" bottom: "d" top: "t" }',
        ),
        "has outputs along axis 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STAYS)
def test_what_cannot_be_folded_stays_with_its_reason(fold, case):
    layers, reason = STAYS[case]
    net, folded, result = fold(*layers)
    assert reason in result.output
    same_outputs(net, folded)
    assert len(folded.layers) < len(net.layers)


@pytest.mark.parametrize("variance", [-5, np.nan])
def test_weights_that_are_no_numbers(fold, tmp_path, variance):
    net, _, _ = fold(WITHOUT, BN)
    net.params["bn"][1].data[...] = variance
    net.save("bad.caffemodel")
    arguments = ("--model", "net.prototxt", "--weights", "bad.caffemodel")
    result = CliRunner().invoke(app, ["fold-bn", *arguments, "--out", "g.prototxt"])
    assert result.exit_code == 2 and "values of it that are not finite" in result.output


def test_shared_weights_stay(fold):
    shared = [
        f'layer {{ name: "{name}" type: "Convolution" bottom: "x" top: "{name}" param {{ name: "w" }} '
        "convolution_param { num_output: 6 kernel_size: 1 bias_term: false } }"
        for name in "cd"
    ]
    _, folded, result = fold(*shared, BN)
    assert folded is None and "shares its weights" in result.output
    assert result.exit_code == 2 and "nothing to fold" in result.output


def test_other_states_are_left_out(fold):
    other = 'layer { name: "t" type: "ReLU" bottom: "c" top: "t" include { phase: TRAIN } }'
    net, folded, _ = fold(WITHOUT, BN, other)
    assert types(folded) == ["Input", "Convolution"]
    same_outputs(net, folded)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--weights", "w.caffemodel"), "needs --model"),
        (("--model", "net.prototxt"), "weights"),
        (("--model", "net.prototxt", "--weights", "gone.caffemodel"), "does not exist"),
    ],
)
def test_missing_arguments(fold, arguments, words):
    _, _, result = fold(WITHOUT, BN, arguments=arguments)
    assert result.exit_code in (2, 3) and words in result.output


def test_the_sources_are_not_overwritten(fold, tmp_path):
    fold(WITHOUT, BN)
    result = CliRunner().invoke(
        app,
        ["fold-bn", "--model", "net.prototxt", "--weights", "w.caffemodel", "--out", "w.prototxt"],
    )
    assert result.exit_code == 2 and "would overwrite w.caffemodel" in result.output
