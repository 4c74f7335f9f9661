"""Weights remember the gym's settings that they were made with, and are refused for others."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError

from .runs import GYM, build, trained

SETTINGS = "horizon: 12 period: 12 transform: NONE"
OTHERS = {
    "horizon": ("horizon=1", "12, here 1"),
    "period": ("period=7", "12, here 7"),
    "window": ("window=20", "24, here 20"),
    "time_unit": ("time_unit=2", "1, here 2"),
    "value_column": ("value_column=b", '"a", "b", here "b"'),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("remembered") / "a.csv"
    rows = [f"{i},{10 + i % 12 + 0.1 * i:.2f},{i % 5}" for i in range(120)]
    path.write_text("\n".join(["time,a,b", *rows]) + "\n")
    return path


@pytest.fixture(scope="module", params=[False, True], ids=["SERIES", "SUPER_SIMPLE"])
def made(request, table):
    """Save weights of either kind, in both formats."""
    folder = table.parent / ("former" if request.param else "series")
    folder.mkdir()
    net = trained(table, SETTINGS, former=request.param).net
    net.save(str(folder / "w.caffemodel"))
    net.save_hdf5(str(folder / "w.h5"))
    return folder, request.param


def use(made, table, *overrides, file="w.caffemodel"):
    folder, former = made
    options = {"phase": "TEST", "weights": [str(folder / file)], "former": former}
    return build(table, SETTINGS, overrides=overrides, **options)


@pytest.mark.parametrize("file", ["w.caffemodel", "w.h5"])
@pytest.mark.parametrize("name", OTHERS)
def test_another_setting_is_refused_with_both_values(made, table, name, file):
    change, values = OTHERS[name]
    with pytest.raises(ConfigError, match=name) as caught:
        use(made, table, GYM + change, file=file)
    assert f"series_param.{name} {values}" in caught.value.message
    assert file in caught.value.message
    assert "--weights" in caught.value.hint


def test_the_hint_is_what_to_type(made, table):
    with pytest.raises(ConfigError) as caught:
        use(made, table, GYM + "horizon=1", GYM + "window=20")
    typed = [word for word in caught.value.hint.split() if word.startswith("solver.")]
    assert set(typed) == {GYM + "horizon=12", GYM + "window=24"}
    use(made, table, GYM + "horizon=1", GYM + "window=20", *typed)


def test_settings_of_parts_and_other_files_are_free(made, table):
    other = table.with_name("other.csv")
    other.write_text("time,b,a\n" + "".join(f"{i},{i % 5},{i % 9}\n" for i in range(50)))
    use(made, table, GYM + "train_share=0.5", GYM + "window=24")
    use(made, other, GYM + "value_column=a,b", GYM + "window=24")


def test_columns_in_another_order_are_refused(made, table):
    with pytest.raises(ConfigError, match='value_column "a", "b", here "b", "a"'):
        use(made, table, GYM + "value_column=b,a")


def test_a_file_without_a_header_has_any_names(made, table):
    bare = table.with_name("bare.csv")
    bare.write_text(table.read_text().split("\n", 1)[1])
    use(made, bare)


def test_without_fit_model_the_former_nets_remember_too(table):
    settings = "horizon: 12 period: 12 period: 6 window: 38 fit_model: false value_column: 'a'"
    net = trained(table, settings, former=True).net
    path = str(table.parent / "unfitted.caffemodel")
    net.save(path)
    with pytest.raises(ConfigError, match="horizon 12, here 1"):
        options = {"former": True, "phase": "TEST", "weights": [path]}
        build(table, settings, overrides=[GYM + "horizon=1"], **options)


def test_a_model_without_a_memory_takes_any_weights(made, table):
    folder, former = made
    layer, name = ("standardize", "standardize_param") if former else ("forecast", "forecast_param")
    net = use(made, table).net
    entry = next(each for each in net.device_layers if each.name == layer)
    getattr(entry.param, name).ClearField("settings")
    for other in net.device_layers:
        if other.type == "Standardize":
            other.param.standardize_param.ClearField("settings")
    net.copy_from(str(folder / "w.caffemodel"))


def test_a_memory_of_settings_unknown_here_is_a_warning(made, table):
    net = use(made, table).net
    told = []
    net.context.warn = told.append
    for layer in net.device_layers:
        for name in ("forecast_param", "standardize_param"):
            if layer.param.HasField(name):
                getattr(layer.param, name).settings = "from_the_future: 5"
    net.copy_from(str(made[0] / "w.caffemodel"))  # theirs is known, ours is not
    assert told and "not known here" in told[0]
