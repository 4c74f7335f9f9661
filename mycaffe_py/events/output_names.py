"""Naming rule for net outputs that clash with a metric of the run: the output is called ``<name>_output``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_INDEX = re.compile(r"\[\d+\]\Z")


def with_clashes_renamed(names: Collection[str], values: Mapping[str, float]) -> dict[str, float]:
    """Return ``values``, renaming those that clash with one of ``names`` to ``<name>_output``."""
    return {f"{name}_output" if name in names else name: value for name, value in values.items()}


def with_outputs(metrics: Mapping[str, float], outputs: Mapping[str, float]) -> dict[str, float]:
    """Return metrics and net outputs together."""
    return {**metrics, **with_clashes_renamed(metrics, outputs)}


def blob_of(name: str, outputs: Collection[str]) -> str:
    """Return the blob of an output such as ``y[3]``; ``outputs`` names the blobs, which may look like that too."""
    return name if name in outputs else _INDEX.sub("", name)


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
