"""What makes an object an estimator: parameters by name, and what scikit-learn asks for, without needing it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.errors import ConfigError, NotFittedError
from mycaffe_py.showing import one_line, shows


class Estimator:
    """Base: the arguments of ``__init__`` are the parameters, each an attribute of its name, checked in ``fit``."""

    _estimator_type: ClassVar[str] = ""
    """``regressor`` or ``classifier``; scikit-learn before 1.6 reads it."""

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        found = inspect.signature(cls.__init__).parameters
        return {name: one.default for name, one in sorted(found.items()) if name != "self"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` has no effect, since no parameter is an estimator."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **params: Any) -> Any:
        """Set parameters by name and return the estimator; the next ``fit`` uses them."""
        known = list(self._defaults())
        for name in params:
            if name not in known:
                raise ConfigError(
                    f'{type(self).__name__} has no parameter "{name}"',
                    hint=f"its parameters: {', '.join(known)}",
                    nearest=(name, known),
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    @shows
    def __repr__(self) -> str:
        changed = {
            name: repr(getattr(self, name))
            for name, default in self._defaults().items()
            if not _same(getattr(self, name), default)
        }
        return one_line(type(self).__name__, **changed)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn 1.6 and newer asks for; only scikit-learn calls it."""
        import sklearn.utils as asking

        kind = self._estimator_type
        return asking.Tags(
            estimator_type=kind,
            target_tags=asking.TargetTags(required=True, multi_output=kind == "regressor"),
            regressor_tags=asking.RegressorTags() if kind == "regressor" else None,
            classifier_tags=asking.ClassifierTags() if kind == "classifier" else None,
            input_tags=asking.InputTags(three_d_array=True, allow_nan=True),
        )

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Leave the estimator as it was if a training fails: parts of two trainings would predict nonsense."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _require_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise _not_fitted(f"this {type(self).__name__} has not been trained yet")


def _same(value: Any, default: Any) -> bool:
    return value is default or (
        type(value) is type(default) and not isinstance(value, np.ndarray) and value == default
    )


def _not_fitted(message: str) -> NotFittedError:
    """Return our error; where scikit-learn is in use, one that its ``except NotFittedError`` catches, too."""
    hint = "call fit(X, y) first"
    if "sklearn" in sys.modules:
        from .sklearn_errors import UnfittedError

        return UnfittedError(message, hint=hint)
    return NotFittedError(message, hint=hint)
