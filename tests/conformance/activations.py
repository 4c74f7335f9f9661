"""Cases of the activation layers, Embed and the data that fillers make, for ``test_conformance.py``.

See ``conformance_cases.py``.
"""

from __future__ import annotations

from typing import Any

Case = tuple[str, list[Any], dict[str, Any]]

_SHAPE = (3, 4)
_FOUR_AXES = (2, 3, 2, 2)
_POSITIVE = [[0.3, 1.0, 2.5], [4.0, 0.7, 1.2]]
_SPREAD = [[-60.0, -2.0, -0.3], [0.4, 3.0, 60.0]]
_INDICES = [[4, 0, 2], [2, 2, 1]]


def _cases(field: str, *settings: str, bottom: Any = _SHAPE) -> list[Case]:
    """Return one case of each of the settings, and one of four axes."""
    given = [f"{field} {{ {text} }}" if text else "" for text in settings]
    return [(text, [bottom], {}) for text in given] + [(given[0], [_FOUR_AXES], {})]


def _line(field: str, *settings: str) -> list[Case]:
    return [(f"{field} {{ {text} }}" if text else "", [_POSITIVE], {}) for text in settings]


def _embed(settings: str = "") -> str:
    filler = 'weight_filler { type: "gaussian" } bias_filler { type: "uniform" }'
    return f"embed_param {{ num_output: 3 input_dim: 5 {filler} {settings} }}"


def _dummy(*settings: str) -> str:
    return f"dummy_data_param {{ {' '.join(settings)} }}"


_GAUSSIAN = 'data_filler { type: "gaussian" }'
_UNIFORM = 'data_filler { type: "uniform" }'
_SHAPE_2_3 = "shape { dim: 2 dim: 3 }"

LAYERS: dict[str, list[Case]] = {
    "AbsVal": [("", [_SHAPE], {}), ("", [_FOUR_AXES], {}), ("", [()], {"batch_axis": None})],
    "BNLL": [("", [_SHAPE], {}), ("", [_FOUR_AXES], {}), ("", [_SPREAD], {})],
    "Clip": [
        *_cases("clip_param", "min: -0.5 max: 0.6", "min: -1 max: 2", bottom=(4, 5)),
        ("clip_param { min: 0.25 max: 0.25 }", [_SHAPE], {}),
    ],
    "DummyData": [
        (_dummy(_SHAPE_2_3), [], {}),
        ('top: "a" top: "b" ' + _dummy(_SHAPE_2_3, "shape {}", _GAUSSIAN), [], {}),
        ('top: "a" top: "b" ' + _dummy(_SHAPE_2_3, _GAUSSIAN, _UNIFORM), [], {}),
        (_dummy("num: 2 channels: 1 height: 3 width: 4", _UNIFORM), [], {}),
    ],
    "ELU": _cases("elu_param", "", "alpha: 0.3", "alpha: -0.5", "alpha: 0"),
    "Embed": [
        (_embed(), [_INDICES], {}),
        (_embed("bias_term: false"), [[3, 0, 3, 3]], {}),
        (_embed(), [[[[1], [4]], [[1], [1]]]], {}),
        (_embed(), [2], {"batch_axis": None}),
    ],
    "Exp": _cases("exp_param", "", "base: 2", "base: 0.5 scale: 3 shift: -1", "scale: 0 shift: 2"),
    "Log": _line("log_param", "", "base: 10", "base: 0.5 scale: 3 shift: 0.25"),
    "Mish": [("", [_SHAPE], {}), ("", [_SPREAD], {})],
    "Parameter": [
        ("parameter_param { shape { dim: 2 dim: 3 } }", [], {}),
        ("parameter_param { shape {} }", [], {}),
    ],
    "Power": [
        *_cases("power_param", "", "scale: -3 shift: 2", "power: 2", "power: 2 scale: 2 shift: 1"),
        *_cases("power_param", "power: 3 shift: 0.5", "power: 0 scale: 3", "scale: 0 shift: 2"),
        *_line(
            "power_param", "power: 0.5", "power: -1 shift: 1", "power: -2.5 scale: 0.5 shift: 2"
        ),
        ("power_param { power: 3 scale: 0 shift: -2 }", [_SHAPE], {}),
    ],
    "PReLU": [
        *_cases("prelu_param", "", "channel_shared: true"),
        ("prelu_param { channel_shared: true }", [_FOUR_AXES], {}),
        ('prelu_param { filler { type: "gaussian" } }', [(2, 3, 4)], {}),
        ("", [(2, 3, 2, 1, 2)], {"propagate_down": [False]}),
    ],
    "Serf": [("", [_SHAPE], {}), ("", [_SPREAD], {})],
    "Swish": _cases("swish_param", "", "beta: 2.5", "beta: -1", "beta: 0"),
    "Threshold": [
        ("", [_SHAPE], {"skip_backward": True}),
        ("threshold_param { threshold: 0.5 }", [_FOUR_AXES], {"skip_backward": True}),
    ],
}
