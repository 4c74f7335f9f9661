"""The CFC layer's contract: batches, masks, dropout, sharing, shapes and settings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.net import TEST, TRAIN, Net
from mycaffe_py.schema import load_net_text
from mycaffe_py.testing import strict_device

UNIT = "backbone_units: 4 backbone_layers: 2"


def net_text(
    batch, steps, features, *, mask=None, cfc="hidden_size: 5 output_features: 2", unit=UNIT
):
    shapes = [(batch, steps, features), (batch, steps, 1)]
    tops = ["x", "tt"]
    if mask is not None:
        tops.append("mask")
        shapes.append((batch, steps, mask))
    return f"""force_backward: true
    layer {{ name: "data" type: "Input" {" ".join(f'top: "{t}"' for t in tops)} input_param {{
      {" ".join("shape { " + " ".join(f"dim: {d}" for d in s) + " }" for s in shapes)} }} }}
    layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{t}"' for t in tops)} top: "y"
      cfc_param {{ {cfc} }} cfc_unit_param {{ {unit} }} }}"""


def build(registry, text, dtype="float64", phase=TRAIN):
    return Net(
        load_net_text(registry.schema, text, "net.prototxt"), phase, registry=registry, dtype=dtype
    )


def run(net, arrays, dy):
    net.clear_param_diffs()
    y = net.forward(**arrays)["y"].copy()
    net.blobs["y"].diff[...] = dy
    net.backward()
    return (
        y,
        [blob.diff.copy() for blob in net.params["cfc1"]],
        net.blobs["x"].diff,
        net.blobs["tt"].diff,
    )


@pytest.mark.parametrize("batch", [1, 5, 3, 17])
@pytest.mark.parametrize("mask", [None, 2, 1])
def test_a_batch_equals_its_samples_one_by_one(registry, rng, batch, mask):
    """Batch 1, batch equal to the hidden size (5), and others."""
    steps = 11
    whole = build(registry, net_text(batch, steps, 2, mask=mask))
    single = build(registry, net_text(1, steps, 2, mask=mask))
    for ours, theirs in zip(single.params["cfc1"], whole.params["cfc1"], strict=True):
        ours.data[...] = theirs.data
    arrays = {"x": rng.standard_normal((batch, steps, 2)), "tt": rng.random((batch, steps, 1))}
    if mask:
        arrays["mask"] = (rng.random((batch, steps, mask)) < 0.6).astype(float)
    dy = rng.standard_normal((batch, 2))
    y, gradients, dx, dt = run(whole, arrays, dy)
    dx, dt = dx.copy(), dt.copy()
    totals = [0.0] * len(gradients)
    for n in range(batch):
        y_n, gradients_n, dx_n, dt_n = run(
            single, {name: array[n : n + 1] for name, array in arrays.items()}, dy[n : n + 1]
        )
        np.testing.assert_allclose(y[n : n + 1], y_n, atol=1e-14)
        np.testing.assert_allclose(dx[n : n + 1], dx_n, atol=1e-13)
        np.testing.assert_allclose(dt[n : n + 1], dt_n, atol=1e-13)
        totals = [total + gradient for total, gradient in zip(totals, gradients_n, strict=True)]
    for total, gradient in zip(totals, gradients, strict=True):
        np.testing.assert_allclose(gradient, total, atol=1e-12)


def test_batch_and_steps_may_change_between_runs(registry, rng):
    net = build(registry, net_text(2, 6, 2))
    reference = build(registry, net_text(3, 9, 2))
    for ours, theirs in zip(reference.params["cfc1"], net.params["cfc1"], strict=True):
        ours.data[...] = theirs.data
    arrays = {"x": rng.standard_normal((3, 9, 2)), "tt": rng.random((3, 9, 1))}
    expected, *_ = run(reference, arrays, 1.0)
    for name, array in arrays.items():
        net.blobs[name].reshape(*array.shape)
    # An Input layer gives its tops the file's shapes at setup only.
    np.testing.assert_allclose(run(net, arrays, 1.0)[0], expected, atol=1e-15)


def test_gradients_accumulate_until_cleared(registry, rng):
    net = build(registry, net_text(2, 6, 2))
    arrays = {"x": rng.standard_normal((2, 6, 2)), "tt": rng.random((2, 6, 1))}
    _, once, *_ = run(net, arrays, 1.0)
    net.backward()
    for blob, gradient in zip(net.params["cfc1"], once, strict=True):
        np.testing.assert_allclose(blob.diff, 2 * gradient, atol=1e-13)


def test_what_a_mask_hides_does_not_matter(registry, rng):
    net = build(registry, net_text(1, 8, 2, mask=2))
    mask = np.ones((1, 8, 2))
    mask[0, [0, 3, 4]] = 0
    arrays = {"x": rng.standard_normal((1, 8, 2)), "tt": rng.random((1, 8, 1)), "mask": mask}
    expected = net.forward(**arrays)["y"].copy()
    arrays["x"][0, [0, 3, 4]] = np.nan
    np.testing.assert_array_equal(net.forward(**arrays)["y"], expected)


def test_a_sample_that_was_never_observed_gives_exactly_zero(registry, rng):
    net = build(registry, net_text(2, 4, 1, mask=1))
    mask = np.zeros((2, 4, 1))
    mask[1, 1] = 1
    y = net.forward(x=rng.random((2, 4, 1)), tt=rng.random((2, 4, 1)), mask=mask)["y"]
    assert (y[0] == 0).all() and (y[1] != 0).all()


def test_a_mask_between_zero_and_one_mixes_outputs(registry, rng):
    """y_t = c_t o_t + (1 - c_t) y_(t-1), against the outputs of the single steps."""
    steps, soft = 4, np.array([1.0, 0.25, 0.5, 0.75])
    arrays = {"x": rng.standard_normal((1, steps, 1)), "tt": rng.random((1, steps, 1))}
    arrays["mask"] = soft.reshape(1, steps, 1)
    net = build(registry, net_text(1, steps, 1, mask=1))
    y = net.forward(**arrays)["y"].copy()
    weight, bias = (blob.data for blob in net.params["cfc1"][-2:])
    states = net.layer_dict["cfc1"].cell.states[1:]
    expected = np.zeros(2)
    for c, state in zip(soft, states, strict=True):
        expected = c * (weight @ state + bias) + (1 - c) * expected
    np.testing.assert_allclose(y[0], expected, atol=1e-14)


@pytest.mark.parametrize(
    ("given", "columns"), [("", 3), ("input_features: 82", 3), ("input_features: 2", 2)]
)
def test_input_features_choose_the_form_of_the_input(registry, given, columns):
    net = build(
        registry, net_text(1, 4, 1, mask=1, cfc=f"hidden_size: 5 output_features: 1 {given}")
    )
    assert net.params["cfc1"][0].shape == (4, columns + 5)


def test_dropout_in_training_only(registry, rng):
    text = net_text(3, 5, 2, unit=f"{UNIT} backbone_dropout_ratio: 0.5")
    arrays = {"x": rng.standard_normal((3, 5, 2)), "tt": rng.random((3, 5, 1))}
    training, testing = build(registry, text), build(registry, text, phase=TEST)
    first, second = (training.forward(**arrays)["y"].copy() for _ in range(2))
    assert np.abs(first - second).max() > 1e-6
    first, second = (testing.forward(**arrays)["y"].copy() for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("activation", ["RELU", "TANH", "SILU", "GELU", "LECUN"])
def test_dropout_gradient(registry, rng, activation):
    """Numeric gradient with the masks of one forward held fast."""
    unit = f"{UNIT} backbone_dropout_ratio: 0.4 backbone_activation: {activation}"
    net = build(registry, net_text(2, 4, 1, unit=unit))
    arrays = {"x": rng.standard_normal((2, 4, 1)), "tt": rng.random((2, 4, 1))}
    dy = rng.standard_normal((2, 2))
    _, gradients, *_ = run(net, arrays, dy)
    cell = net.layer_dict["cfc1"].cell
    cell._draw_masks = lambda: None
    for blob, gradient in zip(net.params["cfc1"], gradients, strict=True):
        index = tuple(rng.integers(n) for n in blob.shape)
        kept, losses = blob.data[index], []
        for shift in (1e-6, -1e-6):
            blob.data[index] = kept + shift
            losses.append((net.forward()["y"] * dy).sum())
        blob.data[index] = kept
        numeric = (losses[0] - losses[1]) / 2e-6
        assert numeric == pytest.approx(gradient[index], rel=1e-5, abs=1e-8), blob.name


def test_dropout_keeps_the_expected_value(registry):
    net = build(registry, net_text(50, 30, 1, unit=f"{UNIT} backbone_dropout_ratio: 0.25"))
    net.forward(x=np.ones((50, 30, 1)), tt=np.ones((50, 30, 1)))
    masks = np.stack(net.layer_dict["cfc1"].cell._masks)
    assert set(np.unique(masks)) == {0.0, 1 / 0.75}
    assert masks.mean() == pytest.approx(1.0, abs=0.02)


def test_frozen_blobs_get_no_gradient_and_others_do(registry, rng):
    text = (
        net_text(1, 5, 1)
        .replace("force_backward: true", "")
        .replace(
            'top: "y"', 'top: "y" loss_weight: 1 param { lr_mult: 0 } param {} param { lr_mult: 0 }'
        )
    )
    net = build(registry, text)
    net.forward(x=rng.random((1, 5, 1)), tt=rng.random((1, 5, 1)))
    net.backward()
    blobs = net.params["cfc1"]
    assert not blobs[0].diff.any() and not blobs[2].diff.any()
    assert blobs[1].diff.any() and blobs[3].diff.any() and blobs[4].diff.any()


def test_two_layers_that_share_a_head_add_their_gradients(registry, rng):
    """A shared head does not lie beside the others in the second layer: its matrix is gathered."""
    shared = 'param {} param {} param {} param {} param { name: "ff1" }'
    text = net_text(2, 5, 1)
    text = text.replace('top: "y"', f'top: "y" {shared}')
    second = (
        text[text.index('layer { name: "cfc1"') :].replace("cfc1", "cfc2").replace('"y"', '"z"')
    )
    both, alone = build(registry, text + second), build(registry, text)
    assert both.params["cfc2"][4].data is both.params["cfc1"][4].data or np.shares_memory(
        both.params["cfc2"][4].data, both.params["cfc1"][4].data
    )
    arrays = {"x": rng.standard_normal((2, 5, 1)), "tt": rng.random((2, 5, 1))}
    expected = 0.0
    both.forward(**arrays)
    for name, top in (("cfc1", "y"), ("cfc2", "z")):
        for ours, theirs in zip(alone.params["cfc1"], both.params[name], strict=True):
            ours.data[...] = theirs.data
        y, gradients, *_ = run(alone, arrays, 1.0)
        np.testing.assert_allclose(both.blobs[top].data, y, atol=1e-14)
        expected = expected + gradients[4]
        both.blobs[top].diff[...] = 1.0
    both.clear_param_diffs()
    both.backward()
    np.testing.assert_allclose(both.params["cfc1"][4].diff, expected, atol=1e-12)


def test_blob_order_is_mycaffes(registry):
    names = [blob.name for blob in build(registry, net_text(1, 3, 1)).params["cfc1"]]
    heads = ["ff1", "ff2", "time_a", "time_b"]
    order = [*(f"rnn_cell.{part}" for part in ["bb_0", "bb_1", *heads]), "fc"]
    assert names == [f"{part}.{kind}" for part in order for kind in ("weight", "bias")]


def test_default_fillers_are_mycaffes(registry):
    net = build(registry, net_text(1, 3, 1, cfc="hidden_size: 300 output_features: 1"))
    for blob in net.params["cfc1"]:
        if blob.name.endswith("bias"):
            assert (blob.data == np.float32(0.1)).all() or np.allclose(blob.data, 0.1)
        else:
            limit = np.sqrt(3 / (blob.count / blob.shape[0]))
            assert np.abs(blob.data).max() <= limit
    assert np.abs(net.params["cfc1"][-2].data).max() > 0.9 * np.sqrt(3 / 300)


@pytest.mark.parametrize(
    ("cfc", "unit", "message", "line"),
    [
        ("output_features: 1", UNIT, "hidden_size must be at least 1, got 0", 5),
        ("hidden_size: 4", UNIT, "output_features must be at least 1, got 0", 5),
        ("input_features: -1", UNIT, "input_features must be at least 1, got -1", 5),
        (
            "hidden_size: 4 output_features: 1",
            f"hidden_size: 5 {UNIT}",
            "is 4, but cfc_unit_param",
            5,
        ),
        (
            "hidden_size: 4 output_features: 1",
            f"{UNIT} minimal: true no_gate: true",
            "exclude each other",
            5,
        ),
        (
            "hidden_size: 4 output_features: 1",
            "backbone_layers: -1",
            "backbone_layers must be at least 0, got -1",
            5,
        ),
        ("hidden_size: 4 output_features: 1", "backbone_units: -1", "backbone_units must be at", 5),
        (
            "hidden_size: 4 output_features: 1",
            "backbone_dropout_ratio: 1",
            "backbone_dropout_ratio must be at least 0 and below 1, got 1",
            5,
        ),
    ],
)
def test_bad_settings_are_located(registry, cfc, unit, message, line):
    with pytest.raises(PrototxtError) as caught:
        build(registry, net_text(1, 4, 1, cfc=cfc, unit=unit))
    (problem,) = caught.value.problems
    assert message in problem.message and 'layer "cfc1" (CFC)' in problem.message
    assert problem.location.line == line and problem.location.filename == "net.prototxt"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "dim: 2 dim: 6 dim: 1 }",
            "dim: 2 dim: 5 dim: 1 }",
            'bottom "tt" is (2, 5, 1), expected the times',
        ),
        ("dim: 2 dim: 6 dim: 3 }", "dim: 2 }", 'bottom "x" is (2,), expected (N, T, F)'),
        ("dim: 2 dim: 6 dim: 3 }", "dim: 2 dim: 0 dim: 3 }", 'bottom "x" is (2, 0, 3)'),
        (
            "shape { dim: 2 dim: 6 dim: 2 }",
            "shape { dim: 2 dim: 6 dim: 9 }",
            'bottom "mask" is (2, 6, 9)',
        ),
    ],
)
def test_shapes_that_do_not_fit(registry, old, new, message):
    text = net_text(2, 6, 3, mask=2).replace("dim: 2 }  }", "dim: 2 } }")
    assert old in text
    with pytest.raises(PrototxtError, match="layer") as caught:
        build(registry, text.replace(old, new, 1))
    assert message in caught.value.problems[0].message


CFC = "hidden_size: 4 output_features: 1"


def test_settings_of_ltc_cells_alone_are_refused_without_cell_type(registry):
    text = net_text(1, 4, 1, cfc=CFC, unit="").replace(
        "cfc_unit_param {", "ltc_unit_param { ode_unfolds: 6"
    )
    with pytest.raises(PrototxtError) as caught:
        build(registry, text)
    (problem,) = caught.value.problems
    assert problem.message == (
        'layer "cfc1" (CFC): there are settings for LTC cells, but the cells are CfC cells'
    )
    assert "cell_type: LTC" in problem.hint
    assert problem.location.text[problem.location.column - 1 :].startswith("ltc_unit_param")


def test_settings_of_ltc_cells_beside_those_of_cfc_are_read(registry):
    """MyCaffe's files hold both."""
    both = f"{UNIT} }} ltc_unit_param {{ input_size: 2 hidden_size: 8 epsilon: 1e-8"
    with pytest.warns(MyCaffeWarning, match="ltc_unit_param has no effect"):
        net = build(registry, net_text(1, 4, 1, cfc=f"{CFC} cell_type: CFC", unit=both))
    param = net.layers[-1].param.ltc_unit_param
    assert (param.input_size, param.hidden_size, param.ode_unfolds) == (2, 8, 6)
    only_ltc = net_text(1, 4, 1, cfc=f"{CFC} cell_type: CFC", unit="")
    build(registry, only_ltc.replace("cfc_unit_param", "ltc_unit_param"))


@pytest.mark.parametrize("mask", [None, 2])
def test_a_sequence_of_one_step(registry, rng, mask):
    """CuPy need not take products of no rows, so the layer asks for none."""
    device = strict_device(seed=2)
    device.xp.cumprod = None
    document = load_net_text(registry.schema, net_text(3, 1, 2, mask=mask))
    net = Net(document, registry=registry, dtype="float64", device=device)
    arrays = {"x": rng.standard_normal((3, 1, 2)), "tt": rng.random((3, 1, 1))}
    if mask:
        arrays["mask"] = np.array([[[1, 0]], [[0, 0]], [[1, 1]]], dtype=float)
    y = device.to_host(net.forward(**arrays)["y"])
    assert (y.any(axis=1) == [True, not mask, True]).all()
    net.backward(y=np.ones((3, 2)))
    assert np.isfinite(device.to_host(net.blobs["x"].diff)).all()


def test_a_changed_number_of_features_is_refused(registry):
    net = build(registry, net_text(1, 4, 2))
    net.blobs["x"].reshape(1, 4, 3)
    with pytest.raises(Exception, match="3 features, but the weights are for 2"):
        net.reshape()
