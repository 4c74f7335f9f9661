"""Naming rule for net outputs that clash with a metric of the run: the output is called ``<name>_output``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SUMMARY = ("mean", "min", "max")
"""The figures of an output of many elements: ``name[mean]``, ``name[min]``, ``name[max]``."""
_SUMMARY = re.compile(rf"\[(?:{'|'.join(SUMMARY)})\]\Z")
_PART = re.compile(rf"\[\d+\]\Z|{_SUMMARY.pattern}")


def with_clashes_renamed(names: Collection[str], values: Mapping[str, float]) -> dict[str, float]:
    """Return ``values``, renaming those that clash with one of ``names`` to ``<name>_output``."""
    return {f"{name}_output" if name in names else name: value for name, value in values.items()}


def with_outputs(metrics: Mapping[str, float], outputs: Mapping[str, float]) -> dict[str, float]:
    """Return metrics and net outputs together."""
    return {**metrics, **with_clashes_renamed(metrics, outputs)}


def blob_of(name: str, outputs: Collection[str]) -> str:
    """Return the blob of an output such as ``y[3]`` or ``y[mean]``.

    ``outputs`` names the blobs, which may look like that too.
    """
    return name if name in outputs else _PART.sub("", name)


def is_summary(name: str, outputs: Collection[str]) -> bool:
    """Whether an output's figure is one of all its elements, such as ``y[mean]``; ``outputs`` names the blobs."""
    return name not in outputs and _SUMMARY.search(name) is not None


def element_weight(name: str, weights: Mapping[str, float]) -> float:
    """Return the loss weight of an output's figure; 0 for a summary. ``weights`` are those of the outputs' blobs."""
    return 0.0 if is_summary(name, weights) else weights.get(blob_of(name, weights), 0.0)


def output_name(name: str, outputs: Collection[str]) -> str | None:
    """Return the output's own name if the metric ``name`` is an output, else None; ``outputs`` names the blobs."""
    own = name if name in outputs else name.removesuffix("_output")
    return own if blob_of(own, outputs) in outputs else None


def output_values(
    metrics: Mapping[str, float], outputs: Collection[str]
) -> list[tuple[str, float]]:
    """Return those of ``metrics`` that are outputs, under the outputs' own names; ``outputs`` names the blobs."""
    found = []
    for name, value in metrics.items():
        own, moved = output_name(name, outputs), f"{name}_output"
        taken = moved in metrics and moved not in outputs
        if own is not None and not taken:
            found.append((own, value))
    return found
