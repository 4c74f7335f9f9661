"""Our errors as scikit-learn's; imported only where scikit-learn is in use."""

from __future__ import annotations

from sklearn import exceptions

from mycaffe_py.errors import MyCaffeWarning, NotFittedError


class UnfittedError(NotFittedError, exceptions.NotFittedError):
    """An estimator that is asked before it was trained."""


class DataConversionWarning(MyCaffeWarning, exceptions.DataConversionWarning):
    """Data that are used in another form than they were given."""
