"""An estimator's file: the same bits come back, and damaged files are refused with one error."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile

import numpy as np
import pytest

from mycaffe_py.errors import (
    ConfigError,
    DeviceError,
    MissingFileError,
    NotFittedError,
    OutputError,
    SnapshotError,
)
from mycaffe_py.series import LiquidClassifier, LiquidRegressor

from ..weights.damaging import flipped

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 5, 2))
Y = X[:, :, 0].mean(axis=1)
QUICK = {"hidden_size": 3, "max_updates": 5, "random_state": 1}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "model.npz"
    LiquidRegressor(**QUICK).fit(X, Y).save(path)
    return path


def entries(path):
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def changed(path, tmp_path, changes=None, **arrays):
    """Write the file with some entries changed; None leaves one out."""
    found = entries(path)
    if changes:
        header = json.loads(str(found["header"]))
        if isinstance(changes.get("params"), dict):
            changes = {**changes, "params": header["params"] | changes["params"]}
        found["header"] = np.array(json.dumps(header | changes))
    found |= arrays
    other = tmp_path / "changed.npz"
    np.savez(other, **{name: array for name, array in found.items() if array is not None})
    return other


@pytest.mark.parametrize(
    "params", [{}, {"layers": 2}, {"cell": "ltc", "dtype": "float64"}], ids=str
)
def test_a_regressor_comes_back_with_the_same_bits(params, tmp_path):
    two = np.stack([Y, 2 * Y], axis=1)
    model = LiquidRegressor(**QUICK, **params).fit(X, two)
    model.save(tmp_path / "m.npz")
    again = LiquidRegressor.load(tmp_path / "m.npz")
    assert np.array_equal(again.predict(X), model.predict(X))
    assert (
        again.get_params() == model.get_params()
        and again.best_validation_ == model.best_validation_
    )
    for name in model.history_:
        assert np.array_equal(again.history_[name], model.history_[name])
    for name in (
        "n_features_in_",
        "n_steps_in_",
        "n_outputs_",
        "n_updates_",
        "seed_",
        "time_scale_",
    ):
        assert getattr(again, name) == getattr(model, name)


@pytest.mark.parametrize(
    "labels", [np.array([7, -2]), np.array(["ja", "nein"], object), np.array(["a", "b"])]
)
def test_a_classifier_comes_back_with_its_labels(labels, tmp_path):
    model = LiquidClassifier(**QUICK).fit(X, labels[(Y > 0).astype(int)])
    model.save(tmp_path / "m.npz")
    again = LiquidClassifier.load(tmp_path / "m.npz")
    assert again.classes_.dtype == model.classes_.dtype
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_settings_after_the_training_do_not_change_the_file(tmp_path):
    model = LiquidRegressor(**QUICK).fit(X, Y)
    wanted = model.predict(X)
    model.set_params(hidden_size=9, layers=2)
    model.save(tmp_path / "m.npz")
    assert np.array_equal(model.predict(X), wanted)
    assert np.array_equal(LiquidRegressor.load(tmp_path / "m.npz").predict(X), wanted)


def test_a_drawn_seed_and_callbacks_are_left_out(tmp_path):
    params = {**QUICK, "random_state": np.random.default_rng(1), "callbacks": [print]}
    model = LiquidRegressor(**params).fit(X, Y)
    model.save(tmp_path / "m.npz")
    again = LiquidRegressor.load(tmp_path / "m.npz")
    assert again.random_state == model.seed_ and again.callbacks is None


def test_files_that_cannot_be_written_or_found(saved, tmp_path):
    with pytest.raises(NotFittedError):
        LiquidRegressor().save(tmp_path / "m.npz")
    with pytest.raises(OutputError):
        LiquidRegressor(**QUICK).fit(X, Y).save(tmp_path)
    with pytest.raises(MissingFileError):
        LiquidRegressor.load(tmp_path / "none.npz")
    with pytest.raises(SnapshotError, match=r"LiquidRegressor.load\(path\)"):
        LiquidClassifier.load(saved)
    with pytest.raises(ConfigError, match="bytes cannot be saved"):
        LiquidClassifier(**QUICK).fit(X, np.where(Y > 0, b"a", b"b")).save(tmp_path / "m.npz")


def test_a_cut_or_changed_file_never_loads_wrongly(saved, tmp_path):
    data, wanted = saved.read_bytes(), LiquidRegressor.load(saved).predict(X)
    path = tmp_path / "damaged.npz"
    for end in range(0, len(data), 397):
        path.write_bytes(data[:end])
        with pytest.raises(SnapshotError):
            LiquidRegressor.load(path)
    for at in range(0, len(data), 211):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
        try:
            found = LiquidRegressor.load(path).predict(X)
        except SnapshotError:
            continue
        assert np.array_equal(found, wanted)  # a byte that has no meaning, such as a date


def test_pickles_and_bombs_are_refused(saved, tmp_path):
    path = tmp_path / "hostile.npz"
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(SnapshotError):
        LiquidRegressor.load(path)
    np.savez(path, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(SnapshotError, match="not expected"):
        LiquidRegressor.load(path)
    np.savez_compressed(path, header=np.zeros(10**7))
    with pytest.raises(SnapshotError, match="compressed"):
        LiquidRegressor.load(path)
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", buffer.getvalue())
    with pytest.raises(SnapshotError, match="has 0 bytes"):
        LiquidRegressor.load(path)


@pytest.mark.parametrize(
    "header",
    [{"format": 2}, {"class": 3}, {"params": []}, {"params": {}, "n_outputs_": 2}, {"n_outputs_": "1"},
     {"n_steps_in_": -1}, {"n_steps_in_": 10**15}, {"_features": 10**9}, {"seed_": 0.5}, {"time_scale_": 0},
     {"_is_table": 1}, {"params": {"hidden_size": 10**6}}, {"params": {"hidden_size": "x"}},
     {"params": {"layers": 2}}, {"params": {"unknown": 1}}, {"params": {"random_state": -5}},
     {"params": {"batch_size": 10**12, "hidden_size": 3}}],
    ids=str,
)  # fmt: skip
def test_a_changed_header_is_refused(header, saved, tmp_path):
    with pytest.raises(SnapshotError):
        LiquidRegressor.load(changed(saved, tmp_path, header))


@pytest.mark.parametrize(
    "arrays",
    [{"input_scaling_/scale": np.zeros(2)}, {"input_scaling_/scale": np.ones(3)},
     {"output_scaling_/center": np.array([np.nan])}, {"history/loss": None}, {"history/loss": np.array(["a"])},
     {"history/update": np.zeros((5, 1))}, {"weights/cell1/0": np.zeros((2, 2))},
     {"weights/cell1/0": None}, {"weights/other/0": np.zeros(3)}, {"header": None}, {"header": np.array("{")},
     {"header": np.array(3.0)}],
    ids=str,
)  # fmt: skip
def test_changed_arrays_are_refused(arrays, saved, tmp_path):
    with pytest.raises(SnapshotError):
        LiquidRegressor.load(changed(saved, tmp_path, **arrays))


def test_a_file_of_a_gpu_can_be_read_without_one(saved, tmp_path):
    path = changed(saved, tmp_path, {"params": {"device": "gpu:99"}})
    with pytest.raises(DeviceError):
        LiquidRegressor.load(path)
    model = LiquidRegressor.load(path, device="cpu")
    assert model.device == "cpu"
    assert np.array_equal(model.predict(X), LiquidRegressor.load(saved).predict(X))


def test_weights_that_are_no_numbers_are_refused(saved, tmp_path):
    weight = entries(saved)["weights/cell1/0"]
    with pytest.raises(SnapshotError, match="no finite numbers"):
        LiquidRegressor.load(changed(saved, tmp_path, **{"weights/cell1/0": weight * np.nan}))


def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path):
    model = LiquidRegressor(**QUICK).fit(X, Y)
    path = tmp_path / "model.npz"
    model.save(path)
    good, found, noticed = path.read_bytes(), entries(path), 0
    directory = good.index(b"PK\x01\x02")
    rng = random.Random(3)
    places = [
        *rng.sample(range(directory, len(good)), 50),
        *rng.sample(range(directory), 30),
    ]
    for place in places:
        path.write_bytes(flipped(good, place, rng.randrange(8)))
        try:
            again = LiquidRegressor.load(path)
        except SnapshotError:
            noticed += 1
            continue
        assert again.get_params() == model.get_params(), place
        assert all(np.array_equal(again.weights_[n], a) for n, a in model.weights_.items()), place
        assert np.array_equal(again.history_["loss"], model.history_["loss"]), place
        assert np.array_equal(again.output_scaling_.scale, found["output_scaling_/scale"]), place
    assert noticed > 20


def test_a_file_that_lacks_an_entry_says_so(saved, tmp_path):
    damaged = changed(saved, tmp_path, **{"history/loss": None})
    with pytest.raises(SnapshotError, match="other entries than it was written with"):
        LiquidRegressor.load(damaged)
