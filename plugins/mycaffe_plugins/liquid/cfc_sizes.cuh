// The CfC cell's sizes, which are compiled in, and its functions of one number.
//
// -DHIDDEN=256 -DUNITS=64 -DLAYERS=2   neurons; units and layers of the backbone
// -DMODE=0        0 gate, 1 no gate, 2 minimal
// -DACTIVATION=1  of the backbone: 0 SiLU, 1 ReLU, 2 TanH, 3 GELU, 4 LeCun
// -DPARTS=8 -DTHREADS=256 -DSYNC=1     blocks for a sequence, threads of a block; how blocks exchange (cfc_team.cuh)
// -DBATCH_TILE=1  sequences that a team computes side by side
// -DRESIDENT=1    whether weights stay in registers for the whole sequence, or are read at each step
// -DBATCH=1       the batch, where it is known (0: not): less arithmetic with addresses
// -DMEMORY=1      a mixed memory, the LSTM of memory.py, comes before the cell in each step; then PARTS is 1
// -DDROPOUT=0 -DLONGEST_SPAN=1e12 -DREAL=float
#include "common.cuh"

constexpr int GATE = 0, NO_GATE = 1, MINIMAL = 2;
constexpr int SILU = 0, RELU = 1, TANH = 2, GELU = 3, LECUN = 4;

constexpr int HEADS = MODE == MINIMAL ? 1 : 4;          // ff1, ff2, time_b, time_a; or ff1
constexpr int GRADIENTS = MODE == MINIMAL ? 3 : HEADS;  // kept of each neuron and step by the backward pass
constexpr int SLICE = (HIDDEN + PARTS - 1) / PARTS;     // neurons of a block
constexpr int DEPTH = LAYERS ? LAYERS : 1;              // arrays have at least one element
constexpr int UNIT_PASSES = (BATCH_TILE * UNITS + THREADS - 1) / THREADS;  // units of a tile, one a thread
// Sums of units travel between blocks 16 bytes at a time where the units divide so.
constexpr int UNIT_BLOCK = LAYERS && UNITS % VECTOR == 0 ? VECTOR : 1;
static_assert(LAYERS > 0 || PARTS == 1, "without a backbone a sequence takes one block");
static_assert(!MEMORY || (LAYERS > 0 && PARTS == 1), "a cell with a memory takes one block, and has a backbone");
static_assert(SYNC != 1 || CLUSTER_BLOCKS == PARTS, "a team is a cluster");

// What forward and backward pass need. Arrays are (steps, features, batch), weights (rows, columns).
struct CfcArguments {
    int steps, batch, first_stride, heads_stride;
    const REAL *first, *heads, *head_bias;           // first layer from the state's columns on; heads stacked
    const REAL *middle[DEPTH], *middle_bias[DEPTH];  // further layers, from index 1 on
    const REAL *from_input, *times, *w_tau, *a;      // input's share of the first sums; (steps, batch); minimal's
    const REAL* masks[DEPTH];                        // dropout, or null
    REAL *states, *sums, *decays;                    // (steps + 1, HIDDEN, batch); heads' values; minimal's exp(...)
    REAL *outputs[DEPTH], *slopes[DEPTH];            // of the layers: y, and dy/dz with dropout
    REAL* units[DEPTH];                              // dL/dz of the layers
    const REAL* from_above;                          // dL/d(state) from above, (steps, HIDDEN, batch)
    REAL *gradients, *state_gradient;                // (steps, GRADIENTS * HIDDEN, batch); (HIDDEN, batch)
    const REAL* recurrent;                           // MEMORY: its recurrent map, (4 * HIDDEN, HIDDEN)
    REAL *memory_sums, *memory_states;               // z, then tanh(i) and the gates; c, (steps + 1, HIDDEN, batch)
    REAL *memory_activated, *memory_outputs;         // tanh(c), h', (steps, HIDDEN, batch)
    REAL *memory_gradients, *memory_carry;           // dL/dz; dL/dc, (HIDDEN, batch), of the last and then the first step
    unsigned long long *exchange, *rounds;           // SYNC 2: (teams, 2, PARTS, BATCH_TILE, UNITS, words), (teams)
};

__device__ __forceinline__ REAL activate(REAL z, REAL& slope) {
    if (ACTIVATION == SILU) {
        const REAL s = sigmoid(z);
        slope = s * (1 + z * (1 - s));
        return z * s;
    }
    if (ACTIVATION == RELU) {
        slope = z > 0 ? REAL(1) : REAL(0);
        return z > 0 ? z : REAL(0);
    }
    if (ACTIVATION == TANH) {
        const REAL y = tanh(z);
        slope = 1 - y * y;
        return y;
    }
    if (ACTIVATION == GELU) {
        const REAL half = REAL(0.5) * (1 + erf(z * REAL(0.70710678118654752)));
        slope = half + z * exp(REAL(-0.5) * z * z) * REAL(0.39894228040143268);
        return z * half;
    }
    const REAL y = tanh(REAL(0.666) * z);
    slope = REAL(1.7159 * 0.666) * (1 - y * y);
    return REAL(1.7159) * y;
}

// The share of the way to A that is left after a step: exp(-t (|w_tau| + |p|)).
__device__ __forceinline__ REAL decay(REAL time, REAL rate, REAL p) {
    return exp(-min(time, REAL(LONGEST_SPAN)) * (rate + fabs(p)));
}

constexpr int MEMORY_GATES = 4;  // i, g, f, o

// Every thread of a block takes part.
template <class Shared>
__device__ __forceinline__ void clear(Shared& shared) {
    REAL* words = reinterpret_cast<REAL*>(&shared);
    for (int i = threadIdx.x; i < int(sizeof(Shared) / sizeof(REAL)); i += THREADS) words[i] = 0;
}
