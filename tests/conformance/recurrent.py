"""Cases of the recurrent layers for ``test_conformance.py``; see ``conformance_cases.py``.

Sequences begin at the first step (cont 0), so that no state is carried from one forward to the next.
"""

from __future__ import annotations

from typing import Any

_CONT = [[0, 0], [1, 1], [1, 0], [1, 1]]
_ONE = [[0], [1], [1]]
_GATES = 'top: "c" top: "h"'


def _recurrent(settings: str = "", more: str = "") -> str:
    fillers = 'weight_filler { type: "uniform" min: -0.5 max: 0.5 } bias_filler { type: "uniform" }'
    return f"recurrent_param {{ num_output: 3 {fillers} {settings} }} {more}"


def _cases(parts: int) -> list[tuple[str, list[Any], dict[str, Any]]]:
    """Return the cases of a layer whose state has that many parts."""
    exposed = "expose_hidden: true"
    tops = " ".join(f'top: "{name}"' for name in ("y", "h_T", "c_T")[: 1 + parts])
    first = [(1, 2, 3)] * parts
    # Gradients pass neither from the exposed tops nor to the exposed bottoms.
    no_gradient = {"batch_axis": None, "skip_backward": True}
    return [
        (_recurrent(), [(4, 2, 2), _CONT], {"batch_axis": 1}),
        (_recurrent(), [(4, 2, 2), _CONT, (2, 3)], {"batch_axis": None}),
        (_recurrent("debug_info: true"), [(3, 1, 2, 2), _ONE], {"batch_axis": 1}),
        (_recurrent(), [(1, 3, 2), [[0, 0, 0]]], {"batch_axis": 1}),
        (
            _recurrent(),
            [(4, 2, 2), _CONT, (2, 1, 2)],
            {"batch_axis": None, "propagate_down": [False, False, True]},
        ),
        (_recurrent(exposed, tops), [(4, 2, 2), [[1, 1], *_CONT[1:]], *first], no_gradient),
        (_recurrent(exposed, tops), [(4, 2, 2), _CONT, (2, 2), *first], no_gradient),
    ]


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "LSTM": _cases(2),
    "LSTMUnit": [
        (_GATES, [(1, 2, 3), (1, 2, 12), [[1, 0]]], {"batch_axis": 1}),
        (_GATES, [(1, 1, 2), (1, 1, 8), [[1]]], {"batch_axis": 1}),
        (
            _GATES,
            [(1, 2, 1), (1, 2, 4), [[1, 1]]],
            {"batch_axis": 1, "propagate_down": [True, False, False]},
        ),
    ],
    "RNN": _cases(1),
}
