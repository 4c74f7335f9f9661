"""How long and how fast the trainer SERIES learns where the solver file does not say so."""

from __future__ import annotations

import pytest
from mycaffe_plugins.series.model import size_for
from mycaffe_plugins.series.sizing import FEWEST, LEARNING_RATE, MOST, fit_solver, updates_for

from mycaffe_py.builder import build_training
from mycaffe_py.plugins import default_registry

from .conftest import henon, table


def solver(text=""):
    return default_registry().schema.parse_text(text, "SolverParameter").message


def test_the_updates_of_a_search_follow_the_rows_within_limits():
    assert updates_for(10, 32) == FEWEST and updates_for(10**6, 32) == MOST
    between = [updates_for(rows, 32) for rows in range(300, 1000, 100)]
    assert between == sorted(between) and FEWEST < between[3] < MOST
    assert updates_for(800, 64) == updates_for(400, 32)


def test_what_is_not_set_is_filled_in():
    param = solver()
    fit_solver(param, 400, 32, refits=True)
    assert param.max_iter == 2 * updates_for(400, 32)
    assert (param.type, param.lr_policy) == ("AdamW", "fixed")
    assert param.base_lr == pytest.approx(LEARNING_RATE)
    assert param.clip_gradients == 1


def test_without_a_refit_there_are_half_as_many_updates():
    param = solver()
    fit_solver(param, 400, 32, refits=False)
    assert param.max_iter == updates_for(400, 32)


def test_what_is_set_stays():
    param = solver("max_iter: 7 base_lr: 0.5 type: 'Adam' clip_gradients: -1 momentum: 0.5")
    fit_solver(param, 400, 32, refits=True)
    assert (param.max_iter, param.base_lr, param.type) == (7, 0.5, "Adam")
    assert (param.clip_gradients, param.momentum) == (-1, 0.5)


@pytest.mark.parametrize(("share", "times"), [(0.2, 2), (0, 1)])
def test_a_training_without_max_iter_gets_it_from_its_data(make_training, tmp_path, share, times):
    training = make_training(
        table(henon(60)), trainer=f"validation_share: {share}", solver="base_lr: 0.02"
    )
    assert training.solver.param.max_iter == 60
    path = tmp_path / "solver.prototxt"
    path.write_text(path.read_text().replace("max_iter: 60", ""))
    assert build_training(solver=path).solver.param.max_iter == times * updates_for(48, 32)


def test_the_size_grows_with_the_rows(make_training):
    sizes = [size_for(rows) for rows in (50, 400, 401, 2000, 2001, 10**6)]
    assert sizes == sorted(sizes) and len(set(sizes)) > 1
    training = make_training(small=())
    cell = training.net.document.message.layer[1].cfc_param
    assert cell.hidden_size == size_for(96)
