"""The FORECAST layer: base and correction by rows ahead, and what a trainer keeps in it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeError, SnapshotError
from mycaffe_py.net import Net

BASE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
CORRECTION = np.array([[10.0, 20.0], [30.0, 40.0], [50.0, 60.0], [70.0, 80.0]])
AHEAD = np.array([[1.0], [2.0], [3.0], [2.0]])
GAIN = np.array([[1.0, 0.5], [0.0, -1.0], [2.0, 0.25]])
SETTINGS = "distances: 3 features: 2 columns: 2"
KEPT = {
    "gain": GAIN,
    "band": np.stack([-GAIN - 2, GAIN + 3], axis=-1),
    "weights": np.arange(12.0).reshape(3, 2, 2),
    "centre": np.array([1e9 + 0.123456, -1 / 3]),
    "spread": np.array([np.pi, 1e-20]),
}


def text(settings=SETTINGS, more=""):
    return f'type: "FORECAST" {more} forecast_param {{ {settings} }}'


@pytest.fixture
def forecast(build):
    """Return a function: settings, dtype -> the layer built on the bottoms above."""

    def make(settings=SETTINGS, dtype=np.float64, ahead=AHEAD, more=""):
        return build(text(settings, more), BASE, CORRECTION, ahead, dtype=dtype)

    return make


# The pass.


def test_at_first_the_correction_is_added_as_it_is(forecast):
    np.testing.assert_array_equal(forecast("").forward(), BASE + CORRECTION)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 1), (4,)])
def test_each_sample_takes_the_gain_of_its_row_ahead(forecast, dtype, shape):
    built = forecast(dtype=dtype, ahead=AHEAD.reshape(shape))
    built.layer.remember(gain=GAIN)
    y = built.forward()
    assert y.dtype == dtype
    assert y.tolist() == [[11, 12], [3, -36], [105, 21], [7, -72]]
    dbase, dcorrection, dahead = built.backward(np.full((4, 2), 2.0))
    assert (dbase == 2).all() and not dahead.any()
    assert dcorrection.tolist() == [[2, 1], [0, -2], [4, 0.5], [0, -2]]
    assert [built.layer.allow_force_backward(index) for index in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("ahead", "row"),
    [(-5, 0), (0, 0), (1.4, 0), (1.6, 1), (3.49, 2), (4, 2), (1e30, 2), (np.inf, 2), (-np.inf, 0)],
)
def test_rows_ahead_are_rounded_and_limited(forecast, ahead, row):
    built = forecast(ahead=np.full((4, 1), ahead))
    built.layer.remember(gain=GAIN)
    np.testing.assert_array_equal(built.forward(), BASE + GAIN[row] * CORRECTION)


def test_an_unknown_row_ahead_makes_an_unknown_forecast_of_that_sample_alone(forecast):
    built = forecast(ahead=[[np.nan], [2], [3], [2]])
    y = built.forward()
    assert np.isnan(y[0]).all()
    np.testing.assert_array_equal(y[1:], (BASE + CORRECTION)[1:])


def test_no_solver_changes_its_blobs(forecast):
    layer = forecast().layer
    assert layer.blob_names == ["gain", "band", "scale", "weights"]
    assert [(spec.lr_mult, spec.decay_mult) for spec in layer.param.param] == [(0, 0)] * 4
    assert forecast("").layer.blob_names == ["gain", "band", "scale"]


# What it keeps.


def test_before_anything_is_set(forecast):
    layer = forecast().layer
    assert not layer.is_set
    memory = layer.memory()
    assert {name: values.shape for name, values in memory.items()} == {
        "gain": (3, 2), "band": (3, 2, 2), "weights": (3, 2, 2), "centre": (2,), "spread": (2,),
    }  # fmt: skip
    assert all(values.dtype == np.float64 for values in memory.values())
    assert (memory["gain"] == 1).all() and (memory["spread"] == 1).all()
    assert not any(memory[name].any() for name in ("band", "weights", "centre"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_was_given_is_remembered(forecast, dtype):
    layer = forecast(dtype=dtype).layer
    layer.remember(**KEPT)
    memory = layer.memory()
    assert layer.is_set
    for name in ("gain", "band", "weights"):
        np.testing.assert_array_equal(memory[name], KEPT[name])
    for name in ("centre", "spread"):
        np.testing.assert_allclose(memory[name], KEPT[name], rtol=2.0**-47, atol=0)
    layer.remember(**memory)
    for name, values in layer.memory().items():
        np.testing.assert_array_equal(values, memory[name])


def test_what_is_not_given_stays(forecast):
    layer = forecast().layer
    layer.remember(**KEPT)
    before = layer.memory()
    layer.remember(gain=GAIN + 1, centre=[0, 0])
    after = layer.memory()
    assert (after["gain"] == GAIN + 1).all() and not after["centre"].any()
    for name in ("band", "weights", "spread"):
        np.testing.assert_array_equal(after[name], before[name])


def test_a_gain_alone_sets_it_and_copies_do_not(forecast):
    layer = forecast().layer
    layer.memory()["gain"][...] = 7
    assert (layer.memory()["gain"] == 1).all() and not layer.is_set
    layer.remember(gain=GAIN)
    assert layer.is_set and (layer.memory()["spread"] == 1).all()


def test_without_features_there_are_no_weights(forecast):
    layer = forecast("distances: 3").layer
    assert layer.memory()["weights"].shape == (3, 2, 0)
    layer.remember(weights=np.zeros((3, 2, 0)))
    with pytest.raises(LayerError, match=r"weights is \(3, 2, 4\), expected \(3, 2, 0\)") as caught:
        layer.remember(weights=np.zeros((3, 2, 4)))
    assert caught.value.field == "forecast_param.features"
    assert "set forecast_param.features to 4" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "values", "words", "field"),
    [
        ("gain", np.ones((5, 2)), "gain is (5, 2), expected (3, 2): distances is 3", "distances"),
        ("gain", np.ones((3, 1)), "gain is (3, 1), expected (3, 2): outputs is 2", "outputs"),
        ("band", np.ones((3, 2, 3)), "band is (3, 2, 3), expected (3, 2, 2)", ""),
        ("weights", np.ones(3), "weights is (3,), expected (3, 2, 2)", ""),
        ("centre", np.ones(3), "centre is (3,), expected (2,): columns is 2", "columns"),
        ("centre", ["a", "b"], "centre must be an array of numbers, not ['a', 'b']", ""),
        ("centre", [0, 1e39], "centre holds 1e+39 at (1,), expected finite numbers in float32", ""),
        ("gain", np.full((3, 2), np.nan), "gain holds nan at (0, 0), expected finite", ""),
        ("spread", [1, 0], "spread holds 0 at (1,), expected numbers from 1.18e-38 on", ""),
        ("spread", [-1, 1], "spread holds -1 at (0,)", ""),
        ("band", np.tile([1.0, -1.0], (3, 2, 1)), "the lower end 1 above the upper one, -1", ""),
        ("scale", 1, 'remember() got "scale", but takes only gain, band, weights, centre', ""),
    ],
)
def test_what_cannot_be_remembered_changes_nothing(forecast, name, values, words, field):
    layer = forecast(dtype=np.float32).layer
    with pytest.raises(LayerError) as caught:
        layer.remember(**{"gain": GAIN, name: values})
    assert (
        f'layer "it" (FORECAST): {words}' in caught.value.message or words in caught.value.message
    )
    assert caught.value.field == (f"forecast_param.{field}" if field else "")
    assert not layer.is_set and (layer.memory()["gain"] == 1).all()


# With a net's weights.

MODEL = """
name: "both"
layer {{
  name: "in" type: "Input" top: "base" top: "change" top: "ahead"
  input_param {{ shape {{ dim: 4 dim: 2 }} shape {{ dim: 4 dim: 2 }} shape {{ dim: 4 dim: 1 }} }}
}}
layer {{
  name: "forecast" type: "FORECAST" bottom: "base" bottom: "change" bottom: "ahead" top: "y"
  forecast_param {{ {0} }}
}}
"""


def net(tmp_path, settings=SETTINGS):
    path = tmp_path / "model.prototxt"
    path.write_text(MODEL.format(settings))
    return Net(path)


@pytest.mark.parametrize("ending", ["caffemodel", "caffemodel.h5"])
def test_it_is_saved_and_loaded_with_the_weights(tmp_path, ending):
    first = net(tmp_path)
    first.layer_dict["forecast"].remember(**KEPT)
    first.save(tmp_path / f"w.{ending}")
    second = net(tmp_path)
    second.copy_from(tmp_path / f"w.{ending}")
    layer = second.layer_dict["forecast"]
    assert layer.is_set
    for name, values in first.layer_dict["forecast"].memory().items():
        np.testing.assert_array_equal(layer.memory()[name], values)


def test_weights_that_were_never_set_leave_it_unset(tmp_path):
    net(tmp_path).save(tmp_path / "w.caffemodel")
    second = net(tmp_path)
    second.copy_from(tmp_path / "w.caffemodel")
    assert not second.layer_dict["forecast"].is_set


@pytest.mark.parametrize(
    ("other", "words", "hint"),
    [
        ("distances: 5", 'blob "gain" is (3, 2) in the file and (5, 2) in the net', "distances=3"),
        ("features: 9", 'blob "weights" is (3, 2, 2) in the file and (3, 2, 9)', "features=2"),
        ("features: 0", "has 4 blobs in the file and 3 in the net", "features=2"),
        ("columns: 3", 'blob "scale" is (2, 2, 2) in the file and (2, 2, 3)', "columns=2"),
    ],
)
def test_weights_made_for_something_else_say_for_what(tmp_path, other, words, hint):
    net(tmp_path).save(tmp_path / "w.caffemodel")
    name = other.partition(":")[0]
    settings = [s for s in SETTINGS.replace(": ", ":").split() if not s.startswith(name)]
    with pytest.raises(SnapshotError) as caught:
        net(tmp_path, " ".join([*settings, other])).copy_from(tmp_path / "w.caffemodel")
    assert words in caught.value.message
    assert f"to use these weights: --set forecast.forecast_param.{hint}" in caught.value.hint


def test_the_settings_it_was_made_with_are_in_the_file_of_weights(tmp_path):
    made_with = 'csv_file: "a.csv"\\n# "quoted"'
    first = net(tmp_path, SETTINGS + f" settings: '{made_with}'")
    first.save(tmp_path / "w.caffemodel")
    message = first.registry.schema.message_class("NetParameter").FromString(
        (tmp_path / "w.caffemodel").read_bytes()
    )
    stored = next(layer for layer in message.layer if layer.name == "forecast")
    assert stored.forecast_param.settings == 'csv_file: "a.csv"\n# "quoted"'


# Mistakes.


@pytest.mark.parametrize(
    ("settings", "more", "bottoms", "words", "field"),
    [
        ("distances: 0", "", [], "distances is 0, but must be from 1 to 1000000", "distances"),
        ("distances: 1000001", "", [], "distances is 1000001, but must be", "distances"),
        ("outputs: -1", "", [], "outputs is -1, but must be from 0 to 1000000", "outputs"),
        ("features: -1", "", [], "features is -1, but must be from 0", "features"),
        ("columns: 0", "", [], "columns is 0, but must be from 1", "columns"),
        ("outputs: 3", "", [], 'bottom "b0" (4, 2) has 2 values for each sample, but outputs is 3', "outputs"),
        ("", "", [BASE[0]], 'bottom "b0" is (2,), expected the base: (N, O)', None),
        ("", "", [BASE[:, :0]], 'bottom "b0" is (4, 0), expected the base: (N, O)', None),
        ("", "", [BASE, CORRECTION[:, :1]], 'bottom "b1" is (4, 1), expected the correction of bottom "b0"', None),
        ("", "", [BASE, CORRECTION, BASE], 'bottom "b2" is (4, 2), expected how many rows ahead', None),
        ("", "", [BASE, CORRECTION, AHEAD[:3]], "looks: (4, 1) or (4,)", None),
    ],
)  # fmt: skip
def test_mistakes(build, settings, more, bottoms, words, field):
    bottoms = [*bottoms, *[BASE, CORRECTION, AHEAD][len(bottoms) :]]
    with pytest.raises(LayerError) as caught:
        build(text(settings, more), *bottoms)
    assert 'layer "it" (FORECAST)' in caught.value.message
    assert words in caught.value.message
    assert caught.value.field == (f"forecast_param.{field}" if field else "")


def test_a_learning_rate_is_refused(forecast):
    with pytest.raises(LayerError, match="lr_mult of the blob gain is 1, but must be 0"):
        forecast(more="param { lr_mult: 1 }")


def test_more_weights_than_a_blob_can_hold(forecast):
    with pytest.raises(MyCaffeError, match="has more than 2147483647 elements"):
        forecast("distances: 1000000 features: 1000000")


def test_numbers_beyond_the_dtype_warn_of_nothing(forecast):
    layer = forecast(dtype=np.float32).layer
    with warnings.catch_warnings(), pytest.raises(LayerError, match="expected finite numbers"):
        warnings.simplefilter("error")
        layer.remember(gain=np.full((3, 2), 1e300))
