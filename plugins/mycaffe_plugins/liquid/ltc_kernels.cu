// Whole-sequence kernels of the LTC cell (its equations: ltc_cell.py and ltc_synapses.py), for a GPU.
//
// A block computes a sequence, with all unfolds of all steps; its synapses stay in registers. LANES threads side by side
// are a neuron's: each has some of its incoming synapses, and their sums meet in shuffles. The weights' gradients are
// summed up in registers too, over all steps of all sequences that a block computes; the host adds up the blocks'.
//
// -DHIDDEN=32 -DTHREADS=256 -DREAL=float
#include "common.cuh"

// Arrays are (steps, features, batch); the synapses' are those of Synapses, prepared.
struct LtcArguments {
    int steps, batch, unfolds, reserved;
    const REAL *affine, *weights;                // (source, target, 2), (target, 2, source)
    const REAL *leak, *cm;                       // (HIDDEN, 2, steps, batch), (HIDDEN)
    const REAL *capacity_factor, *rate_factor;   // (steps, batch)
    REAL *states, *between;                      // (steps + 1, HIDDEN, batch), (steps, unfolds - 1, HIDDEN, batch)
    REAL *rates, *inverses;                      // (steps, unfolds, HIDDEN, batch)
    const REAL* from_above;                      // backward: dL/d(states[1:]) from above
    REAL *leak_gradient, *time_gradient;         // as leak; (steps, batch)
    REAL *of_cm, *state_gradient;                // (HIDDEN, batch)
    REAL *of_weights, *of_affine;                // (blocks, target, source, 2), (blocks, source, target, 2)
};

constexpr int lanes_of_a_neuron() {
    int lanes = 1;
    while (lanes < 32 && 2 * lanes * HIDDEN <= THREADS && lanes < HIDDEN) lanes *= 2;
    return lanes;
}
constexpr int LANES = lanes_of_a_neuron(), EACH = (HIDDEN + LANES - 1) / LANES;  // threads of a neuron, synapses of each
static_assert(LANES * HIDDEN <= THREADS, "a thread has one neuron");

// The incoming synapses of a thread's neuron: sources lane, lane + LANES, ...
struct Incoming {
    const int neuron = threadIdx.x / LANES, lane = threadIdx.x % LANES;
    REAL slope[EACH], offset[EACH], flow[EACH], conductance[EACH];

    __device__ __forceinline__ Incoming(const LtcArguments& a) {
#pragma unroll
        for (int k = 0; k < EACH; ++k) {
            const int i = source(k), j = neuron;
            const bool there = i < HIDDEN && j < HIDDEN;
            slope[k] = there ? a.affine[(i * HIDDEN + j) * 2] : REAL(0);
            offset[k] = there ? a.affine[(i * HIDDEN + j) * 2 + 1] : REAL(0);
            flow[k] = there ? a.weights[(j * 2) * HIDDEN + i] : REAL(0);
            conductance[k] = there ? a.weights[(j * 2 + 1) * HIDDEN + i] : REAL(0);
        }
    }
    __device__ __forceinline__ int source(int k) const { return k * LANES + lane; }
    // Returns the sum over the threads of a neuron, in each of them.
    static __device__ __forceinline__ REAL total(REAL value) {
#pragma unroll
        for (int distance = LANES / 2; distance; distance /= 2) value += __shfl_xor_sync(0xffffffffu, value, distance);
        return value;
    }
};

struct alignas(16) LtcForwardShared {
    REAL v[2][EACH * LANES];  // the state before an unfold and after it, in turn
};

extern "C" __global__ void __launch_bounds__(THREADS, 1) ltc_forward(const LtcArguments a) {
    SHARED_MEMORY(LtcForwardShared, s);
    const Incoming in(a);
    const int j = in.neuron;
    const REAL cm = j < HIDDEN ? a.cm[j] : REAL(1);
    for (int i = threadIdx.x; i < 2 * EACH * LANES; i += THREADS) s.v[i / (EACH * LANES)][i % (EACH * LANES)] = 0;
    int turn = 0;
    for (int b = blockIdx.x; b < a.batch; b += gridDim.x) {
        __syncthreads();
        if (j < HIDDEN && in.lane == 0) s.v[turn][j] = a.states[j * a.batch + b];
        __syncthreads();
        for (int t = 0; t < a.steps; ++t) {
            REAL current_leak = 0, conductance_leak = 0;
            if (j < HIDDEN) {
                current_leak = a.leak[((j * 2) * a.steps + t) * a.batch + b];
                conductance_leak = a.leak[((j * 2 + 1) * a.steps + t) * a.batch + b];
            }
            const REAL span = a.rate_factor[t * a.batch + b], capacity = cm * a.capacity_factor[t * a.batch + b];
            for (int unfold = 0; unfold < a.unfolds; ++unfold) {
                REAL current = 0, conductance = 0;
#pragma unroll
                for (int k = 0; k < EACH; ++k) {
                    const REAL th = tanh(in.slope[k] * s.v[turn][in.source(k)] + in.offset[k]);
                    current += in.flow[k] * th;
                    conductance += in.conductance[k] * th;
                }
                current = in.total(current) + current_leak;
                conductance = in.total(conductance) + conductance_leak;
                if (j < HIDDEN && in.lane == 0) {
                    const REAL before = s.v[turn][j], rate = current - before * conductance;
                    const REAL inverse = 1 / (conductance * span + capacity), after = before + rate * span * inverse;
                    const int at = ((t * a.unfolds + unfold) * HIDDEN + j) * a.batch + b;
                    s.v[1 - turn][j] = after;
                    a.rates[at] = rate, a.inverses[at] = inverse;
                    if (unfold + 1 < a.unfolds)
                        a.between[((t * (a.unfolds - 1) + unfold) * HIDDEN + j) * a.batch + b] = after;
                    else
                        a.states[((t + 1) * HIDDEN + j) * a.batch + b] = after;
                }
                turn = 1 - turn;
                __syncthreads();
            }
        }
    }
}

struct alignas(16) LtcBackwardShared {
    REAL v[2][EACH * LANES];            // the states before an unfold and before the unfold that comes next
    REAL received[HIDDEN][HIDDEN + 1];  // what each target gives each source, of dL/dv
    REAL of_spans[HIDDEN];
};

extern "C" __global__ void __launch_bounds__(THREADS, 1) ltc_backward(const LtcArguments a) {
    SHARED_MEMORY(LtcBackwardShared, s);
    const Incoming in(a);
    const int j = in.neuron, batch = a.batch;
    const REAL cm = j < HIDDEN ? a.cm[j] : REAL(1);
    for (int i = threadIdx.x; i < 2 * EACH * LANES; i += THREADS) s.v[i / (EACH * LANES)][i % (EACH * LANES)] = 0;
    REAL of_flow[EACH] = {}, of_conductance[EACH] = {}, of_slope[EACH] = {}, of_offset[EACH] = {};
    int turn = 0;
    for (int b = blockIdx.x; b < batch; b += gridDim.x) {
        // The state before an unfold; the one after it is that before the unfold that was treated last.
        auto state_before = [&](int t, int unfold) {
            if (j >= HIDDEN || t < 0) return REAL(0);
            return unfold ? a.between[((t * (a.unfolds - 1) + unfold - 1) * HIDDEN + j) * batch + b]
                          : a.states[(t * HIDDEN + j) * batch + b];
        };
        REAL gradient = 0, cm_sum = 0, after = j < HIDDEN ? a.states[(a.steps * HIDDEN + j) * batch + b] : REAL(0);
        REAL before = state_before(a.steps - 1, a.unfolds - 1);
        __syncthreads();
        if (j < HIDDEN && in.lane == 0) s.v[turn][j] = before;
        __syncthreads();
        for (int t = a.steps - 1; t >= 0; --t) {
            const REAL span = a.rate_factor[t * batch + b], factor = a.capacity_factor[t * batch + b];
            const REAL capacity = cm * factor;
            REAL flow_sum = 0, conductance_sum = 0, span_sum = 0;
            if (j < HIDDEN) gradient += a.from_above[(t * HIDDEN + j) * batch + b];
            for (int unfold = a.unfolds - 1; unfold >= 0; --unfold) {
                REAL inverse = 0, rate = 0;
                if (j < HIDDEN) {
                    const int at = ((t * a.unfolds + unfold) * HIDDEN + j) * batch + b;
                    inverse = a.inverses[at], rate = a.rates[at];
                }
                const REAL next = unfold ? state_before(t, unfold - 1) : state_before(t - 1, a.unfolds - 1);
                const REAL scaled = gradient * inverse, to_flow = scaled * span, to_conductance = -to_flow * after;
                flow_sum += to_flow, conductance_sum += to_conductance;
                span_sum += capacity * inverse * rate * scaled;
                cm_sum += (before - after) * scaled * factor;
#pragma unroll
                for (int k = 0; k < EACH; ++k) {
                    const int i = in.source(k);
                    const REAL v = s.v[turn][i], th = tanh(in.slope[k] * v + in.offset[k]);
                    const REAL dz = (1 - th * th) * (in.flow[k] * to_flow + in.conductance[k] * to_conductance);
                    of_flow[k] += th * to_flow, of_conductance[k] += th * to_conductance;
                    of_slope[k] += dz * v, of_offset[k] += dz;
                    if (i < HIDDEN && j < HIDDEN) s.received[j][i] = in.slope[k] * dz;
                }
                if (j < HIDDEN && in.lane == 0) {
                    s.v[1 - turn][j] = next;
                    if (unfold == 0) s.of_spans[j] = span_sum;
                }
                __syncthreads();
                REAL received = 0;
#pragma unroll
                for (int k = 0; k < EACH; ++k)
                    if (in.source(k) < HIDDEN && j < HIDDEN) received += s.received[in.source(k)][j];
                gradient = scaled * capacity + in.total(received);
                after = before, before = next, turn = 1 - turn;
                if (unfold == 0 && threadIdx.x < 32) {
                    REAL sum = 0;
                    for (int n = threadIdx.x; n < HIDDEN; n += 32) sum += s.of_spans[n];
                    for (int distance = 16; distance; distance /= 2)
                        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
                    if (threadIdx.x == 0) a.time_gradient[t * batch + b] = sum * factor / a.unfolds;
                }
                __syncthreads();
            }
            if (j < HIDDEN && in.lane == 0) {
                a.leak_gradient[((j * 2) * a.steps + t) * batch + b] = flow_sum;
                a.leak_gradient[((j * 2 + 1) * a.steps + t) * batch + b] = conductance_sum;
            }
        }
        if (j < HIDDEN && in.lane == 0) a.state_gradient[j * batch + b] = gradient, a.of_cm[j * batch + b] = cm_sum;
    }
    if (j >= HIDDEN) return;
#pragma unroll
    for (int k = 0; k < EACH; ++k) {
        const int i = in.source(k);
        if (i >= HIDDEN) continue;
        REAL* weights = a.of_weights + ((int(blockIdx.x) * HIDDEN + j) * HIDDEN + i) * 2;
        REAL* affine = a.of_affine + ((int(blockIdx.x) * HIDDEN + i) * HIDDEN + j) * 2;
        weights[0] = of_flow[k], weights[1] = of_conductance[k];
        affine[0] = of_slope[k], affine[1] = of_offset[k];
    }
}

// What the launcher asks for: the kernels' shared memory in bytes, and the size of the struct, which is to be its own.
extern "C" __device__ int ltc_sizes[] = {sizeof(LtcForwardShared), sizeof(LtcBackwardShared), sizeof(LtcArguments)};
struct LtcLayoutArguments {
    int* out;
};
extern "C" __global__ void __launch_bounds__(32) ltc_layout(const LtcLayoutArguments a) {
    if (threadIdx.x < sizeof ltc_sizes / sizeof *ltc_sizes) a.out[threadIdx.x] = ltc_sizes[threadIdx.x];
}
