"""tanh, exp, erf and the sigmoid of a number, for use within kernels: without branches, so that loops become vectors.

In float32 they are rational approximations, accurate to a few units in the last place; in float64 the C library's.
NaN stays NaN, and infinities give the limits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from mycaffe_py.functions import error_function

from .compiling import INLINED, inlined, kernel_source

kernel_source(__name__, also=[str(error_function.__file__)])


def _float32(*values: float) -> list[np.float32]:
    return [np.float32(value) for value in values]


_ZERO, _HALF, _ONE, _FOUR = _float32(0, 0.5, 1, 4)

# tanh(x) = x P(x^2) / Q(x^2) for |x| up to the limit, from tools/fit_tanh.py; lowest power first. At the limit it is
# exactly 1, and stays so: what is saturated has no slope. Just below it may be rounded to 1 + 2e-7.
TANH_LIMIT = 8.8
TANH_ABOVE = (
    0.999999941, 0.129436784, 0.00294667696, 9.49627179e-06,
    -1.34368941e-08, 1.98593029e-11,
)  # fmt: skip
TANH_BELOW = (1.0, 0.462769975, 0.0238702767, 0.000231631068)
_TANH_LIMIT = np.float32(TANH_LIMIT)
_T1, _T3, _T5, _T7, _T9, _T11 = _float32(*TANH_ABOVE)
_U0, _U2, _U4, _U6 = _float32(*TANH_BELOW)

# exp(x) = 2^n exp(r) with r = x - n log(2), |r| <= log(2) / 2; log(2) in two parts, so that r is exact.
_EXP_LIMIT, _EXP_LEAST = _float32(88.3762626647950, -87.3365447505531)
_LOG2_E, _LN2_HIGH, _LN2_LOW = _float32(1.44269504088896341, 0.693359375, -2.12194440e-4)
_E0, _E1, _E2, _E3, _E4, _E5 = _float32(
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
    5.0000001201e-1,
)  # fmt: skip

# erf: the fit of the plain formula above 1/2, its power series below.
_P0, _P1, _P2, _P3, _P4 = _float32(*error_function.ERF_FLOAT32[1])
_Q0, _Q1, _Q2, _Q3 = _float32(*error_function.ERF_FLOAT32[2])
_S0, _S1, _S2, _S3, _S4, _S5 = _float32(
    *(2 / math.sqrt(math.pi) * c for c in (1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320))
)


@inlined
def _tanh32(x):
    # Comparisons in this order: with a NaN they are false, and it stays.
    x = _TANH_LIMIT if x > _TANH_LIMIT else x
    x = -_TANH_LIMIT if x < -_TANH_LIMIT else x
    s = x * x
    p = _T1 + s * (_T3 + s * (_T5 + s * (_T7 + s * (_T9 + s * _T11))))
    q = _U0 + s * (_U2 + s * (_U4 + s * _U6))
    return x * p / q


@inlined
def _exp32(x):
    x = _EXP_LIMIT if x > _EXP_LIMIT else x
    low = x < _EXP_LEAST
    x = _EXP_LEAST if low else x
    n = np.float32(np.rint(x * _LOG2_E))
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = _E5 + r * (_E4 + r * (_E3 + r * (_E2 + r * (_E1 + r * _E0))))
    p = r * r * p + r + _ONE
    k = np.int32(n) if n == n else np.int32(0)
    power = np.int32((k + np.int32(127)) << np.int32(23)).view(np.float32)
    y = p * power
    return _ZERO if low else y


@inlined
def _erf32(x):
    m = abs(x)
    m = _FOUR if m > _FOUR else m
    p = _P4 + m * (_P3 + m * (_P2 + m * (_P1 + m * _P0)))
    q = _Q3 + m * (_Q2 + m * (_Q1 + m * _Q0))
    far = _ONE - _exp32(-(m * p / q))
    s = m * m
    near = m * (_S0 + s * (_S1 + s * (_S2 + s * (_S3 + s * (_S4 + s * _S5)))))
    y = near if m < _HALF else far
    return -y if x < _ZERO else y


def _of(kernel: Any, plain: Any) -> Any:
    """Return what chooses between the float32 kernel and the C library's function by a number's type."""

    def chosen(x):
        function = kernel if x == types.float32 else plain

        def implementation(x):
            return function(x)

        return implementation

    return chosen


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


def exp(x: Any) -> Any:
    """The exponential function; in float32 infinite from 88.38 on, 0 below -87.34."""
    return np.exp(x)


def erf(x: Any) -> Any:
    """The error function."""
    return math.erf(x)


overload(tanh, jit_options=INLINED)(_of(_tanh32, math.tanh))
overload(exp, jit_options=INLINED)(_of(_exp32, math.exp))
overload(erf, jit_options=INLINED)(_of(_erf32, math.erf))


@inlined
def sigmoid(x):
    """1 / (1 + exp(-x)), as half a tanh: nothing overflows."""
    return _HALF + _HALF * tanh(_HALF * x)
