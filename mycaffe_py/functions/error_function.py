"""The error function, which NumPy and CuPy's main module lack."""

from __future__ import annotations

from typing import Any

import numpy as np

# erf(x) = 1 - exp(-x P(x) / Q(x)) for x >= 0: (limit, P, Q), highest power first, from
# tools/fit_erf.py. Beyond the limit erf is 1 to the last bit. All coefficients are positive, so
# nothing cancels.
ERF_FLOAT64 = (
    6.0,
    (0.00011746699276853462, 0.0033345289349494397, 0.034626436147780534, 0.1980848867288234,
     0.7147938248417824, 1.7034970551877415, 2.657473799328646, 2.516359904521574,
     1.1283791670955126),
    (0.00011748815589188356, 0.0033320908508401212, 0.03407190405614236, 0.1870778934578823,
     0.6278236434376403, 1.3241749203282642, 1.6658763179689935, 1.0),
)  # fmt: skip
ERF_FLOAT32 = (
    4.0,
    (0.037153260183495455, 0.2801641312916576, 0.9133936697820307, 1.5167321486998275,
     1.1283791673214678),
    (0.037169122513119573, 0.27833752826883, 0.7799793102982924, 1.0),
)  # fmt: skip


def _horner(xp: Any, x: Any, coefficients: tuple[float, ...], out: Any) -> None:
    first, second, *others = coefficients
    xp.multiply(x, first, out=out)
    xp.add(out, second, out=out)
    for coefficient in others:
        xp.multiply(out, x, out=out)
        xp.add(out, coefficient, out=out)


def erf(xp: Any, x: Any, out: Any = None, scratch: Any = None) -> Any:
    """Return the error function of an array, accurate to a few units in the last place.

    ``out`` may be ``x``; ``scratch`` is three arrays shaped like ``x``.
    """
    out = xp.empty(x.shape, dtype=x.dtype) if out is None else out
    if scratch is None:
        scratch = [xp.empty(x.shape, dtype=x.dtype) for _ in range(3)]
    magnitude, numerator, denominator = scratch
    limit, p, q = ERF_FLOAT32 if x.dtype == np.float32 else ERF_FLOAT64
    xp.absolute(x, out=magnitude)
    xp.minimum(magnitude, limit, out=magnitude)
    _horner(xp, magnitude, p, numerator)
    _horner(xp, magnitude, q, denominator)
    xp.multiply(numerator, magnitude, out=numerator)
    xp.divide(numerator, denominator, out=numerator)
    xp.negative(numerator, out=numerator)
    xp.expm1(numerator, out=numerator)
    return xp.copysign(numerator, x, out=out)
