"""Formatting of numbers and metrics, uniform wherever they are printed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_FIGURES = (("accuracy", "baseline_accuracy"), ("mean_abs_error", None))


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
