"""scikit-learn takes the estimators for its own."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from mycaffe_py import errors
from mycaffe_py.series import LiquidClassifier, LiquidRegressor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((90, 5, 2))
Y = X[:, :, 0].mean(axis=1)
QUICK = {"hidden_size": 4, "max_updates": 10, "random_state": 1}
BOTH = [LiquidRegressor, LiquidClassifier]

BATCHES = "batches are drawn at random, so a sample of weight 2 is not in the same batches as one that is given twice"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Estimator Liquid:UserWarning")
@pytest.mark.parametrize("cls", BOTH)
def test_the_checks_of_scikit_learn_pass(cls):
    from sklearn.utils.estimator_checks import check_estimator

    # float64, since predictions in batches of another size may differ by rounding
    model = cls(hidden_size=8, max_updates=200, dtype="float64", random_state=0)
    expected = {"check_sample_weight_equivalence_on_dense_data": BATCHES}
    results = check_estimator(model, expected_failed_checks=expected, on_skip=None)
    assert {one["status"] for one in results} <= {"passed", "skipped", "xfail"} and len(
        results
    ) > 50


def targets(cls):
    return Y if cls is LiquidRegressor else Y > 0


@pytest.mark.parametrize("cls", BOTH)
def test_kind_and_state_are_recognised(cls):
    model = cls(**QUICK)
    assert is_regressor(model) == (cls is LiquidRegressor) != is_classifier(model)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    for error in (NotFittedError, errors.NotFittedError):
        with pytest.raises(error) as caught:
            model.predict(X)
        assert isinstance(pickle.loads(pickle.dumps(caught.value)), error)
    check_is_fitted(model.fit(X, targets(cls)))


def test_parameters():
    model = LiquidRegressor(hidden_size=5)
    assert model.get_params()["hidden_size"] == 5 and model.get_params()["batch_size"] == 32
    assert repr(model.set_params(cell="ltc")) == "LiquidRegressor(cell='ltc', hidden_size=5)"
    with pytest.raises(errors.ConfigError, match='did you mean "hidden_size"'):
        model.set_params(hidden=3)
    assert clone(model).get_params() == model.get_params()


@pytest.mark.parametrize("cls", BOTH)
def test_clone_and_copies(cls):
    model = cls(**QUICK).fit(X, targets(cls))
    again = clone(model)
    assert not hasattr(again, "weights_")
    for other in (
        again.fit(X, targets(cls)),
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
    ):
        assert np.array_equal(other.predict(X), model.predict(X))


def test_search_cross_validation_and_pipelines_take_sequences():
    search = GridSearchCV(LiquidRegressor(**QUICK), {"hidden_size": [2, 6]}, cv=2)
    search.fit(X, Y)
    assert search.best_params_["hidden_size"] in (2, 6) and np.isfinite(search.best_score_)
    assert len(cross_val_score(LiquidClassifier(**QUICK), X, Y > 0, cv=3)) == 3
    with_times = LiquidRegressor(**QUICK, time_column=1)
    pipeline = make_pipeline(FunctionTransformer(np.abs), with_times)
    assert pipeline.fit(X, Y).predict(X).shape == (90,)
