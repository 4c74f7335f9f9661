"""LSTM and RNN once more, written plainly, one step and one sequence at a time."""

from __future__ import annotations

import numpy as np

KINDS = ["LSTM", "RNN"]
PARTS = {"LSTM": 2, "RNN": 1}


def text(kind, size=3, more="", layer=""):
    filler = 'type: "uniform" min: -1 max: 1'
    return f"""type: "{kind}" {layer} recurrent_param {{ num_output: {size} {more}
      weight_filler {{ {filler} }} bias_filler {{ {filler} }} }}"""


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def run(kind, blobs, x, cont, static=None, state=None):
    """Return the output (T, N, H) and the last state, one (N, H) for each part."""
    weights = [np.array(blob.data, dtype=np.float64) for blob in blobs]
    input_weight, bias, *rest = weights
    static_weight = rest.pop(0) if static is not None else None
    steps, batch = x.shape[:2]
    size = rest[0].shape[1]
    output = np.empty((steps, batch, size))
    last = [np.empty((batch, size)) for _ in range(PARTS[kind])]
    for n in range(batch):
        h, c = np.zeros(size), np.zeros(size)
        if state is not None:
            h, c = (part[n] for part in (state * 2)[:2])
        for t in range(steps):
            h, c = h * cont[t, n], c * cont[t, n]
            z = input_weight @ x[t, n].reshape(-1) + bias + rest[0] @ h
            if static is not None:
                z = z + static_weight @ static[n].reshape(-1)
            if kind == "LSTM":
                i, f, o, g = z.reshape(4, size)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
                h = output[t, n] = sigmoid(o) * np.tanh(c)
            else:
                h = np.tanh(z)
                output[t, n] = np.tanh(rest[1] @ h + rest[2])
        for part, values in zip(last, (h, c), strict=False):
            part[n] = values
    return output, last
