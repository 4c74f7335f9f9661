"""Files of forecasters: the same bits, and errors for damaged and hostile ones."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from mycaffe_py.errors import MissingFileError, MyCaffeError, SnapshotError
from mycaffe_py.series import LiquidForecaster, LiquidRegressor

from .conftest import days, frame, panel, wave


def saved(model, folder):
    model.save(folder / "model.npz")
    return LiquidForecaster.load(folder / "model.npz")


def test_a_loaded_one_forecasts_the_same_bits(forecaster, tmp_path):
    twin = saved(forecaster, tmp_path)
    pd.testing.assert_frame_equal(twin.predict(5), forecaster.predict(5), check_exact=True)
    newer = frame(210)
    pd.testing.assert_frame_equal(
        twin.predict(5, data=newer), forecaster.predict(5, data=newer), check_exact=True
    )
    assert twin.get_params() == {**forecaster.get_params(), "random_state": forecaster.seed_}
    for name in ("settings_", "period_", "baseline_", "n_updates_", "seed_", "report_"):
        assert getattr(twin, name) == getattr(forecaster, name)


def test_series_inputs_and_zones_are_kept(shops, quick, tmp_path):
    twin = saved(shops, tmp_path)
    later = panel(81)[160:].assign(sold=np.nan, heat=np.nan)
    data = pd.concat([panel(), later])
    pd.testing.assert_frame_equal(twin.predict(1, data=data), shops.predict(1, data=data))
    when = pl.Series(days(60)).dt.replace_time_zone("Asia/Tokyo")
    model = LiquidForecaster(**quick).fit(pl.DataFrame({"when": when, "level": wave(60)}))
    assert saved(model, tmp_path).predict().equals(model.predict())


def test_text_times_and_counted_rows_are_kept(quick, tmp_path):
    texts = [str(day.date()) for day in days(60)]
    for data in (wave(60), {"when": texts, "level": wave(60)}):
        model = LiquidForecaster(**quick).fit(data)
        found, expected = saved(model, tmp_path).predict(), model.predict()
        for name, column in expected.items():
            np.testing.assert_array_equal(found[name], column)
            assert found[name].dtype == column.dtype


def test_files_that_are_none(forecaster, tmp_path):
    with pytest.raises(MissingFileError):
        LiquidForecaster.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(SnapshotError, match="no file of an estimator, or damaged"):
        LiquidForecaster.load(tmp_path / "text.npz")
    forecaster.save(tmp_path / "model.npz")
    with pytest.raises(SnapshotError, match="holds a LiquidForecaster"):
        LiquidRegressor.load(tmp_path / "model.npz")


def header_with(**changes):
    def change(entries):
        header = json.loads(str(entries["header"]))
        for path, value in changes.items():
            *outer, last = path.split("__")
            place = header
            for name in outer:
                place = place[int(name) if name.isdecimal() else name]
            if value is KeyError:
                del place[last]
            else:
                place[last] = value
        entries["header"] = np.array(json.dumps(header))

    return change


def entry(name, make):
    def change(entries):
        entries[name] = make(entries[name])

    return change


HOSTILE = {
    "an endless window": header_with(settings__window=10**8),
    "an endless horizon": header_with(settings__horizon=10**9),
    "a window that is no number": header_with(settings__window="4"),
    "many members": header_with(settings__members=10**6),
    "another horizon": header_with(settings__horizon=2),
    "a file to read": header_with(settings__csv_file="/etc/passwd"),
    "an unknown setting": header_with(settings__command="x"),
    "settings of another type": header_with(settings=3),
    "no settings": header_with(settings=KeyError),
    "an unknown parameter": header_with(params__command="x"),
    "a wrong parameter": header_with(params__horizon=-1),
    "a wrong device": header_with(params__device="tpu"),
    "another seed": header_with(seed_=5),
    "an unknown kind": header_with(kind="excel"),
    "an index that is no name": header_with(index=3),
    "a wrong zone": header_with(columns__0__zone="Mars/Base"),
    "a column too many": header_with(columns=[{"name": "x", "zone": None, "kind": "plain"}] * 3),
    "a column without a name": header_with(columns__1__name=None),
    "a wrong report": header_with(report_={"tables": [3]}),
    "updates below 0": header_with(n_updates_=-1),
    "short data": entry("data/1", lambda values: values[:-1]),
    "data that are complex": entry("data/1", lambda values: values.astype(np.complex128)),
    "data of two dimensions": entry("data/1", lambda values: values[:, None]),
    "times that decrease": entry("data/0", lambda values: values[::-1]),
    "weights of another shape": entry("weights/cfc/0", lambda values: values[:-1]),
    "weights that are NaN": entry("weights/cfc/0", lambda values: values * np.nan),
    "weights of float64": entry("weights/cfc/0", lambda values: values.astype(np.float64)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(forecaster, tmp_path, name):
    forecaster.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as archive:
        entries = dict(archive)
    HOSTILE[name](entries)
    with (tmp_path / "model.npz").open("wb") as file:
        np.savez(file, **entries)
    with pytest.raises(MyCaffeError) as caught:
        LiquidForecaster.load(tmp_path / "model.npz")
    assert caught.value.code != "E000"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_files_that_were_cut_are_refused(forecaster, tmp_path, share):
    forecaster.save(tmp_path / "model.npz")
    data = (tmp_path / "model.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(data[: int(share * len(data))])
    with pytest.raises(SnapshotError):
        LiquidForecaster.load(tmp_path / "model.npz")
