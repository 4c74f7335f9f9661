"""How a net does on known data with its weights frozen: what a forecast by it is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mycaffe_py.answers import test_of, wrong_answer
from mycaffe_py.errors import MyCaffeError
from mycaffe_py.events.metric_text import number
from mycaffe_py.trainer import Trainer

PASSES = 100
_ERROR, _BASELINE = "mean_abs_error", "baseline_mean_abs_error"


@dataclass(frozen=True)
class FrozenTest:
    """Error and baseline by name, empty if they could not be measured; ``caution`` if a forecast is doubtful."""

    figures: dict[str, float]
    caution: str | None = None


def frozen_test(trainer: Any, net: Any) -> FrozenTest:
    """Run a net on its gym's data without updates, and compare it with repeating the last value.

    A training's own figures do not tell: each of its predictions was made just after an update for the point before,
    so that a net which only follows its data has good figures too. A trainer that has a method ``forecast_caution``
    says itself what is doubtful; then there are no figures.
    """
    own = getattr(trainer, "forecast_caution", None)
    if own is not None:
        try:
            caution = own(net)
        except MyCaffeError as error:
            return FrozenTest({}, _untested(error.message))
        return FrozenTest({}, _checked(trainer, caution))
    if type(trainer).test is Trainer.test:
        return FrozenTest({}, _untested(f"trainer {trainer.type} has no test"))
    try:
        found = test_of(trainer, net, PASSES)
    except MyCaffeError as error:
        return FrozenTest({}, _untested(error.message))
    figures = {name: float(found[name]) for name in (_ERROR, _BASELINE) if name in found}
    if figures.keys() != {_ERROR, _BASELINE} or not all(map(math.isfinite, figures.values())):
        return FrozenTest(figures)
    if figures[_ERROR] < figures[_BASELINE]:
        return FrozenTest(figures)
    return FrozenTest(figures, _worthless(figures))


def _checked(trainer: Any, caution: Any) -> str | None:
    if caution is None or isinstance(caution, str):
        return caution or None
    what = f"returned {caution!r:.60}, neither a text nor None"
    raise wrong_answer(trainer, "forecast_caution", what)


def _untested(reason: str) -> str:
    return f"how good this net is with frozen weights is not known: {reason}"


def _worthless(figures: dict[str, float]) -> str:
    return (
        f"do not rely on this forecast: with its weights frozen, the net is off by {number(figures[_ERROR])} on "
        f"average where repeating the last value is off by {number(figures[_BASELINE])}; in its training it was "
        "updated at every point"
    )
