"""The pictures that explain a CFC layer: its states, its time constants, and the wiring of its neurons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob

from .picture_states import draw_states
from .picture_times import draw_time_scales
from .picture_wiring import draw_wiring
from .sequence_cell import SequenceCell
from .sequence_trace import SequenceTrace


def explain(layer: Any, bottom: Sequence[Blob]) -> dict[str, Callable[[Any], None]]:
    """Return the pictures of the batch's first sample, by name.

    The sample is run again, in a separate cell.
    """
    trace, cell = run_first_sample(layer, bottom)
    scales = cell.time_scales()
    title = f'layer "{layer.name}" ({layer.type}), {trace.states.shape[1]} neurons'
    pictures = {
        "states": lambda figure: draw_states(
            figure, trace, f"{title}: the state over one sequence"
        ),
        "time_constants": lambda figure: draw_time_scales(figure, trace, scales, title),
    }
    synapses = cell.synapse_map()
    if synapses is not None:
        names = layer.composer.column_names(trace.input_name)
        pictures["wiring"] = lambda figure: draw_wiring(figure, synapses, names, title)
    return pictures


def run_first_sample(layer: Any, bottom: Sequence[Blob]) -> tuple[SequenceTrace, SequenceCell]:
    """Run a cell over the batch's first sample; return the trace up to the last observed step, and the cell."""
    to_host = layer.device.to_host
    seen = _observed(layer, bottom)
    part, spans = layer.run_first(bottom, len(seen))
    outputs = layer.xp.empty((1, part.steps, layer.readout.outputs), dtype=layer.dtype)
    layer.readout.forward_sequence(part, outputs)
    states = to_host(part.cell.states)[1:].reshape(part.steps, -1)
    if not np.isfinite(states).all():
        layer.fail(
            "its state is not finite, so there is nothing to draw",
            hint="non-finite weights are the result of a run that diverged",
        )
    trace = SequenceTrace(
        inputs=seen,
        spans=to_host(spans)[:, 0].astype(np.float64),
        states=states.astype(np.float64),
        outputs=to_host(outputs)[0].astype(np.float64),
        input_name=layer.context.names_in_file.get(bottom[0].name, bottom[0].name),
        output_name=layer.param.top[0] if layer.param.top else "output",
        in_time=layer.spans.time_form is not None,
    )
    return trace, part.cell


def _observed(layer: Any, bottom: Sequence[Blob]) -> np.ndarray:
    """Return x of the first sample up to the last observed step, NaN where it was not observed."""
    steps, mask = bottom[0].shape[1], layer.mask_of(bottom)
    first = layer.device.to_host(bottom[0].data[0]).reshape(steps, -1).astype(np.float64)
    if mask is None:
        return first
    observed = layer.device.to_host(mask.data[0]).reshape(steps, -1) != 0
    observed = np.broadcast_to(observed, first.shape)
    seen = np.flatnonzero(observed.any(axis=1))
    return np.where(observed, first, np.nan)[: int(seen[-1]) + 1 if seen.size else steps]
