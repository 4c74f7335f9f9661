// The CfC cell forward over a whole sequence: see cfc_kernels.cu.
#include "cfc_tile.cuh"
#include "cfc_team.cuh"

struct alignas(16) ForwardShared {
    REAL state[BATCH_TILE][padded(SLICE)];         // the block's slice; with a memory, what it hands on
    REAL previous[BATCH_TILE][padded(MEMORY ? HIDDEN : 1)];  // with a memory, the state
    REAL y[DEPTH][BATCH_TILE][padded(UNITS)];      // outputs of the layers
    Exchange exchange;
};

typedef Tile<UNITS / UNIT_BLOCK, SLICE, UNIT_BLOCK> FirstTile;
typedef Tile<SLICE, LAYERS ? UNITS : HIDDEN, HEADS> HeadTile;  // all heads of a neuron are a group

typedef Tile<MEMORY ? HIDDEN : 1, MEMORY ? HIDDEN : 1, MEMORY_GATES> MemoryTile;

// The memory's step: h' from the sums z, and the new c. In place of z are then tanh(i) and the gates.
__device__ __forceinline__ REAL remember(REAL (&z)[MEMORY_GATES], REAL& kept, REAL& activated) {
    z[0] = tanh(z[0]), z[1] = sigmoid(z[1]), z[2] = sigmoid(z[2]), z[3] = sigmoid(z[3]);
    kept = kept * z[2] + z[0] * z[1];
    activated = tanh(kept);
    return activated * z[3];
}

// A neuron's new state from the sums of its heads; `saved` is what the backward pass and pictures want.
__device__ __forceinline__ REAL new_state(const REAL (&z)[HEADS], REAL time, REAL rate, REAL level,
                                          REAL (&saved)[HEADS], REAL& left) {
    if constexpr (MODE == MINIMAL) {
        left = decay(time, rate, z[0]);
        saved[0] = z[0];
        return level - level * left * z[0];
    } else {
        const REAL f1 = tanh(z[0]), f2 = tanh(z[1]), th = tanh(REAL(0.5) * (z[2] + z[3] * time));
        saved[0] = f1, saved[1] = f2, saved[2] = th, saved[3] = z[3];
        return MODE == GATE ? REAL(0.5) * ((f1 + f2) + th * (f2 - f1)) : f1 + REAL(0.5) * f2 * (1 + th);
    }
}

extern "C" __global__ void CLUSTER_KERNEL __launch_bounds__(THREADS, 1) cfc_forward(const CfcArguments a) {
    SHARED_MEMORY(ForwardShared, s);
    Team team(a);
    const int own = team.rank * SLICE, owned = min(SLICE, HIDDEN - own), batch = BATCH ? BATCH : a.batch;
    FirstTile first;
    MiddleTile middle[DEPTH];
    HeadTile heads;
    constexpr int PASSES = HeadTile::PASSES, INNER_PASSES = MiddleTile::PASSES;
    if constexpr (LAYERS > 0)
        first.load(a.first + own, UNITS / UNIT_BLOCK, owned, UNIT_BLOCK * a.first_stride, a.first_stride, 1);
#pragma unroll
    for (int l = 1; l < LAYERS; ++l) middle[l].load(a.middle[l], UNITS, UNITS, UNITS, 0, 1);
    MemoryTile memory;
    if constexpr (MEMORY) memory.load(a.recurrent, HIDDEN, HIDDEN, HIDDEN, HIDDEN * HIDDEN, 1);
    heads.load(a.heads + own * a.heads_stride, owned, LAYERS ? UNITS : HIDDEN, a.heads_stride,
               HIDDEN * a.heads_stride, 1);
    REAL bias[PASSES][HEADS], rate[PASSES], level[PASSES], middle_bias[DEPTH][INNER_PASSES];
#pragma unroll
    for (int pass = 0; pass < PASSES; ++pass) {
        const int i = heads.group(pass);
        rate[pass] = MODE == MINIMAL && i < owned ? fabs(a.w_tau[own + i]) : REAL(0);
        level[pass] = MODE == MINIMAL && i < owned ? a.a[own + i] : REAL(0);
#pragma unroll
        for (int k = 0; k < HEADS; ++k)
            bias[pass][k] = LAYERS && i < owned ? a.head_bias[k * HIDDEN + own + i] : REAL(0);
    }
#pragma unroll
    for (int l = 1; l < LAYERS; ++l)
#pragma unroll
        for (int pass = 0; pass < INNER_PASSES; ++pass)
            middle_bias[l][pass] = middle[l].group(pass) < UNITS ? a.middle_bias[l][middle[l].group(pass)] : REAL(0);
    clear(s);
    __syncthreads();
    team.begin(s.exchange);

    for (int b0 = team.index * BATCH_TILE; b0 < batch; b0 += team.count * BATCH_TILE) {
        for (int i = threadIdx.x; i < BATCH_TILE * SLICE; i += THREADS) {
            const int n = i / SLICE, j = i % SLICE;
            if (b0 + n < batch && j < owned) {
                if constexpr (MEMORY)
                    s.previous[n][j] = a.states[j * batch + b0 + n];
                else
                    s.state[n][j] = a.states[(own + j) * batch + b0 + n];
            }
        }
        REAL kept[MemoryTile::PASSES][BATCH_TILE] = {};
#pragma unroll
        for (int pass = 0; pass < MemoryTile::PASSES; ++pass)
#pragma unroll
            for (int n = 0; n < BATCH_TILE; ++n)
                if (MEMORY && b0 + n < batch && memory.group(pass) < HIDDEN)
                    kept[pass][n] = a.memory_states[memory.group(pass) * batch + b0 + n];
        // What a step needs of global memory, which is slow, is fetched during the step before.
        REAL addend[UNIT_PASSES], mask[UNIT_PASSES], inner[DEPTH][INNER_PASSES][BATCH_TILE];
        REAL fed[MemoryTile::PASSES][BATCH_TILE][MEMORY_GATES];
        auto fetch = [&](int t) {
#pragma unroll
            for (int pass = 0; pass < (MEMORY ? MemoryTile::PASSES : 0); ++pass)
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n)
#pragma unroll
                    for (int k = 0; k < MEMORY_GATES; ++k) {
                        const int i = memory.group(pass);
                        if (i < HIDDEN && b0 + n < batch && t < a.steps)
                            fed[pass][n][k] =
                                a.memory_sums[((t * MEMORY_GATES + k) * HIDDEN + i) * batch + b0 + n];
                    }
#pragma unroll
            for (int e = 0; e < UNIT_PASSES; ++e) {
                const int i = threadIdx.x + e * THREADS, n = i / UNITS, u = i % UNITS;
                if (n < BATCH_TILE && b0 + n < batch && t < a.steps) {
                    addend[e] = a.from_input[(t * UNITS + u) * batch + b0 + n];
                    mask[e] = DROPOUT && a.masks[0] ? a.masks[0][(t * UNITS + u) * batch + b0 + n] : REAL(1);
                }
            }
#pragma unroll
            for (int l = 1; l < (DROPOUT ? LAYERS : 0); ++l)
#pragma unroll
                for (int pass = 0; pass < INNER_PASSES; ++pass)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        if (a.masks[l] && t < a.steps && b0 + n < batch && middle[l].group(pass) < UNITS)
                            inner[l][pass][n] = a.masks[l][(t * UNITS + middle[l].group(pass)) * batch + b0 + n];
        };
        if (LAYERS) fetch(0);
        REAL time[BATCH_TILE];
#pragma unroll
        for (int n = 0; n < BATCH_TILE; ++n) time[n] = b0 + n < batch ? a.times[b0 + n] : REAL(0);
        __syncthreads();
        for (int t = 0; t < a.steps; ++t) {
            if constexpr (MEMORY) {
                memory.apply(s.previous, [&](int pass, int i, const auto& sums) {
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n) {
                        if (b0 + n >= batch) continue;
                        REAL z[MEMORY_GATES], activated;
#pragma unroll
                        for (int k = 0; k < MEMORY_GATES; ++k) z[k] = sums[k][n] + fed[pass][n][k];
                        const REAL handed = remember(z, kept[pass][n], activated);
                        if (memory.lane() == 0) {
                            const int at = (t * HIDDEN + i) * batch + b0 + n;
                            s.state[n][i] = handed;
                            a.memory_outputs[at] = handed, a.memory_activated[at] = activated;
                            a.memory_states[at + HIDDEN * batch] = kept[pass][n];
#pragma unroll
                            for (int k = 0; k < MEMORY_GATES; ++k)
                                a.memory_sums[((t * MEMORY_GATES + k) * HIDDEN + i) * batch + b0 + n] = z[k];
                        }
                    }
                });
                __syncthreads();
            }
            if constexpr (LAYERS > 0) {
                first.apply(s.state, [&](int, int group, const auto& sums) {
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n) {
                        REAL values[UNIT_BLOCK];
#pragma unroll
                        for (int k = 0; k < UNIT_BLOCK; ++k) values[k] = sums[k][n];
                        team.give(s.exchange, first.lane(), first.LANES, n, group * UNIT_BLOCK, values);
                    }
                });
                team.meet(s.exchange);
#pragma unroll
                for (int e = 0; e < UNIT_PASSES; ++e) {
                    const int i = threadIdx.x + e * THREADS, n = i / UNITS, u = i % UNITS;
                    if (n < BATCH_TILE && b0 + n < batch) {
                        REAL slope;
                        const REAL y = activate(team.take(s.exchange, n, u) + addend[e], slope) * mask[e];
                        s.y[0][n][u] = y;
                        if (team.rank == 0) {
                            a.outputs[0][(t * UNITS + u) * batch + b0 + n] = y;
                            a.slopes[0][(t * UNITS + u) * batch + b0 + n] = slope * mask[e];
                        }
                    }
                }
                __syncthreads();
#pragma unroll
                for (int l = 1; l < LAYERS; ++l) {
                    middle[l].apply(s.y[l - 1], [&](int pass, int u, const auto& sums) {
#pragma unroll
                        for (int n = 0; n < BATCH_TILE; ++n) {
                            if (b0 + n >= batch) continue;
                            const int at = (t * UNITS + u) * batch + b0 + n;
                            REAL slope, y = activate(sums[0][n] + middle_bias[l][pass], slope);
                            if (DROPOUT && a.masks[l]) y *= inner[l][pass][n], slope *= inner[l][pass][n];
                            if (middle[l].lane() == 0) {
                                s.y[l][n][u] = y;
                                if (team.rank == 0) a.outputs[l][at] = y, a.slopes[l][at] = slope;
                            }
                        }
                    });
                    __syncthreads();
                }
                fetch(t + 1);
            }
            const auto finish = [&](int pass, int i, const auto& sums) {
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n) {
                    if (b0 + n >= batch || i >= owned) continue;
                    REAL z[HEADS], saved[HEADS], left = 0;
#pragma unroll
                    for (int k = 0; k < HEADS; ++k) {
                        z[k] = sums[k][n] + bias[pass][k];
                        if (!LAYERS) z[k] += a.from_input[((t * HEADS + k) * HIDDEN + i) * batch + b0 + n];
                    }
                    const REAL state = new_state(z, time[n], rate[pass], level[pass], saved, left);
                    if (heads.lane() == 0) {
                        if constexpr (MEMORY)
                            s.previous[n][i] = state;
                        else if constexpr (LAYERS > 0)
                            s.state[n][i] = state;
                        a.states[((t + 1) * HIDDEN + own + i) * batch + b0 + n] = state;
                        if (MODE == MINIMAL) a.decays[(t * HIDDEN + own + i) * batch + b0 + n] = left;
#pragma unroll
                        for (int k = 0; k < HEADS; ++k)
                            a.sums[((t * HEADS + k) * HIDDEN + own + i) * batch + b0 + n] = saved[k];
                    }
                }
            };
            if constexpr (LAYERS > 0) {
                heads.apply(s.y[DEPTH - 1], finish);
            } else {
                heads.apply(s.state, finish);
                __syncthreads();  // all have read the old state
                for (int i = threadIdx.x; i < BATCH_TILE * HIDDEN; i += THREADS) {
                    const int n = i / HIDDEN, j = i % HIDDEN;
                    if (b0 + n < batch) s.state[n][j] = a.states[((t + 1) * HIDDEN + j) * batch + b0 + n];
                }
            }
            if (t + 1 < a.steps)
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n)
                    time[n] = b0 + n < batch ? a.times[(t + 1) * batch + b0 + n] : REAL(0);
            __syncthreads();
        }
    }
    team.end();
}
