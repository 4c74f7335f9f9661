// Backpropagation through time of the CfC cell: see cfc_kernels.cu.
#include "cfc_tile.cuh"
#include "cfc_team.cuh"

struct alignas(16) BackwardShared {
    REAL dz[BATCH_TILE][padded(HEADS * SLICE)];    // of the block's heads
    REAL units[DEPTH][BATCH_TILE][padded(UNITS)];  // dL/dz of the layers
    REAL memory[BATCH_TILE][padded(MEMORY ? MEMORY_GATES * HIDDEN : 1)];  // dL/dz of the memory
    REAL state[BATCH_TILE][LAYERS && !MEMORY ? 1 : HIDDEN];  // without layers, or with a memory: dL/d(previous state)
    Exchange exchange;
};

// The transposed matrices. Columns of the heads' are the rows of the block's slice, head by head.
constexpr int LIFT_GROUPS = (LAYERS ? UNITS : HIDDEN) / UNIT_BLOCK;
typedef Tile<LIFT_GROUPS, HEADS * SLICE, UNIT_BLOCK, SLICE> LiftTile;
typedef Tile<SLICE, LAYERS ? UNITS : 1, 1> BackTile;

// The memory's recurrent map transposed. Its columns are the gates, one after the other.
typedef Tile<MEMORY ? HIDDEN : 1, MEMORY ? MEMORY_GATES * HIDDEN : 1, 1, MEMORY ? HIDDEN : 1> RecallTile;

// Writes dL/dz of the memory from dL/dh', and turns dL/dc of a step into that of the step before. `z` is tanh(i) and
// the gates.
__device__ __forceinline__ void memory_gradients(REAL upstream, const REAL (&z)[MEMORY_GATES], REAL before,
                                                 REAL activated, REAL& carry, REAL (&dz)[MEMORY_GATES]) {
    carry += (1 - activated * activated) * z[3] * upstream;
    dz[0] = (1 - z[0] * z[0]) * z[1] * carry;
    dz[1] = (1 - z[1]) * z[1] * z[0] * carry;
    dz[2] = (1 - z[2]) * z[2] * before * carry;
    dz[3] = (1 - z[3]) * z[3] * activated * upstream;
    carry *= z[2];
}

// Writes the gradients of a neuron's head sums, and with `minimal` what the gradients of its own parameters need.
__device__ __forceinline__ void head_gradients(REAL upstream, const REAL (&saved)[HEADS], REAL time, REAL rate,
                                               REAL level, REAL (&dz)[GRADIENTS]) {
    if constexpr (MODE == MINIMAL) {
        const REAL p = saved[0], left = decay(time, rate, p);
        dz[0] = upstream * level * (fabs(p) * (left * time) - left);
        dz[1] = upstream * left * p;
        dz[2] = upstream;
    } else {
        const REAL f1 = saved[0], f2 = saved[1];
        const REAL gate = REAL(0.5) * saved[2] + REAL(0.5), rest = 1 - gate;
        dz[0] = upstream * (1 - f1 * f1) * (MODE == GATE ? rest : REAL(1));
        dz[1] = upstream * (1 - f2 * f2) * gate;
        dz[2] = upstream * (MODE == GATE ? f2 - f1 : f2) * rest * gate;
        dz[3] = dz[2] * time;
    }
}

extern "C" __global__ void CLUSTER_KERNEL __launch_bounds__(THREADS, 1) cfc_backward(const CfcArguments a) {
    SHARED_MEMORY(BackwardShared, s);
    Team team(a);
    const int own = team.rank * SLICE, owned = min(SLICE, HIDDEN - own), batch = BATCH ? BATCH : a.batch;
    LiftTile lift;
    MiddleTile middle[DEPTH];
    BackTile back;
    constexpr int PASSES = BackTile::PASSES, INNER_PASSES = MiddleTile::PASSES;
    lift.load(a.heads + own * a.heads_stride, LIFT_GROUPS, owned, UNIT_BLOCK, 1, a.heads_stride,
              HIDDEN * a.heads_stride);
#pragma unroll
    for (int l = 1; l < LAYERS; ++l) middle[l].load(a.middle[l], UNITS, UNITS, 1, 0, UNITS);
    if constexpr (LAYERS > 0) back.load(a.first + own, owned, UNITS, 1, 0, a.first_stride);
    RecallTile recall;
    if constexpr (MEMORY) recall.load(a.recurrent, HIDDEN, HIDDEN, 1, 0, HIDDEN, HIDDEN * HIDDEN);
    REAL rate[PASSES], level[PASSES];
#pragma unroll
    for (int pass = 0; pass < PASSES; ++pass) {
        const int i = back.group(pass);
        rate[pass] = MODE == MINIMAL && i < owned ? fabs(a.w_tau[own + i]) : REAL(0);
        level[pass] = MODE == MINIMAL && i < owned ? a.a[own + i] : REAL(0);
    }
    clear(s);
    __syncthreads();
    team.begin(s.exchange);

    for (int b0 = team.index * BATCH_TILE; b0 < batch; b0 += team.count * BATCH_TILE) {
        REAL gradient[PASSES][BATCH_TILE] = {};  // dL/d(state), without what comes from above
        REAL saved[PASSES][BATCH_TILE][HEADS], above[PASSES][BATCH_TILE], time[BATCH_TILE];
        REAL slope[UNIT_PASSES], inner[DEPTH][INNER_PASSES][BATCH_TILE];
        REAL carry[PASSES][BATCH_TILE] = {};  // dL/dc of the memory
#pragma unroll
        for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
            for (int n = 0; n < BATCH_TILE; ++n)
                if (MEMORY && b0 + n < batch && back.group(pass) < owned)
                    carry[pass][n] = a.memory_carry[back.group(pass) * batch + b0 + n];
        // What a step needs of global memory, which is slow, is fetched during the step before.
        auto fetch = [&](int t) {
            if (t < 0) return;
#pragma unroll
            for (int n = 0; n < BATCH_TILE; ++n) {
                if (b0 + n >= batch) continue;
                time[n] = a.times[t * batch + b0 + n];
#pragma unroll
                for (int pass = 0; pass < PASSES; ++pass) {
                    const int i = back.group(pass);
                    if (i >= owned) continue;
                    above[pass][n] = a.from_above[(t * HIDDEN + own + i) * batch + b0 + n];
#pragma unroll
                    for (int k = 0; k < HEADS; ++k)
                        saved[pass][n][k] = a.sums[((t * HEADS + k) * HIDDEN + own + i) * batch + b0 + n];
                }
            }
        };
        auto fetch_slopes = [&](int t) {
#pragma unroll
            for (int e = 0; e < UNIT_PASSES; ++e) {
                const int i = threadIdx.x + e * THREADS, n = i / UNITS, u = i % UNITS;
                if (LAYERS && t >= 0 && n < BATCH_TILE && b0 + n < batch)
                    slope[e] = a.slopes[DEPTH - 1][(t * UNITS + u) * batch + b0 + n];
            }
#pragma unroll
            for (int l = 1; l < LAYERS; ++l)
#pragma unroll
                for (int pass = 0; pass < INNER_PASSES; ++pass)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        if (t >= 0 && b0 + n < batch && middle[l].group(pass) < UNITS)
                            inner[l][pass][n] = a.slopes[l - 1][(t * UNITS + middle[l].group(pass)) * batch + b0 + n];
        };
        fetch(a.steps - 1);
        fetch_slopes(a.steps - 1);
        for (int t = a.steps - 1; t >= 0; --t) {
#pragma unroll
            for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n) {
                    const int i = back.group(pass);
                    if (b0 + n >= batch || i >= owned) continue;
                    REAL dz[GRADIENTS];
                    head_gradients(gradient[pass][n] + above[pass][n], saved[pass][n], time[n], rate[pass],
                                   level[pass], dz);
                    if (back.lane() == 0) {
#pragma unroll
                        for (int k = 0; k < HEADS; ++k) s.dz[n][k * SLICE + i] = dz[k];
#pragma unroll
                        for (int k = 0; k < GRADIENTS; ++k)
                            a.gradients[((t * GRADIENTS + k) * HIDDEN + own + i) * batch + b0 + n] = dz[k];
                    }
                }
            fetch(t - 1);
            __syncthreads();
            lift.apply(s.dz, [&](int, int group, const auto& sums) {
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n) {
                    REAL values[UNIT_BLOCK];
#pragma unroll
                    for (int k = 0; k < UNIT_BLOCK; ++k) values[k] = sums[k][n];
                    if constexpr (LAYERS > 0)
                        team.give(s.exchange, lift.lane(), lift.LANES, n, group * UNIT_BLOCK, values);
                    else if (lift.lane() == 0)
                        s.state[n][group] = values[0];
                }
            });
            if constexpr (LAYERS == 0) {
                __syncthreads();
#pragma unroll
                for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        if (back.group(pass) < owned) gradient[pass][n] = s.state[n][back.group(pass)];
            } else {
                team.meet(s.exchange);
#pragma unroll
                for (int e = 0; e < UNIT_PASSES; ++e) {
                    const int i = threadIdx.x + e * THREADS, n = i / UNITS, u = i % UNITS;
                    if (n < BATCH_TILE && b0 + n < batch) {
                        const REAL d = team.take(s.exchange, n, u) * slope[e];
                        s.units[DEPTH - 1][n][u] = d;
                        if (team.rank == 0) a.units[DEPTH - 1][(t * UNITS + u) * batch + b0 + n] = d;
                    }
                }
                __syncthreads();
#pragma unroll
                for (int l = LAYERS - 1; l > 0; --l) {
                    middle[l].apply(s.units[l], [&](int pass, int u, const auto& sums) {
#pragma unroll
                        for (int n = 0; n < BATCH_TILE; ++n) {
                            if (b0 + n >= batch || middle[l].lane()) continue;
                            const REAL d = sums[0][n] * inner[l][pass][n];
                            s.units[l - 1][n][u] = d;
                            if (team.rank == 0) a.units[l - 1][(t * UNITS + u) * batch + b0 + n] = d;
                        }
                    });
                    __syncthreads();
                }
                fetch_slopes(t - 1);
                back.apply(s.units[0], [&](int pass, int, const auto& sums) {
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n) gradient[pass][n] = sums[0][n];
                });
            }
            if constexpr (MEMORY) {  // so far this was the gradient of what the memory hands on
#pragma unroll
                for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n) {
                        const int i = back.group(pass), at = (t * HIDDEN + i) * batch + b0 + n;
                        if (b0 + n >= batch || i >= owned) continue;
                        REAL z[MEMORY_GATES], dz[MEMORY_GATES];
#pragma unroll
                        for (int k = 0; k < MEMORY_GATES; ++k)
                            z[k] = a.memory_sums[((t * MEMORY_GATES + k) * HIDDEN + i) * batch + b0 + n];
                        memory_gradients(gradient[pass][n], z, a.memory_states[at], a.memory_activated[at],
                                         carry[pass][n], dz);
                        if (back.lane() == 0)
#pragma unroll
                            for (int k = 0; k < MEMORY_GATES; ++k) {
                                s.memory[n][k * HIDDEN + i] = dz[k];
                                a.memory_gradients[((t * MEMORY_GATES + k) * HIDDEN + i) * batch + b0 + n] = dz[k];
                            }
                    }
                __syncthreads();
                recall.apply(s.memory, [&](int, int i, const auto& sums) {
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        if (recall.lane() == 0) s.state[n][i] = sums[0][n];
                });
                __syncthreads();
#pragma unroll
                for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        if (back.group(pass) < owned) gradient[pass][n] = s.state[n][back.group(pass)];
            }
        }
#pragma unroll
        for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
            for (int n = 0; n < BATCH_TILE; ++n)
                if (b0 + n < batch && back.group(pass) < owned && back.lane() == 0) {
                    a.state_gradient[(own + back.group(pass)) * batch + b0 + n] = gradient[pass][n];
                    if (MEMORY) a.memory_carry[back.group(pass) * batch + b0 + n] = carry[pass][n];
                }
        __syncthreads();
    }
    team.end();
}
