"""The trainer SERIES: search, validation, refit, resuming, and what is kept."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import trust
from mycaffe_plugins.series.judging import in_units, linear_forecasts

from mycaffe_py.builder import build_training
from mycaffe_py.errors import ConfigError, DivergedError
from mycaffe_py.events import Log, TestDone
from mycaffe_py.testing import check_trainer
from mycaffe_py.weights import save_snapshot

from .conftest import henon, table


@pytest.fixture
def trusted(monkeypatch):
    """Make every net count by 0.6, however little it helps, so that a refit follows each search."""
    monkeypatch.setattr(trust, "_CLEARLY", np.inf)
    monkeypatch.setattr(
        trust.bands,
        "gains",
        lambda change, rest, ahead, horizon: (np.full((horizon, change.shape[1]), 0.6), 0.9),
    )


def weights(training):
    return training.net.parameters.data.copy()


def lines(training):
    return [event.text for event in training.said if isinstance(event, Log)]


def validations(training):
    return [
        (event.iteration, event.metrics["validation_error"])
        for event in training.said
        if isinstance(event, TestDone)
    ]


def test_a_training_searches_validates_and_refits(make_training, trusted):
    training = make_training()
    solver, course = training.solver, training.trainer.course
    solver.step(5)
    assert course.phase == "search" and [at for at, _ in validations(training)] == [5]
    solver.solve()
    found = validations(training)
    best = min(found, key=lambda each: each[1])
    searched = found[-1][0]
    assert [at for at, _ in found] == list(range(5, searched + 1, 5)) and searched <= 30
    assert course.phase == "done" and solver.iter == searched + best[0]
    assert lines(training)[0] == (
        f"search ended after {searched} updates: the smallest validation error was {best[1]:.4g}, at iteration "
        f"{best[0]}"
    )
    assert "off the error of the baseline" in lines(training)[1]
    assert lines(training)[2] == f"refit: {best[0]} updates from the start on all 96 training rows"
    assert lines(training)[3] == f"refit ended after {best[0]} updates"
    value, iteration, kept = training.trainer.best_weights()
    assert (value, iteration) == (best[1], solver.iter)
    assert np.array_equal(kept, weights(training))


@pytest.mark.parametrize(
    ("phase", "dtype", "form"),
    [
        ("search", "float32", "BINARYPROTO"),
        ("validation", "float64", "HDF5"),
        ("switch", "float32", "HDF5"),
        ("refit", "float64", "BINARYPROTO"),
        ("end", "float32", "BINARYPROTO"),
    ],
)
def test_a_resumed_training_continues_to_the_last_bit(
    make_training, tmp_path, trusted, phase, dtype, form
):
    settings = {"solver": f"snapshot_format: {form}", "dtype": dtype}
    whole = make_training(**settings)
    whole.solver.solve()
    searched, end = validations(whole)[-1][0], whole.solver.iter
    places = {"search": 3, "validation": 5, "switch": searched, "refit": searched + 2, "end": end}
    at = places[phase]
    first = make_training(**settings)
    first.solver.step(at)
    _, state = save_snapshot(first.solver, tmp_path / "snap")
    second = make_training(**settings)
    second.solver.restore(state)
    assert second.solver.iter == at
    second.solver.solve()
    assert second.solver.iter == end
    assert np.array_equal(weights(second), weights(whole))
    assert second.trainer.report() == whole.trainer.report()
    assert second.trainer.best_weights()[:2] == whole.trainer.best_weights()[:2]


def test_the_scaling_of_loaded_weights_survives_a_resume(make_training, tmp_path):
    first = make_training()
    first.solver.step(3)
    path, _ = save_snapshot(first.solver, tmp_path / "first")
    other = table([10 * value for value in henon(120)])
    tuned = make_training(other, weights=path)
    spread = tuned.trainer.learner.samples.scaling.spread
    assert np.array_equal(spread, first.trainer.learner.samples.scaling.spread)
    tuned.solver.step(2)
    _, state = save_snapshot(tuned.solver, tmp_path / "tuned")
    tuned.solver.step(5)
    again = make_training(other)
    again.solver.restore(state)
    again.solver.step(5)
    assert np.array_equal(weights(again), weights(tuned))


def test_loaded_weights_do_not_learn_from_the_validation_rows(make_training, tmp_path):
    first = make_training()
    first.solver.solve()
    path, _ = save_snapshot(first.solver, tmp_path / "first")
    learner = make_training(weights=path).trainer.learner
    assert learner.targets.max() < learner.splits[0]
    memory = learner.layer.memory()
    assert (memory["gain"] == 1).all() and not memory["band"].any()


def test_a_training_that_has_ended_learns_nothing_more(make_training):
    training = make_training()
    training.solver.solve()
    kept = weights(training)
    training.solver.step(3)
    assert np.array_equal(weights(training), kept)


def test_without_refit_the_best_weights_of_the_search_stay(make_training):
    training = make_training(trainer="refit: false", solver="max_iter: 30")
    training.solver.solve()
    found = validations(training)
    assert training.solver.iter == found[-1][0]
    learner = training.trainer.learner
    best = min(value for _, value in found)
    places = learner.places
    assert trust.validation_error(learner, training.net) == pytest.approx(best, rel=1e-6)
    assert len(places.origins) and learner.layer.memory()["band"].any()


def test_without_validation_every_update_is_made_and_trusted(make_training):
    training = make_training(trainer="validation_share: 0", solver="max_iter: 7")
    training.solver.solve()
    assert training.solver.iter == 7 and not validations(training)
    assert lines(training) == ["training ended after 7 updates, without validation"]
    memory = training.trainer.learner.layer.memory()
    assert (memory["gain"] == 1).all() and memory["band"].any()
    value, iteration, kept = training.trainer.best_weights()
    assert np.isnan(value) and iteration == 0 and kept is None
    assert "validation_error" not in training.trainer.metrics()


def test_too_few_rows_leave_the_forecast_to_the_baseline(make_training):
    training = make_training(table(henon(30)))
    training.solver.solve()
    assert training.solver.iter == 1
    assert lines(training) == [
        "too few rows to validate a net: it learns nothing, the baseline forecasts"
    ]
    memory = training.trainer.learner.layer.memory()
    assert not memory["gain"].any() and memory["band"].any()
    assert "the baseline forecasts alone" in training.trainer.summary()["trainer"]
    assert "too few rows to validate a net" in training.trainer.report().notes[-1]


def test_averaging_0_keeps_the_latest_weights(make_training):
    training = make_training(trainer="averaging: 0")
    training.solver.step(5)
    course = training.trainer.course
    assert np.array_equal(course.best, weights(training))


def test_what_the_layer_keeps_is_not_averaged(make_training):
    training = make_training()
    layer = training.trainer.learner.layer
    before = layer.memory()
    training.solver.step(5)
    training.trainer._use(training.trainer.course.best)
    for name, values in layer.memory().items():
        assert np.array_equal(values, before[name]), name


def test_an_end_in_the_search_still_settles(make_training):
    training = make_training(solver="max_iter: 1")
    training.solver.solve()
    assert training.solver.iter == 1 and training.trainer.course.phase == "done"
    assert lines(training)[0].startswith("search ended after 1 update: ")


def test_a_stop_during_the_refit_keeps_the_settled_weights_of_the_search(make_training, trusted):
    training = make_training()
    while training.trainer.course.phase == "search":
        training.solver.step(1)
    kept = training.trainer.best_weights()[2]
    report = training.trainer.report()
    assert "stopped during the refit" in report.notes[-1]
    training.trainer._use(kept)
    memory = training.trainer.learner.layer.memory()
    assert np.allclose(memory["gain"], 0.6) and memory["band"].any()


def test_too_high_a_rate_diverges_and_leaves_no_best_weights(make_training):
    training = make_training(solver="type: 'SGD' base_lr: 1e30 clip_gradients: -1")
    with np.errstate(all="ignore"), pytest.raises(DivergedError):
        training.solver.solve()
    best = training.trainer.best_weights()[2]
    assert best is None or np.isfinite(best).all()


def test_weights_that_are_not_finite_are_never_the_best(make_training):
    training = make_training()
    course = training.trainer.course
    course.mean[...] = np.nan
    with np.errstate(all="ignore"), pytest.raises(DivergedError, match="no validation gave"):
        training.solver.solve()
    assert course.best is None


def test_several_passes_for_an_update_are_several_batches(make_training):
    training = make_training(solver="iter_size: 2")
    training.solver.step(2)
    assert len(training.trainer._errors) == 4


def test_tests_at_intervals_run_beside_validations(make_training):
    training = make_training(solver="test_iter: 1 test_interval: 4 test_initialization: false")
    training.solver.step(9)
    events = [event for event in training.said if isinstance(event, TestDone)]
    assert [event.iteration for event in events] == [4, 5, 8]
    assert "mase" in events[0].metrics and "validation_error" in events[1].metrics


def test_before_the_first_validation_the_error_is_that_of_the_baseline(make_training):
    training = make_training()
    training.solver.step(1)
    learner = training.trainer.learner
    values = np.array(henon(120))
    places = learner.places
    forecasts = in_units(
        learner.samples, places, linear_forecasts(learner.samples, places, learner.baseline.weights)
    )
    missed = np.abs(forecasts[:, 0] - values[places.origins + places.ahead])
    expected = missed.mean() / learner.units[0, 0]
    assert training.trainer.metrics()["validation_error"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("validation_share: 0.95", "validation_share is 0.95; allowed: 0 to below 0.9"),
        ("patience: 0", "patience is 0; allowed: 1 or more"),
        ("interval: 1", "interval is 1; allowed: 0"),
        ("averaging: 1", "averaging is 1; allowed: 0 to below 1"),
    ],
)
def test_settings_out_of_range_are_refused(make_training, setting, words):
    with pytest.raises(ConfigError, match=words):
        make_training(trainer=setting)


def test_another_gym_is_refused(make_training, tmp_path):
    make_training()
    text = (tmp_path / "solver.prototxt").read_text()
    text = text[: text.index("gym")] + 'gym { type: "Curve" } }'
    (tmp_path / "other.prototxt").write_text(text)
    with pytest.raises(ConfigError, match="trains on the gym Series, not on Curve"):
        build_training(solver=tmp_path / "other.prototxt")


def test_a_net_without_a_forecast_layer_is_refused(make_training):
    with pytest.raises(ConfigError, match="needs a net with one FORECAST layer"):
        make_training(small=(), model="SeriesStandardized.prototxt")


def test_the_contract_of_trainers(make_training, registry):
    training = make_training()
    folder = training.trainer.base_dir
    solver = folder / "solver.prototxt"
    check_trainer(solver, _model(folder, training), steps=6)


def _model(folder, training):
    path = folder / "model.prototxt"
    path.write_text(training.registry.schema.to_text(training.net.document.message))
    return path
