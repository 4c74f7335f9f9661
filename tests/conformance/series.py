"""Cases of the layers for series for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

_GAIN = (
    "blobs { shape { dim: 3 dim: 2 } data: [1, 0.5, 0, -0.3, 2, 0.7] } "
    "forecast_param { distances: 3 features: 2 columns: 4 settings: 'window: 3' }"
)
_AHEAD = [[1], [2], [3.4], [9], [-2]]
_NAN = float("nan")
_GAPS = [[0.5, _NAN], [_NAN, _NAN], [-1.5, 2.5]]


def _pinball(settings: str) -> str:
    return f"pinball_loss_param {{ {settings} }}"


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "FORECAST": [
        ("", [(3, 2), (3, 2), [[1], [1], [4]]], {}),
        (_GAIN, [(5, 2), (5, 2), _AHEAD], {}),
        (_GAIN, [(3, 2), (3, 2), [3, 1, 2]], {}),
        (_GAIN, [(2, 2), (2, 2), [[2], [1]]], {"propagate_down": [False, True, False]}),
        ("", [(0, 2), (0, 2), (0, 1)], {"batch_axis": None}),
    ],
    "PINBALL_LOSS": [
        (_pinball("quantile: 0.5"), [(3, 2), (3, 2)], {}),
        (_pinball("quantile: [0.1, 0.5, 0.9]"), [(2, 6), (2, 2)], {}),
        (_pinball("quantile: [0.2, 0.7]"), [(3, 2, 2), (3, 2, 1)], {}),
        (_pinball("quantile: [0.05, 0.6]"), [(3, 2), (3,)], {}),
        (_pinball("quantile: [0.1, 0.9] skip_missing: true"), [(3, 4), _GAPS], {}),
        (_pinball("quantile: 0.3 skip_missing: true"), [(1, 2), [[_NAN, _NAN]]], {}),
        (_pinball("quantile: 0.3"), [(2, 2), (2, 2)], {"propagate_down": [True, False]}),
        (_pinball("quantile: 0.3 skip_missing: true"), [(0, 2), (0, 2)], {"batch_axis": None}),
    ],
}
