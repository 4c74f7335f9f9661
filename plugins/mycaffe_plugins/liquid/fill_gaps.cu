// The formulas of InputComposer in cfc_inputs.py, all steps at once: a thread for each feature of each sample.
//
// Forward: filled_t = m_t x_t + (1 - m_t) filled_(t-1) and since_t = (span_t + since_(t-1)) (1 - m_t).
// Arrays are (steps, columns, batch) with any strides, in numbers.
#include "common.cuh"

constexpr int GAP_THREADS = 128;

struct Strided {
    REAL* values;
    long long step, column, sample;
};
__device__ __forceinline__ REAL& at(const Strided& array, int step, int column, int sample) {
    return array.values[step * array.step + column * array.column + sample * array.sample];
}

struct GapArguments {
    int steps, features, batch, wide;  // wide: with the time since the last observation
    Strided x, mask, spans, inputs;    // spans have no columns; inputs: filled, since if wide, then the mask
};

extern "C" __global__ void __launch_bounds__(GAP_THREADS) fill_gaps(const GapArguments a) {
    const int index = blockIdx.x * GAP_THREADS + threadIdx.x;
    const int feature = index / a.batch, sample = index % a.batch;
    if (feature >= a.features) return;
    REAL filled = REAL(0), since = REAL(0);
    for (int t = 0; t < a.steps; ++t) {
        const REAL keep = at(a.mask, t, feature, sample), missing = REAL(1) - keep;
        // An unobserved value may be anything, also NaN.
        const REAL seen = keep == REAL(0) ? filled : at(a.x, t, feature, sample);
        filled = keep == REAL(1) ? seen : keep * seen + missing * filled;
        at(a.inputs, t, feature, sample) = filled;
        if (a.wide) {
            since = keep == REAL(1) ? REAL(0) : (at(a.spans, t, 0, sample) + since) * missing;
            at(a.inputs, t, a.features + feature, sample) = since;
        }
    }
}

// Here inputs is the gradient of the inputs, overwritten by those of x and, where `since` is, by those of the spans.
extern "C" __global__ void __launch_bounds__(GAP_THREADS) fill_gaps_backward(const GapArguments a) {
    const int index = blockIdx.x * GAP_THREADS + threadIdx.x;
    const int feature = index / a.batch, sample = index % a.batch;
    if (feature >= a.features) return;
    REAL to_filled = REAL(0), to_since = REAL(0);
    for (int t = a.steps - 1; t >= 0; --t) {
        const REAL keep = at(a.mask, t, feature, sample), missing = REAL(1) - keep;
        const bool gap = keep != REAL(1);
        REAL& filled = at(a.inputs, t, feature, sample);
        const REAL total = filled + to_filled;
        to_filled = gap ? total * missing : REAL(0);
        filled = gap ? total * keep : total;
        if (a.wide) {
            REAL& since = at(a.inputs, t, a.features + feature, sample);
            to_since = gap ? (since + to_since) * missing : REAL(0);
            since = to_since;
        }
    }
}
