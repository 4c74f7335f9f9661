"""Fit the float32 coefficients of tanh in mycaffe_py/compiled/elementary.py and print them (needs scipy).

tanh(x) is fitted as x P(x^2) / Q(x^2) on [0, limit] for the smallest maximum of the relative error: the ratio is
linearised about the last Q, and each round is a linear programme. At the limit it is 1, and stays so beyond: a
saturated tanh has no slope, 1 - tanh^2.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

LIMIT, NUMERATOR, DENOMINATOR = 8.8, 5, 3
POINTS, ROUNDS = 1500, 12


def fit(limit: float, numerator: int, denominator: int) -> tuple[float, np.ndarray, np.ndarray]:
    """Return (largest relative error, P, Q), the coefficients from the constant term upwards."""
    x = limit / 2 * (1 - np.cos(np.linspace(0, np.pi, POINTS)[1:]))
    share = (x / limit) ** 2  # powers of it stay within [0, 1]
    wanted = np.tanh(x) / x
    above = share[:, None] ** np.arange(numerator + 1)
    below = share[:, None] ** np.arange(1, denominator + 1)
    q, best = np.zeros(denominator), (np.inf, np.empty(0), np.empty(0))
    for _ in range(ROUNDS):
        # |P / (wanted Q) - 1| <= error, with the last Q in the denominator.
        scale = 1 / (1 + below @ q)
        rows = np.hstack([above * (scale / wanted)[:, None], -below * scale[:, None]])
        slack = -np.ones((len(x), 1))
        found = linprog(
            np.append(np.zeros(rows.shape[1]), 1),
            A_ub=np.vstack([np.hstack([rows, slack]), np.hstack([-rows, slack])]),
            b_ub=np.concatenate([scale, -scale]),
            A_eq=np.append(np.append(np.ones(numerator + 1), -np.ones(denominator) / limit), 0)[
                None
            ],
            b_eq=[1 / limit],
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
            bounds=[(None, None)] * rows.shape[1] + [(0, None)],
        )
        p, q = found.x[: numerator + 1], found.x[numerator + 1 : -1]
        error = np.abs(above @ p / (wanted * (1 + below @ q)) - 1).max()
        if error < best[0]:
            square = limit * limit
            q_of_one = np.append(1, q)
            best = (
                error,
                p / square ** np.arange(len(p)),
                q_of_one / square ** np.arange(len(q) + 1),
            )
    return best


def error_in_float32(p: np.ndarray, q: np.ndarray, limit: float) -> float:
    """Return the largest error in units in the last place, with fused multiply-adds, also beyond the limit."""
    x = np.concatenate([np.linspace(1e-3, 1.2 * limit, 400_000), np.geomspace(1e-9, 1, 50_000)])
    x = x.astype(np.float32)
    near = np.minimum(x, np.float32(limit))
    square = near * near

    def polynomial(coefficients: np.ndarray) -> np.ndarray:
        total = np.full_like(x, coefficients[-1])
        for one in coefficients[-2::-1].astype(np.float32):
            total = (square.astype(np.float64) * total + one).astype(np.float32)
        return total

    found = near * polynomial(p) / polynomial(q)
    expected = np.tanh(x.astype(np.float64))
    return float((np.abs(found - expected) / np.spacing(expected.astype(np.float32))).max())


if __name__ == "__main__":
    worst, p, q = fit(LIMIT, NUMERATOR, DENOMINATOR)
    print(f"relative error {worst:.2g}, in float32 {error_in_float32(p, q, LIMIT):.2f} ulp")
    for label, coefficients in (("P", p), ("Q", q)):
        print(f"  {label}:", *(repr(float(c)) for c in coefficients), sep="\n    ")
