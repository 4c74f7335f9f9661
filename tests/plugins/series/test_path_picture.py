"""Forecasts beside what came: where paths begin, what they hold, and that they can be drawn."""

from __future__ import annotations

import numpy as np
from mycaffe_plugins.series.path_picture import draw_paths, paths_of

from .conftest import henon, table


def test_paths_begin_a_horizon_apart_at_the_end_of_the_training_part(make_training):
    training = make_training(table(henon(100)), gym="base: LAST horizon: 8 transform: NONE")
    learner = training.trainer.learner
    learner.layer.remember(gain=np.zeros((8, 1)), band=np.tile([-1.0, 2.0], (8, 1, 1)))
    paths = paths_of(learner, training.net)
    values, spread = np.array(henon(100)), learner.samples.scaling.spread[0, 0]
    assert paths.times[0].tolist() == list(range(80, 88)) and paths.times[-1, 3:].tolist() != []
    # The last value, forecast again and again from rows 79, 87 and 95; the table ends with row 99.
    for number, origin in enumerate((79, 87, 95)):
        known = np.isfinite(paths.times[number])
        assert known.sum() == min(8, 99 - origin)
        np.testing.assert_allclose(paths.values[number, known, 0], values[origin], rtol=1e-6)
        np.testing.assert_allclose(
            paths.upper[number, known, 0] - paths.lower[number, known, 0], 3 * spread, rtol=1e-5
        )


def test_paths_are_drawn_with_the_border_of_the_training_part(make_training):
    from matplotlib.figure import Figure

    training = make_training(table(henon(100)), gym="base: LAST horizon: 8 transform: NONE")
    figure = Figure()
    learner = training.trainer.learner
    draw_paths(figure, learner.windows, paths_of(learner, training.net))
    (axes,) = figure.axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:2] == ["measured", "forecasts"] and labels[-1] == "end of the training part"
    assert len([line for line in axes.lines if len(line.get_xdata()) > 2]) >= 4
