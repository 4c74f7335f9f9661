"""What the trainer SERIES learns from, and what it keeps in the FORECAST layer."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series import trust

from mycaffe_py.builder import build_training
from mycaffe_py.errors import ConfigError, MyCaffeWarning, SnapshotError

from .conftest import henon, table


def panel(*parts):
    """Return a CSV file with several series below each other."""
    lines = ["t,id,y"]
    for name, values in parts:
        lines += [f"{row},{name},{float(value)!r}" for row, value in enumerate(values)]
    return "\n".join(lines) + "\n"


def test_samples_are_drawn_from_the_rows_before_the_validation(make_training):
    training = make_training()
    learner = training.trainer.learner
    # 96 of 120 rows are for training, the last fifth of them for the validation.
    assert learner.splits.tolist() == [77] and learner.places.origins.min() == 76
    assert (learner.places.origins + learner.places.ahead).max() == 95
    rng = np.random.default_rng(0)
    drawn = [learner.fill(rng)[0] for _ in range(20)]
    targets = np.concatenate([places.origins + places.ahead for places in drawn])
    ahead = np.concatenate([places.ahead for places in drawn])
    assert targets.max() == 76 and set(ahead) == {1, 2}


def test_after_the_search_samples_are_drawn_from_all_training_rows(make_training):
    training = make_training()
    while training.trainer.course.phase == "search":
        training.solver.step(1)
    assert training.trainer.learner.targets.max() == 95


def test_least_horizon_bounds_the_distances(make_training):
    training = make_training(gym="horizon: 5 least_horizon: 3")
    learner = training.trainer.learner
    rng = np.random.default_rng(0)
    ahead = np.concatenate([learner.fill(rng)[0].ahead for _ in range(20)])
    assert set(ahead) == {3, 4, 5} and set(learner.places.ahead) == {3, 4, 5}


def test_targets_are_changes_from_the_last_value_over_the_spread(make_training):
    training = make_training(gym="transform: NONE")
    learner, values = training.trainer.learner, np.array(henon(120))
    places, batch = learner.fill(np.random.default_rng(0))
    changes = values[places.origins + places.ahead] - values[places.origins]
    spread = learner.samples.scaling.spread[0, 0]
    np.testing.assert_allclose(batch.target[:, 0], changes / spread, rtol=1e-9)
    given = training.net.blobs["target"].data[:, 0]
    np.testing.assert_allclose(given, changes / spread, rtol=1e-5)
    assert training.net.blobs["ahead"].data[:, 0].tolist() == places.ahead.tolist()


def test_with_base_last_the_net_predicts_the_whole_change(make_training):
    training = make_training(gym="base: LAST")
    learner = training.trainer.learner
    learner.fill(np.random.default_rng(0))
    assert learner.baseline.name == "last value"
    assert not training.net.blobs["base"].data.any()


def test_rows_in_which_only_some_values_are_known_teach_those(make_training):
    values = henon(200)
    first = [value if row % 2 == 0 else None for row, value in enumerate(values)]
    second = [2 * value if row % 2 else None for row, value in enumerate(values)]
    training = make_training(table(first, second, names="t a b"), gym="transform: NONE")
    training.solver.step(3)
    net = training.net
    target, rest = net.blobs["target"].data, net.blobs["rest"].data
    known = np.isfinite(target)
    assert (known.sum(axis=1) == 1).all()
    missed = np.abs(net.blobs["change"].data - rest)[known].mean()
    assert training.solver.loss == pytest.approx(float(missed), rel=1e-5)
    training.solver.solve()
    report = training.trainer.report()
    assert [each.title.split(":")[0] for each in report.tables] == ["a", "b"]


def test_each_series_has_its_own_scale(make_training):
    values = np.array(henon(80))
    training = make_training(
        panel(("one", values), ("ten", 10 * values)),
        gym='transform: NONE series_column: "id" value_column: "y"',
    )
    learner = training.trainer.learner
    spread = learner.samples.scaling.spread[:, 0]
    assert spread[1] == pytest.approx(10 * spread[0], rel=1e-6)
    assert learner.splits.tolist() == [52, 132]
    training.solver.solve()
    forecasts = training.trainer.forecast(training.net, 2)
    one, ten = (each.predictions for each in forecasts)
    np.testing.assert_allclose(ten, 10 * one, rtol=1e-3)


def test_weights_remember_scaling_and_baseline(make_training):
    training = make_training(dtype="float64")
    learner = training.trainer.learner
    memory = learner.layer.memory()
    assert memory["spread"][0] == learner.samples.scaling.spread[0, 0]
    np.testing.assert_allclose(memory["weights"], learner.baseline.weights, rtol=1e-12)


def test_an_error_is_of_known_values_and_never_hides_a_forecast_that_is_none(make_training):
    learner = make_training().trainer.learner
    relative = np.zeros((len(learner.places.origins), 1))
    assert np.isfinite(trust.error_of(learner, relative, learner.places))
    relative[3] = np.nan
    assert np.isnan(trust.error_of(learner, relative, learner.places))


def test_an_outlier_is_named(make_training):
    values = [*henon(120)]
    values[40] = 5000.0
    with pytest.warns(MyCaffeWarning, match="y: 5000 at 40 is far from all other values"):
        make_training(table(values))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (" distances: 2", " distances: 3", "has distances 3, .* need 2,"),
        (
            "dim: 4 dim: ",
            "dim: 5 dim: ",
            r'blob "x" is \(32, 5, [0-9]+\); the gym gives',
        ),
    ],
)
def test_a_model_of_other_shapes_is_refused(make_training, tmp_path, old, new, words):
    training = make_training()
    text = training.registry.schema.to_text(training.net.document.message)
    text = " ".join(text.split())
    assert old in text
    (tmp_path / "model.prototxt").write_text(text.replace(old, new))
    schema = training.registry.schema
    fitted = schema.to_text(training.solver_document.message).replace(
        "fit_model: true", "fit_model: false"
    )
    (tmp_path / "other.prototxt").write_text(fitted)
    with pytest.raises(ConfigError, match=words):
        build_training(solver=tmp_path / "other.prototxt", model=tmp_path / "model.prototxt")


@pytest.mark.parametrize(
    ("rows", "words"), [(119, "119 rows of data, but 120 when the snapshot was made")]
)
def test_a_state_of_another_file_is_refused(make_training, rows, words):
    state = make_training().trainer.state()
    with pytest.raises(SnapshotError, match=words):
        make_training(table(henon(rows))).trainer.load_state(state)


def test_a_state_without_a_part_is_refused(make_training):
    training = make_training()
    state = dict(training.trainer.state())
    del state["course"]
    with pytest.raises(SnapshotError, match="'course' is missing"):
        training.trainer.load_state(state)
