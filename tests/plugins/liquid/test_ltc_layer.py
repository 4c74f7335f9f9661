"""LTC cells' contract: batches, spans, positivity, first values, shapes and settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mycaffe_py.compiled import SWITCH
from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

either_cell = pytest.mark.usefixtures("either_ltc_cell")

LTC = "cfc_param { cell_type: LTC output_features: 2 %s } ltc_unit_param { hidden_size: 5 %s }"


def unit(settings="", more=""):
    return f'type: "LTC_UNIT" ltc_unit_param {{ hidden_size: 5 {settings} }} {more}'


def net_of(registry, batch, steps, *, mask=False, cfc="", ltc="", device=None):
    tops = ["x", "tt", *(["mask"] if mask else [])]
    shapes = [(batch, steps, 2), (batch, steps), *([(batch, steps, 1)] if mask else [])]
    text = f"""force_backward: true
    layer {{ name: "data" type: "Input" {" ".join(f'top: "{top}"' for top in tops)} input_param {{
      {" ".join("shape { " + " ".join(f"dim: {dim}" for dim in shape) + " }" for shape in shapes)} }} }}
    layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{top}"' for top in tops)} top: "y"
      {LTC % (cfc, ltc)} }}"""
    document = load_net_text(registry.schema, text, "net")
    return Net(document, registry=registry, dtype="float64", device=device)


def one_unfold(values, v, x, span):
    """The authors' equation for one sample by plain loops."""
    size = len(v)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    new = np.empty(size)
    for j in range(size):
        above = values["cm"][j] / span * v[j] + values["gleak"][j] * values["vleak"][j]
        below = values["cm"][j] / span + values["gleak"][j] + 1e-8
        for group, potentials in (("", v), ("sensory_", x)):
            for i, potential in enumerate(potentials):
                sigma, mu, w, erev = (
                    values[f"{group}{name}"][i, j] for name in ("sigma", "mu", "w", "erev")
                )
                flow = w * sigmoid(sigma * (potential - mu))
                above += flow * erev
                below += flow
        new[j] = above / below
    return new


@either_cell
def test_the_equation_by_plain_loops(build, rng):
    x, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 5))
    built = build(unit("ode_unfolds: 4"), x, h, [0.7, 12.0])
    layer = built.layer
    values = {name: blob.data for name, blob in zip(layer.blob_names, layer.blobs, strict=True)}
    values["input_w"][...] = rng.standard_normal(3)
    values["input_b"][...] = rng.standard_normal(3)
    found = built.forward()
    for n, span in enumerate((0.7, 12.0)):
        state = h[n]
        for _ in range(4):
            u = x[n] * values["input_w"] + values["input_b"]
            state = one_unfold(values, state, u, (span + 1) / 4)
        np.testing.assert_allclose(found[n], state, rtol=0, atol=1e-12)


NCP = "form: NCPS positivity: SOFTPLUS } wiring_param { type: RANDOM motor_neurons: 3"


@either_cell
@pytest.mark.parametrize("batch", [1, 5, 3, 17])
@pytest.mark.parametrize(
    ("cfc", "ltc"), [("", ""), ("use_mixed: true", ""), ("return_sequences: true", NCP), ("", NCP)]
)
@pytest.mark.parametrize("mask", [False, True])
def test_a_batch_equals_its_samples_one_by_one(registry, rng, batch, cfc, ltc, mask):
    """Batch 1, batch equal to the hidden size (5), and others; cm, input_w and all the others add up.

    With a mask the samples end at different steps, and one was never observed.
    """
    settings = {"cfc": cfc, "ltc": ltc, "mask": mask}
    whole, single = net_of(registry, batch, 6, **settings), net_of(registry, 1, 6, **settings)
    for ours, theirs in zip(single.params["cfc1"], whole.params["cfc1"], strict=True):
        ours.data[...] = theirs.data
    arrays = {"x": rng.standard_normal((batch, 6, 2)), "tt": rng.random((batch, 6))}
    if mask:
        lengths = np.arange(batch)[:, None, None] % 6
        arrays["mask"] = 1.0 * (np.arange(6)[None, :, None] < lengths)
    y = whole.forward(**arrays)["y"].copy()
    dy = rng.standard_normal(y.shape)
    whole.backward(y=dy)
    for n in range(batch):
        part = slice(n, n + 1)
        found = single.forward(**{name: array[part] for name, array in arrays.items()})
        np.testing.assert_allclose(found["y"], y[part], atol=1e-13)
        single.backward(y=dy[part])  # adds to the blobs' diffs
        for name in ("x", "tt"):
            np.testing.assert_allclose(
                single.blobs[name].diff, whole.blobs[name].diff[part], atol=1e-13
            )
    for total, blob in zip(single.params["cfc1"], whole.params["cfc1"], strict=True):
        np.testing.assert_allclose(total.diff, blob.diff, atol=1e-12)
        assert blob.diff.any() or (mask and batch == 1)


@either_cell
@pytest.mark.parametrize("cfc", ["", "use_mixed: true"])
def test_a_sequence_in_pieces_equals_the_whole(build, rng, cfc):
    layer = f"""type: "CFC" top: "y" top: "h" cfc_param {{ cell_type: LTC hidden_size: 5 output_features: 2
      initial_state: true return_sequences: true {cfc} }}"""
    size = 10 if cfc else 5
    x, tt, state = rng.standard_normal((3, 8, 2)), rng.random((3, 8)), np.zeros((3, size))
    whole = build(layer, x, tt, state, tops=2)
    expected = whole.forward()
    for first, last in ((0, 3), (3, 4), (4, 8)):
        piece = build(layer, x[:, first:last], tt[:, first:last], state, tops=2)
        for ours, theirs in zip(piece.layer.blobs, whole.layer.blobs, strict=True):
            ours.data[...] = theirs.data
        np.testing.assert_allclose(piece.forward(), expected[:, first:last], atol=1e-14)
        state = piece.top[1].data
    np.testing.assert_allclose(state, whole.top[1].data, atol=1e-14)


@either_cell
def test_gradients_add_up_until_cleared(registry, rng):
    net = net_of(registry, 2, 4)
    net.forward(x=rng.standard_normal((2, 4, 2)), tt=rng.random((2, 4)))
    net.backward(y=np.ones((2, 2)))
    once = [blob.diff.copy() for blob in net.params["cfc1"]]
    net.backward(y=np.ones((2, 2)))
    for blob, gradient in zip(net.params["cfc1"], once, strict=True):
        np.testing.assert_allclose(blob.diff, 2 * gradient, atol=1e-13)
    net.clear_param_diffs()
    net.backward(y=np.ones((2, 2)))
    for blob, gradient in zip(net.params["cfc1"], once, strict=True):
        np.testing.assert_array_equal(blob.diff, gradient)


def test_working_arrays_may_be_small(registry, rng, monkeypatch):
    """Targets are worked on in parts, so that memory stays bounded; the last part may be smaller."""
    monkeypatch.setenv(SWITCH, "0")  # compiled kernels have no such arrays
    x, tt = rng.standard_normal((3, 4, 2)), rng.random((3, 4))
    found = []
    for cache_bytes, count in ((1 << 19, 1), (2 * 3 * 5 * 8, 3)):
        device = Device(seed=1)
        device.cache_bytes = cache_bytes
        net = net_of(registry, 3, 4, device=device)
        y = net.forward(x=x, tt=tt)["y"]
        net.backward(y=np.ones((3, 2)))
        found.append([y, *(blob.diff for blob in net.params["cfc1"])])
        assert len(net.layer_dict["cfc1"].cell._synapses._parts) == count
    for left, right in zip(*found, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-12)


@either_cell
def test_batch_and_steps_may_change_between_runs(registry, rng):
    net = net_of(registry, 3, 9)
    arrays = [
        {"x": rng.standard_normal((batch, steps, 2)), "tt": rng.random((batch, steps))}
        for batch, steps in ((3, 9), (2, 4), (1, 20), (3, 9))
    ]
    arrays[3] = arrays[0]
    found = []
    for values in arrays:
        for name, array in values.items():
            net.blobs[name].reshape(*array.shape)
        net.clear_param_diffs()
        y = net.forward(**values)["y"].copy()
        net.backward(y=np.ones_like(y))
        found.append([y, *(blob.diff.copy() for blob in net.params["cfc1"])])
    for first, last in zip(found[0], found[3], strict=True):
        np.testing.assert_array_equal(first, last)
    assert [len(values[0]) for values in found] == [3, 2, 1, 3]


# Time.


@either_cell
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("form", ["AUTHORS", "NCPS"])
def test_spans_from_nothing_to_without_end(build, rng, form, dtype):
    """No span leaves the state as it is; one without end gives the state of rest, and nothing overflows."""
    least = -1.0 if form == "AUTHORS" else 0.0
    spans = np.array([least, 1e-30, 1e6, 1e30, np.inf])
    x, h = (
        np.tile(rng.standard_normal((1, 3)), (5, 1)),
        np.tile(rng.standard_normal((1, 5)), (5, 1)),
    )
    built = build(unit(f"form: {form} ode_unfolds: 60"), x, h, spans, dtype=dtype)
    found = built.forward()
    np.testing.assert_array_equal(found[0], built.bottom[1].data[0])
    np.testing.assert_allclose(found[2:4], found[[4, 4]], atol=1e-4)
    diffs = built.backward(np.ones((5, 5)))
    assert all(np.isfinite(diff).all() for diff in diffs)
    assert all(np.isfinite(blob.diff).all() for blob in built.layer.blobs)
    np.testing.assert_array_equal(diffs[1][0], 1)


@either_cell
@pytest.mark.parametrize("positivity", ["NONE", "CLIP"])
def test_a_neuron_without_capacity_keeps_its_state_for_no_time(build, rng, positivity):
    """cm 0 and a span of 0: the equation's 0 / 0."""
    settings = f"form: NCPS positivity: {positivity} cm_init_min: 0 cm_init_max: 0"
    for dtype in (np.float64, np.float32):
        h = rng.standard_normal((2, 5))
        built = build(unit(settings), rng.standard_normal((2, 3)), h, [0, 0], dtype=dtype)
        np.testing.assert_array_equal(built.forward(), h.astype(dtype))
        diffs = built.backward(np.ones((2, 5)))
        np.testing.assert_array_equal(diffs[1], 1)
        assert all(np.isfinite(blob.diff).all() for blob in built.layer.blobs)


@pytest.mark.parametrize(
    ("form", "span", "least"), [("AUTHORS", -1.5, -1), ("NCPS", -0.25, 0), ("NCPS", np.nan, 0)]
)
def test_spans_that_run_backwards_are_refused(build, rng, form, span, least):
    built = build(unit(f"form: {form}"), np.ones((2, 3)), np.ones((2, 5)), [1, span])
    with pytest.raises(LayerError) as caught:
        built.forward()
    assert 'layer "it" (LTC_UNIT): bottom "b2"' in caught.value.message
    assert f"is {span}, expected at least {least}" in caught.value.message


@either_cell
def test_a_denominator_of_zero_is_refused(build):
    built = build(unit("ode_unfolds: 1"), np.ones((1, 1)), np.zeros((1, 5)), [0.0])
    for name, blob in zip(built.layer.blob_names, built.layer.blobs, strict=True):
        blob.data[...] = {"cm": 1.0, "gleak": -1.0}.get(name, 0.0)
    built.layer.cell.settings = replace(built.layer.cell.settings, epsilon=0.0)
    with pytest.raises(LayerError, match="the denominator .* became 0") as caught:
        built.forward()
    assert "positivity: SOFTPLUS" in caught.value.hint


@either_cell
def test_the_forms_differ_by_one_in_time(build, rng):
    x, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 5))
    authors = build(unit(), x, h, [0.5, 2.0])
    ncps = build(unit("form: NCPS"), x, h, [1.5, 3.0])
    assert [blob.name for blob in ncps.layer.blobs[13:]] == ["output_w", "output_b"]
    for ours, theirs in zip(ncps.layer.blobs, authors.layer.blobs, strict=False):
        ours.data[...] = theirs.data
    np.testing.assert_allclose(ncps.forward(), authors.forward(), atol=1e-15)


# Positivity.

POSITIVE = ("gleak", "cm", "w", "sensory_w")


@either_cell
def test_clip_sets_negative_weights_to_zero_in_training_only(build, rng):
    x, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 5))
    training, testing = (build(unit("positivity: CLIP"), x, h, [1, 1], phase=p) for p in (0, TEST))
    for built in (training, testing):
        for name, blob in zip(built.layer.blob_names, built.layer.blobs, strict=True):
            if name in POSITIVE:
                blob.data[...] -= 0.3
    kept = [blob.data.copy() for blob in testing.layer.blobs]
    np.testing.assert_array_equal(training.forward(), testing.forward())
    for name, blob, before, clipped in zip(
        testing.layer.blob_names, testing.layer.blobs, kept, training.layer.blobs, strict=True
    ):
        np.testing.assert_array_equal(blob.data, before)
        expected = np.maximum(before, 0) if name in POSITIVE else before
        np.testing.assert_array_equal(clipped.data, expected)


@either_cell
def test_softplus_computes_with_softplus(build, rng):
    x, h = rng.standard_normal((2, 3)), rng.standard_normal((2, 5))
    plain, soft = build(unit(), x, h, [1, 1]), build(unit("positivity: SOFTPLUS"), x, h, [1, 1])
    for name, ours, theirs in zip(
        plain.layer.blob_names, plain.layer.blobs, soft.layer.blobs, strict=True
    ):
        ours.data[...] = np.log1p(np.exp(theirs.data)) if name in POSITIVE else theirs.data
    np.testing.assert_allclose(soft.forward(), plain.forward(), atol=1e-14)
