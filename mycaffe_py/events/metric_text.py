"""Formatting of numbers and metrics, uniform wherever they are printed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_FIGURES = (("accuracy", "baseline_accuracy"), ("mean_abs_error", None))
_NOT_OF_TRAINERS = ("loss", "test_loss")


def number(value: float) -> str:
    """Format a number with four significant digits."""
    return f"{value:.4g}"


def metric_lines(metrics: Mapping[str, float], outputs: Collection[str] = ()) -> list[str]:
    """Return the trainer's metrics as ``name = value``, the accuracy with its baseline.

    ``outputs`` are names in ``metrics`` that are outputs of the net, unless these appear under another name.
    """
    parts = []
    for name, baseline in _FIGURES:
        if name in metrics and (name not in outputs or f"{name}_output" in metrics):
            part = f"{name.replace('_', ' ')} = {number(metrics[name])}"
            if baseline is not None and baseline in metrics:
                part += f" (baseline {number(metrics[baseline])})"
            parts.append(part)
    return parts


def other_lines(metrics: Mapping[str, float], outputs: Collection[str] = ()) -> list[str]:
    """Return as ``name = value`` the metrics of a trainer's own, which :func:`metric_lines` does not know.

    ``outputs`` are names in ``metrics`` that are outputs of the net. What begins with ``baseline_`` is left out.
    """
    shown = {*_NOT_OF_TRAINERS, *(name for name, _ in _FIGURES), *outputs}
    own = [name for name in metrics if name not in shown and not name.startswith("baseline_")]
    own = [name for name in own if not name.endswith("_output")]
    return [f"{name.replace('_', ' ')} = {number(metrics[name])}" for name in own]


def loss_part(value: float, weight: float, form: str = "{:.4g}") -> str:
    """Return Caffe's suffix for an output that contributes to the loss; empty for others."""
    return f" (* {weight:g} = {form.format(weight * value)} loss)" if weight else ""


def duration(seconds: float) -> str:
    """Format seconds as ``12.3 s``, ``4:05`` or ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rate(iterations: float, seconds: float) -> str:
    """Format a rate of iterations."""
    return f"{iterations / seconds:.4g}" if seconds > 0 else "0"
