"""Estimators for sequences, with scikit-learn's conventions: liquid nets behind fit and predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .classifier import LiquidClassifier as LiquidClassifier
    from .forecaster import LiquidForecaster as LiquidForecaster
    from .regressor import LiquidRegressor as LiquidRegressor
    from .stream import ForecastStream as ForecastStream
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        classifier="LiquidClassifier",
        forecaster="LiquidForecaster",
        regressor="LiquidRegressor",
        stream="ForecastStream",
    )
