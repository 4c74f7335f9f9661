"""What Caffe asks of backward besides right numbers: it adds to parameters, and leaves alone what it is told to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .layers import _Run

_TOLERANCE = 1e-9
_BEFORE = 7.0


def contract_fault(
    run: _Run, weights: Sequence[np.ndarray], flags: Sequence[bool], learned: Sequence[bool]
) -> str:
    """Return what backward does wrong with the diffs that it finds, or "".

    It must add to the diffs of parameters, which other layers and earlier passes may share, and must not touch a bottom
    whose ``propagate_down`` is False.
    """
    run.forward()
    run.clear_diffs()
    run.backward(weights, flags)
    once = run.blob_diffs()
    run.backward(weights, flags)
    for name, first, twice, counts in zip(
        run.layer.blob_names, once, run.blob_diffs(), learned, strict=True
    ):
        scale = max(1e-300, float(np.abs(first).max(initial=0.0)))
        if counts and not np.allclose(twice / scale, 2 * first / scale, rtol=0, atol=_TOLERANCE):
            return (
                f'backward must add to the diff of parameter "{name}", but replaces what is there'
            )
    # A net runs backward only if something needs it.
    refusable = sum(flags) > 1 or any(learned)
    for index, blob in enumerate(run.bottom if refusable else ()):
        # A bottom that shares its diff with a top has received it before backward runs.
        if not flags[index] or any(np.shares_memory(blob.diff, top.diff) for top in run.top):
            continue
        others = [flag and other != index for other, flag in enumerate(flags)]
        found = run.backward(weights, others, fill=_BEFORE)[index]
        if not np.array_equal(found, np.full(found.shape, _BEFORE)):
            return f'backward must not touch bottom "{blob.name}" if its propagate_down is False'
    run.clear_diffs()
    return ""
