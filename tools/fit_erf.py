"""Fit the coefficients of erf in mycaffe_py/functions/error_function.py and print them (needs mpmath).

erf(x) = 1 - exp(-g(x)) with g = -log(erfc), which is smooth; g(x) is fitted as x P(x) / Q(x) on
[0, limit] by least squares, weighted so that the RELATIVE error of erf is what counts, and
reweighted (Lawson) towards the smallest maximum.
"""

from __future__ import annotations

import mpmath

mpmath.mp.dps = 60
ROUNDS = 4


def fit(limit: int, numerator: int, denominator: int, points: int):
    """Return (largest relative error, P, Q), the coefficients from the constant term upwards."""
    xs = [
        mpmath.mpf(limit) / 2 * (1 - mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * points)))
        for i in range(points)
    ]
    wanted = [-mpmath.log(mpmath.erfc(x)) for x in xs]
    sensitivity = [mpmath.erfc(x) / mpmath.erf(x) for x in xs]
    q = [mpmath.mpf(1)] + [mpmath.mpf(0)] * denominator
    lawson = [mpmath.mpf(1)] * points
    best = None
    for _ in range(ROUNDS):
        matrix = mpmath.matrix(points, numerator + 1 + denominator)
        right = mpmath.matrix(points, 1)
        for row, x in enumerate(xs):
            scale = sensitivity[row] * lawson[row] / mpmath.polyval(q[::-1], x)
            for power in range(numerator + 1):
                matrix[row, power] = scale * x ** (power + 1)
            for power in range(1, denominator + 1):
                matrix[row, numerator + power] = -scale * wanted[row] * x**power
            right[row] = scale * wanted[row]
        solution, _ = mpmath.qr_solve(matrix, right)
        p = list(solution[: numerator + 1])
        q = [mpmath.mpf(1), *solution[numerator + 1 :]]
        errors = [
            abs(weight * (x * mpmath.polyval(p[::-1], x) / mpmath.polyval(q[::-1], x) - value))
            for x, weight, value in zip(xs, sensitivity, wanted, strict=True)
        ]
        worst = max(errors)
        if best is None or worst < best[0]:
            best = worst, p, q
        lawson = [w * mpmath.sqrt(e / worst + 1e-3) for w, e in zip(lawson, errors, strict=True)]
    return best


if __name__ == "__main__":
    for name, arguments in (("float64", (6, 8, 7, 80)), ("float32", (4, 4, 3, 60))):
        worst, p, q = fit(*arguments)
        print(f"{name}: relative error {mpmath.nstr(worst, 3)} on [0, {arguments[0]}]")
        for label, coefficients in (("P", p), ("Q", q)):
            print(f"  {label}:", *(repr(float(c)) for c in coefficients), sep="\n    ")
