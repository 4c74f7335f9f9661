"""Building a net for the verbs that run one without a solver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.builder.device_choice import choose_device, is_auto
from mycaffe_py.builder.device_trial import Subject
from mycaffe_py.builder.overrides import apply_overrides
from mycaffe_py.builder.sources import load_model
from mycaffe_py.device.device import open_device
from mycaffe_py.errors import ConfigError
from mycaffe_py.net.net import Net

from .idle_options import warn_of_unknown_state
from .options import stage_names


def build_net(
    model: str,
    phase: int,
    weights: Sequence[str],
    *,
    registry: Any,
    device: str,
    overrides: Sequence[str],
    level: int,
    stages: Sequence[str],
    seed: int | None,
    dtype: str,
) -> Net:
    """Build the net that ``net_options`` ask for."""
    document = load_model(model, registry)
    apply_overrides(overrides, model=document.message, registry=registry)
    warn_of_unknown_state([document.message], level, stages)
    if is_auto(device):
        state = registry.schema.new("NetState", phase=phase, level=level)
        state.stage.extend([*document.message.state.stage, *stage_names(stages)])
        opened = choose_device(Subject(document, registry, dtype, state))
        opened.seed_generators(seed or 0)
    else:
        opened = open_device(device, seed=seed or 0)
    return Net(
        document,
        phase,
        level,
        stage_names(stages),
        weights or None,
        registry=registry,
        device=opened,
        dtype=dtype,
    )


def require_data(net: Any, hint: str) -> None:
    """Raise ConfigError for a net with inputs that nothing fills."""
    if net.inputs:
        raise ConfigError(
            f'nothing fills the inputs {", ".join(net.inputs)} of net "{net.name}"', hint=hint
        )
