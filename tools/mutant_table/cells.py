"""Backpropagation through time: CfC, LTC, LSTM and RNN; and what a liquid layer makes of tt and mask."""

from __future__ import annotations

from .mutant import Mutant

CFC_HEADS = "plugins/mycaffe_plugins/liquid/cfc_heads.py"
CFC_CELL = "plugins/mycaffe_plugins/liquid/cfc_cell.py"
CFC_INPUTS = "plugins/mycaffe_plugins/liquid/cfc_inputs.py"
BATCH_PARTS = "plugins/mycaffe_plugins/liquid/batch_parts.py"
TIMESPANS = "plugins/mycaffe_plugins/liquid/timespans.py"
LTC_CELL = "plugins/mycaffe_plugins/liquid/ltc_cell.py"
LTC_SYNAPSES = "plugins/mycaffe_plugins/liquid/ltc_synapses.py"
LSTM_CELL = "plugins/mycaffe_plugins/recurrent/lstm_cell.py"
LSTM_UNIT = "plugins/mycaffe_plugins/recurrent/lstm_unit.py"
LSTM_GATES = "mycaffe_py/compiled/lstm_gates.py"
SEQUENCE = "plugins/mycaffe_plugins/recurrent/sequence_kernels.py"
RECURRENT = "plugins/mycaffe_plugins/recurrent/recurrent_layer.py"

OF_CFC = (
    "tests/plugins/liquid/test_cfc_golden.py",
    "tests/plugins/liquid/test_cfc_layer.py",
)
OF_MINIMAL = (
    "tests/plugins/liquid/test_minimal.py",
    "tests/plugins/liquid/test_cfc_golden.py",
)
OF_SPARSE = (
    "tests/plugins/liquid/test_sparse_cell.py",
    "tests/plugins/liquid/test_wired_cfc.py",
)
OF_PARTS = ("tests/plugins/liquid/test_batch_parts.py",)
OF_SPANS = (
    "tests/plugins/liquid/test_timespans.py",
    "tests/plugins/liquid/test_time_of_layer.py",
)
OF_LTC = (
    "tests/plugins/liquid/test_ltc_golden.py",
    "tests/plugins/liquid/test_ltc_layer.py",
    "tests/test_conformance.py",
)
OF_RECURRENT = (
    "tests/plugins/recurrent/test_recurrent.py",
    "tests/plugins/recurrent/test_compiled_sequence.py",  # with compiled kernels and without
)

MUTANTS = (
    Mutant(
        "cfc-gradient-of-time-a-without-time",
        CFC_HEADS,
        "xp.multiply(d_b, self._times[:, None], out=d_a)",
        "xp.copyto(d_a, d_b)",
        OF_CFC,
    ),
    Mutant(
        "cfc-no-gate-slope",
        CFC_HEADS,
        "xp.multiply(second, slope, out=d_b)",
        "xp.copyto(d_b, slope)",
        OF_CFC,
    ),
    Mutant(
        "cfc-gradient-of-the-spans",
        CFC_HEADS,
        "self._factors[:, 2] * self.sums[:, 3 * self._size :]",
        "self._factors[:, 3] * self.sums[:, 3 * self._size :]",
        OF_CFC,
    ),
    Mutant(
        "cfc-minimal-sign-of-w-tau",
        CFC_HEADS,
        "xp.sign(w_tau.data) * a.data * share",
        "a.data * share",
        OF_MINIMAL,
    ),
    Mutant(
        "cfc-minimal-gradient-of-the-spans",
        CFC_HEADS,
        "        rate += w_tau\n",
        "",
        OF_MINIMAL,
    ),
    Mutant(
        "cfc-recurrent-weights-see-the-wrong-state",
        CFC_CELL,
        "products.outer(gradient, self._before)",
        "products.outer(gradient, self.states[1:])",
        OF_CFC,
    ),
    Mutant(
        "cfc-derivative-under-dropout",
        CFC_CELL,
        "output = output * (1.0 - self.settings.dropout_ratio)",
        "output = output * 1.0",
        OF_CFC,
    ),
    Mutant(
        "cfc-missing-synapses-learn",
        CFC_CELL,
        "total *= self._sparsity",
        "pass",
        OF_SPARSE,
    ),
    Mutant(
        "cfc-gap-gets-a-gradient",
        CFC_INPUTS,
        "filled[step] *= self._mask[step]",
        "pass",
        OF_CFC,
    ),
    Mutant(
        "cfc-value-before-a-gap-gets-no-gradient",
        CFC_INPUTS,
        "filled[step - 1] += filled[step] * missing",
        "pass",
        OF_CFC,
    ),
    Mutant(
        "cfc-time-since-goes-on-where-observed",
        CFC_INPUTS,
        "(spans[step] + since) * missing",
        "spans[step] + since",
        OF_CFC,
    ),
    Mutant(
        "cfc-gradient-of-the-time-since",
        CFC_INPUTS,
        "since[step - 1] += since[step]",
        "pass",
        OF_CFC,
    ),
    Mutant(
        "parts-of-batches-gradient-between-them",
        BATCH_PARTS,
        "theirs[:, : self.count] += ours",
        "theirs[:, : self.count] = ours",
        OF_PARTS,
    ),
    Mutant(
        "parts-of-batches-start-anew",
        BATCH_PARTS,
        "self.full(ours[0])[...] = before.full(theirs[-1])[:, : self.count]",
        "self.full(ours[0])[...] = 0",
        OF_PARTS,
    ),
    Mutant(
        "spans-first-span",
        TIMESPANS,
        "self._buffer[0] = self._first",
        "self._buffer[0] = 0",
        OF_SPANS,
    ),
    Mutant(
        "spans-gradient-of-the-time-before",
        TIMESPANS,
        "diff[:-1] -= gradient[1:]",
        "pass",
        OF_SPANS,
    ),
    Mutant(
        "spans-gradient-of-the-first-time",
        TIMESPANS,
        "            diff[0] = 0\n",
        "",
        OF_SPANS,
    ),
    Mutant(
        "spans-of-0-beside-padding",
        TIMESPANS,
        "wrong = ~np.isfinite(host) | (host < self._min_span)",
        "wrong = ~np.isfinite(host) | (host <= self._least)",
        OF_SPANS,
    ),
    Mutant(
        "spans-first-step-of-padding",
        TIMESPANS,
        "real = np.arange(len(wrong))[:, None] < self._lengths(wrong.shape, mask)",
        "real = np.arange(len(wrong))[:, None] <= self._lengths(wrong.shape, mask)",
        OF_SPANS,
    ),
    Mutant(
        "spans-replaced-ones-get-gradients",
        TIMESPANS,
        "gradient = self.xp.where(self._replaced, self.xp.zeros_like(gradient), gradient)",
        "pass",
        OF_SPANS,
    ),
    Mutant(
        "spans-without-end",
        TIMESPANS,
        "np.where(wrong, 0, host).clip(-LONGEST_SPAN, LONGEST_SPAN)",
        "np.where(wrong, 0, host)",
        OF_SPANS,
    ),
    Mutant(
        "ltc-gradient-of-cm-in-long-spans",
        LTC_CELL,
        "multiply(product, self._capacity_factor[step], product)",
        "pass",
        OF_LTC,
    ),
    Mutant(
        "ltc-gradient-of-long-spans",
        LTC_CELL,
        "self._of_spans.sum(axis=0) * self._capacity_factor[step]",
        "self._of_spans.sum(axis=0)",
        OF_LTC,
    ),
    Mutant(
        "ltc-gradient-of-vleak",
        LTC_CELL,
        "diff += totals[:, 0] * self._gleak",
        "diff += totals[:, 0]",
        OF_LTC,
    ),
    Mutant(
        "ltc-gradient-of-mu",
        LTC_SYNAPSES,
        "diff -= of_ones * sigma.data * 0.5",
        "diff += of_ones * sigma.data * 0.5",
        OF_LTC,
    ),
    Mutant(
        "ltc-weight-sums-of-the-last-backward-stay",
        LTC_SYNAPSES,
        "        self._weight_sums.fill(0)\n",
        "",
        OF_LTC,
    ),
    Mutant(
        "lstm-cell-state-gradient",
        LSTM_CELL,
        "self.xp.add(dc, product, dc)",
        "self.xp.copyto(dc, product)",
        OF_RECURRENT,
    ),
    Mutant(
        "lstm-forget-gate-in-backward",
        LSTM_CELL,
        "        multiply(dc, f, dc)\n",
        "",
        OF_RECURRENT,
    ),
    Mutant(
        "lstm-unit-gradient-past-a-sequence-begin",
        LSTM_UNIT,
        "xp.multiply(dc, bottom[2].data[:, None], out=dx)",
        "xp.copyto(dx, dc)",
        OF_RECURRENT,
    ),
    Mutant(
        "recurrent-gradient-past-a-sequence-begin",
        RECURRENT,
        "multiply(state_gradient, cont[t], state_gradient)",
        "pass",
        OF_RECURRENT,
    ),
    Mutant(
        "recurrent-static-input-of-the-first-step",
        RECURRENT,
        "xp.sum(self.sum_gradients, axis=0, out=total)",
        "xp.copyto(total, self.sum_gradients[0])",
        OF_RECURRENT,
    ),
    Mutant(
        "compiled-lstm-forgets-the-forget-gate-back",
        LSTM_GATES,
        "dc[k] = of_memory * forget_gate * keep",
        "dc[k] = of_memory * keep",
        OF_RECURRENT,
    ),
    Mutant(
        "compiled-sequence-leaves-out-rows-too-early",
        SEQUENCE,
        "            going_on = row + 1",
        "            going_on = row",
        OF_RECURRENT,
    ),
    Mutant(
        "compiled-sequence-gradient-without-cont",
        SEQUENCE,
        "gradient[k] = keep * gradient[k] + of_output[k]",
        "gradient[k] = gradient[k] + of_output[k]",
        OF_RECURRENT,
    ),
    Mutant(
        "compiled-sequence-x-in-the-wrong-order",
        SEQUENCE,
        "dx[t + row // batch, order[row % batch]]",
        "dx[t + row // batch, row % batch]",
        OF_RECURRENT,
    ),
)
