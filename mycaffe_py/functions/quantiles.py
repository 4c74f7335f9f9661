"""The loss of quantiles (R. Koenker and G. Bassett, Regression Quantiles, Econometrica 46, 1978)."""

from __future__ import annotations

from typing import Any


def pinball(xp: Any, error: Any, quantile: Any, out: Any) -> None:
    """Write max(q e, (q - 1) e) for errors e = target - prediction; NaN stays NaN.

    Its mean over many targets is least where the share q of them is below the prediction. ``quantile`` is an array of
    the errors' dtype that broadcasts to their shape; ``out`` must not be ``error``.
    """
    xp.multiply(error, quantile - 1, out=out)
    xp.maximum(out, error * quantile, out=out)


def pinball_slope(xp: Any, error: Any, quantile: Any, out: Any) -> None:
    """Write the derivative of :func:`pinball` by the prediction: -q if e > 0, 1 - q if e < 0, 0 if e = 0.

    ``out`` must not be ``error``.
    """
    xp.sign(error, out=out)
    slope = xp.absolute(out) * (0.5 - quantile)
    xp.multiply(out, 0.5, out=out)
    xp.subtract(slope, out, out=out)
