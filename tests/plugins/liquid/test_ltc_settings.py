"""LTC cells: settings, blobs and their first values, bottoms and tops that do not fit."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeWarning, PrototxtError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

ONES = [np.ones((2, 3)), np.ones((2, 5)), np.ones((2, 1))]
NAMES = [
    "gleak", "vleak", "cm", "sigma", "mu", "w", "erev",
    "sensory_sigma", "sensory_mu", "sensory_w", "sensory_erev", "input_w", "input_b",
]  # fmt: skip


def unit(settings="", more=""):
    return f'type: "LTC_UNIT" ltc_unit_param {{ hidden_size: 5 {settings} }} {more}'


def values_of(layer):
    return {name: blob.data for name, blob in zip(layer.blob_names, layer.blobs, strict=True)}


def build_cfc(registry, settings, inputs=2):
    text = f"""layer {{ name: "data" type: "Input" top: "x" top: "tt" input_param {{
        shape {{ dim: 2 dim: 3 dim: {inputs} }} shape {{ dim: 2 dim: 3 }} }} }}
      layer {{ name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" top: "y" {settings} }}"""
    return Net(load_net_text(registry.schema, text, "net"), registry=registry)


def test_blobs_and_their_first_values(build):
    layer = build(unit(), *ONES).layer
    assert layer.blob_names == NAMES
    values = values_of(layer)
    shapes = [values[name].shape for name in NAMES]
    assert shapes == [(5,)] * 3 + [(5, 5)] * 4 + [(3, 5)] * 4 + [(3,)] * 2
    ranges = {
        "gleak": (0.001, 1), "vleak": (-0.2, 0.2), "cm": (0.4, 0.6), "w": (0.001, 1),
        "sigma": (3, 8), "mu": (0.3, 0.8),
    }  # fmt: skip
    for name in NAMES[:3] + NAMES[3:6] + NAMES[7:10]:
        least, most = ranges[name.removeprefix("sensory_")]
        assert (values[name] >= least - 1e-6).all() and (values[name] <= most + 1e-6).all()
        assert len(np.unique(values[name])) > 1
    for name in ("erev", "sensory_erev"):
        assert set(np.unique(values[name])) == {-1.0, 1.0}
    assert (values["input_w"] == 1).all() and (values["input_b"] == 0).all()


@pytest.mark.parametrize("name", [*NAMES[:3], *NAMES[3:6], *NAMES[7:10]])
def test_first_values_from_a_range_of_ones_own(build, name):
    layer = build(unit(f"{name}_init_min: 20 {name}_init_max: 21"), *ONES).layer
    for other, values in values_of(layer).items():
        assert ((values >= 20) & (values <= 21)).all() == (other == name)


def test_the_seed_gives_the_first_values(build):
    first, same, other = (values_of(build(unit(), *ONES, seed=n).layer) for n in (4, 4, 5))
    for name in NAMES[:-2]:
        np.testing.assert_array_equal(first[name], same[name])
        assert (first[name] != other[name]).any()


def test_values_in_the_file_take_the_place_of_first_values(build):
    stored = " ".join(
        f"blobs {{ shape {{ {dims} }} data: {number} {more} }}"
        for number, dims, more in (
            *((n, "dim: 1", "") for n in range(3)),
            *((n, "dim: 1 dim: 1", "") for n in range(3, 11)),
        )
    )
    text = f'type: "LTC_UNIT" ltc_unit_param {{ hidden_size: 1 }} {stored}'
    layer = build(text, np.ones((1, 1)), np.ones((1, 1)), [1]).layer
    assert [blob.data.item() for blob in layer.blobs[:11]] == list(range(11))


def test_a_wiring_says_which_synapses_there_are(build, rng):
    wiring = "wiring_param { type: RANDOM sparsity_level: 0.5 motor_neurons: 2 }"
    built = build(unit("form: NCPS", f'{wiring} top: "h" top: "y"'), *ONES)
    built.bottom[1].data[...] = rng.standard_normal((2, 5))
    values = values_of(built.layer)
    assert values["output_w"].shape == values["output_b"].shape == (2,)
    before = built.forward().copy()
    built.backward(np.ones((2, 5)), np.ones((2, 2)))
    missing = 0
    for group in ("", "sensory_"):
        none = values[f"{group}erev"] == 0
        missing += none.sum()
        for name in ("sigma", "mu", "w", "erev"):
            blob = built.layer.blobs[built.layer.blob_names.index(f"{group}{name}")]
            assert not blob.diff[none].any() and blob.diff[~none].all()
            blob.data[none] += 1.0
    assert missing == 12 + 8
    np.testing.assert_array_equal(built.forward(), before)


def test_an_ncp_counts_its_neurons_itself(build):
    text = """type: "LTC_UNIT" wiring_param { type: NCP inter_neurons: 3 command_neurons: 2 motor_neurons: 1
        sensory_fanout: 2 inter_fanout: 1 recurrent_command_synapses: 1 motor_fanin: 1 }"""
    assert build(text, np.ones((2, 3)), np.ones((2, 6)), [1, 1]).layer.cell.state_size == 6


def test_hidden_size_defaults_to_mycaffes(build):
    text = 'type: "LTC_UNIT" ltc_unit_param { ode_unfolds: 1 }'
    build(text, np.ones((1, 1)), np.ones((1, 256)), [1])


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ("hidden_size: 0", "hidden_size", "hidden_size must be at least 1, got 0"),
        ("hidden_size: -4", "hidden_size", "hidden_size must be at least 1, got -4"),
        ("ode_unfolds: 0", "ode_unfolds", "ode_unfolds must be at least 1, got 0"),
        ("ode_unfolds: 9999", "ode_unfolds", "ode_unfolds must be at most 1000, got 9999"),
        ("epsilon: -1", "epsilon", "epsilon must be 0 or more, got -1"),
        ("epsilon: nan", "epsilon", "epsilon must be 0 or more, got nan"),
        ("w_init_min: 2", "w_init_min", "w starts between w_init_min, 2, and w_init_max, 1"),
        ("cm_init_max: inf", "cm_init_max", "cm starts between cm_init_min, 0.4, and cm_init_max"),
    ],
)
def test_bad_settings(build, settings, field, message):
    with pytest.raises(LayerError) as caught:
        build(f'type: "LTC_UNIT" ltc_unit_param {{ {settings} }}', *ONES)
    assert f'layer "it" (LTC_UNIT): {message}' in caught.value.message
    assert caught.value.field == f"ltc_unit_param.{field}"


@pytest.mark.parametrize("kind", ["CFC_UNIT", "LTC_UNIT"])
@pytest.mark.parametrize("setting", ["use_mixed: true", "hidden_size: 5", "cell_type: LTC"])
def test_a_unit_takes_no_settings_of_a_sequence(build, kind, setting):
    with pytest.raises(LayerError, match="cfc_param is for whole sequences") as caught:
        build(f'type: "{kind}" cfc_param {{ {setting} }}', *ONES)
    assert f'layer "it" ({kind}): ' in str(caught.value)
    assert f"give hidden_size in {kind.lower()}_param" in str(caught.value)
    assert caught.value.field == "cfc_param"


def test_a_second_top_is_for_the_form_ncps(build):
    with pytest.raises(LayerError, match="has 2 tops, but only the form NCPS") as caught:
        build(unit(), *ONES, tops=2)
    assert caught.value.field == "ltc_unit_param.form"


@pytest.mark.parametrize(
    ("index", "shape", "message"),
    [
        (0, (2, 3, 1), 'bottom "b0" is (2, 3, 1), expected (N, I)'),
        (1, (2, 4), 'bottom "b1" is (2, 4), expected (2, 5)'),
        (1, (3, 5), 'bottom "b1" is (3, 5), expected (2, 5)'),
        (2, (2, 2), 'bottom "b2" is (2, 2), expected (2, 1) or (2,)'),
        (2, (), 'bottom "b2" is (), expected (2, 1) or (2,)'),
    ],
)
def test_shapes_that_do_not_fit(build, index, shape, message):
    bottoms = list(ONES)
    bottoms[index] = np.ones(shape)
    with pytest.raises(LayerError) as caught:
        build(unit(), *bottoms)
    assert caught.value.message == f'layer "it" (LTC_UNIT): {message}'


# In a CFC layer.


def test_settings_of_both_cells_beside_cell_type_are_read(registry):
    """MyCaffe's files hold both."""
    unit_params = (
        "cfc_unit_param { hidden_size: 4 backbone_units: 64 } ltc_unit_param { hidden_size: 4 }"
    )
    cfc = "cfc_param { cell_type: %s hidden_size: 4 output_features: 1 } " + unit_params
    with pytest.warns(
        MyCaffeWarning, match="backbone_units has no effect with cfc_param.cell_type: LTC"
    ):
        names = build_cfc(registry, cfc % "LTC").layers[-1].blob_names
    assert names == [f"rnn_cell.{name}" for name in NAMES] + ["fc.weight", "fc.bias"]
    with pytest.warns(MyCaffeWarning, match="ltc_unit_param has no effect"):
        names = build_cfc(registry, cfc % "CFC").layers[-1].blob_names
    assert names[0] == "rnn_cell.bb_0.weight"


@pytest.mark.parametrize(
    ("settings", "message", "rest"),
    [
        (
            "cfc_param { cell_type: LTC hidden_size: 3 } ltc_unit_param { hidden_size: 4 }",
            "cfc_param.hidden_size is 3, but ltc_unit_param.hidden_size is 4",
            "3 } ltc_unit_param",
        ),
        (
            "cfc_param { cell_type: LTC } cfc_unit_param { hidden_size: 7 }",
            "cfc_unit_param.hidden_size is for CfC cells only",
            "7 }",
        ),
        (
            "cfc_param { cell_type: LTC hidden_size: 0 }",
            "hidden_size must be at least 1, got 0",
            "0 }",
        ),
    ],
)
def test_sizes_that_disagree(registry, settings, message, rest):
    with pytest.raises(PrototxtError) as caught:
        build_cfc(registry, settings)
    (problem,) = caught.value.problems
    assert problem.message == f'layer "cfc1" (CFC): {message}'
    assert problem.location.text[problem.location.column - 1 :].startswith(rest)


def test_frozen_blobs_get_no_gradient_and_others_do(registry, rng):
    settings = """cfc_param { cell_type: LTC hidden_size: 4 output_features: 1 } loss_weight: 1
        param {} param { lr_mult: 0 } param { lr_mult: 0 } param {} param {} param { lr_mult: 0 }"""
    net = build_cfc(registry, settings)
    net.forward(x=rng.random((2, 3, 2)), tt=rng.random((2, 3)))
    net.backward()
    frozen = [not blob.diff.any() for blob in net.params["cfc1"]]
    assert [index for index, is_frozen in enumerate(frozen) if is_frozen] == [1, 2, 5]


@pytest.mark.parametrize(
    "settings",
    [
        "cfc_param { cell_type: LTC hidden_size: 4 output_features: 1 }",
        "cfc_param { hidden_size: 4 output_features: 1 use_mixed: true }",
        "cfc_param { hidden_size: 6 } wiring_param { motor_neurons: 1 }",
    ],
)
def test_a_layer_is_freed_at_once(registry, settings):
    net = build_cfc(registry, settings)
    net.forward()
    layer = weakref.ref(net.layers[-1])
    gc.disable()
    try:
        del net
        assert layer() is None
    finally:
        gc.enable()
