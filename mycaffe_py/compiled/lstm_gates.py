"""A step of the LSTM after its sums, for use within kernels: of the layer LSTM and of the memory before a liquid cell.

All arrays are rows of the same length, of one sample or of several one after another.
"""

from __future__ import annotations

from .compiling import inlined, kernel_source
from .elementary import sigmoid, tanh

kernel_source(__name__)


@inlined
def lstm_gates(i, f, o, g, before, keep, after, activated, hidden):
    """c' = f keep c + i g, h' = o tanh(c'), with i, f, o = sigmoid and g = tanh of the sums.

    i, f, o, g hold the sums and receive the gates; ``before`` is c, ``keep`` a number. ``after`` receives c',
    ``activated`` tanh(c'), ``hidden`` h'.
    """
    for k in range(after.shape[0]):
        input_gate, forget_gate, output_gate = sigmoid(i[k]), sigmoid(f[k]), sigmoid(o[k])
        candidate = tanh(g[k])
        memory = forget_gate * (keep * before[k]) + input_gate * candidate
        bounded = tanh(memory)
        i[k], f[k], o[k], g[k] = input_gate, forget_gate, output_gate, candidate
        after[k], activated[k], hidden[k] = memory, bounded, output_gate * bounded


@inlined
def lstm_gates_back(i, f, o, g, before, keep, activated, dh, dc, di, df, do, dg):
    """Backpropagate :func:`lstm_gates`: from the gates, c and tanh(c') to the gradients of the sums.

    ``dh`` is the gradient of h'; ``dc`` that of c', apart from what comes through h', and becomes that of c.
    """
    one = dh.dtype.type(1)
    for k in range(dh.shape[0]):
        input_gate, forget_gate, output_gate, candidate = i[k], f[k], o[k], g[k]
        bounded, of_hidden = activated[k], dh[k]
        of_memory = dc[k] + of_hidden * output_gate * (one - bounded * bounded)
        di[k] = of_memory * candidate * input_gate * (one - input_gate)
        df[k] = of_memory * (keep * before[k]) * forget_gate * (one - forget_gate)
        do[k] = of_hidden * bounded * output_gate * (one - output_gate)
        dg[k] = of_memory * input_gate * (one - candidate * candidate)
        dc[k] = of_memory * forget_gate * keep
