// Products over all steps of a sequence, outside of the loop over time. With these a step needs no cuBLAS, whose calls
// cannot be captured into a CUDA graph.
#include "cfc_sizes.cuh"

// out[t][r][b] = bias[r] + sum over c of weight[r][c] * input[t][c][b]: the input's share of the first layer's sums.
struct InputArguments {
    const REAL *weight, *bias, *input;
    REAL* out;
    int steps, batch, rows, columns, stride;
};
constexpr int INPUT_THREADS = 256;

extern "C" __global__ void __launch_bounds__(INPUT_THREADS) cfc_from_input(const InputArguments a) {
    const int each = a.rows * a.batch, count = a.steps * each;
    for (int i = blockIdx.x * INPUT_THREADS + threadIdx.x; i < count; i += gridDim.x * INPUT_THREADS) {
        const int t = i / each, row = i % each / a.batch, b = i % a.batch;
        REAL sum = a.bias[row];
        for (int c = 0; c < a.columns; ++c)
            sum += a.weight[row * a.stride + c] * a.input[(t * a.columns + c) * a.batch + b];
        a.out[i] = sum;
    }
}

// Weight gradients, several matrices in one launch: out[m][n] += sum over steps and batch of rows[t][m][b] *
// columns[t][n][b], times keep[m][n] if given; with `bias` also bias[m] += sum of rows. A block computes one tile of one
// matrix. With many terms these are divided among `splits` blocks, whose sums go into `partials`; cfc_add_partials then
// adds them, always in the same order.
struct OuterProblem {
    const REAL *rows, *columns, *keep;
    REAL *out, *bias;
    int row_count, row_step, column_count, out_stride, first_tile;  // row_step: features of `rows` in a step
};
constexpr int OUTER_PROBLEMS = LAYERS + 2, OUTER_TILE = 32, OUTER_DEPTH = 16, OUTER_THREADS = 256;
constexpr int OUTER_ROWS = OUTER_TILE * OUTER_TILE / OUTER_THREADS;        // of the tile, in each thread
constexpr int PARTIALS_OF_TILE = 2 * OUTER_ROWS * OUTER_THREADS;           // sums of products and of rows
struct OuterArguments {
    int steps, batch, count, tiles, splits, terms_each;
    REAL* partials;  // (splits, tiles, PARTIALS_OF_TILE)
    OuterProblem problems[OUTER_PROBLEMS];
};
struct alignas(16) OuterShared {
    REAL rows[OUTER_DEPTH][OUTER_TILE + 1], columns[OUTER_DEPTH][OUTER_TILE + 1];
};

// The place of a thread in a tile: a column and OUTER_ROWS rows.
struct OuterPlace {
    int problem = 0, m0, n0, m, n;

    __device__ __forceinline__ OuterPlace(const OuterArguments& a, int tile) {
#pragma unroll
        for (int i = 1; i < OUTER_PROBLEMS; ++i)
            if (i < a.count && tile >= a.problems[i].first_tile) problem = i;
        const OuterProblem& p = a.problems[problem];
        const int across = (p.column_count + OUTER_TILE - 1) / OUTER_TILE, index = tile - p.first_tile;
        m0 = index / across * OUTER_TILE, n0 = index % across * OUTER_TILE;
        m = threadIdx.x / OUTER_TILE * OUTER_ROWS, n = threadIdx.x % OUTER_TILE;
    }
    __device__ __forceinline__ void add(const OuterProblem& p, const REAL (&sums)[OUTER_ROWS],
                                        const REAL (&bias)[OUTER_ROWS]) const {
#pragma unroll
        for (int j = 0; j < OUTER_ROWS; ++j)
            if (m0 + m + j < p.row_count && n0 + n < p.column_count) {
                const int at = (m0 + m + j) * p.out_stride + n0 + n;
                p.out[at] += p.keep ? sums[j] * p.keep[at] : sums[j];
                if (p.bias && n0 + n == 0) p.bias[m0 + m + j] += bias[j];
            }
    }
};

extern "C" __global__ void __launch_bounds__(OUTER_THREADS) cfc_weight_gradients(const OuterArguments a) {
    SHARED_MEMORY(OuterShared, s);
    const int tile = blockIdx.x % a.tiles, split = blockIdx.x / a.tiles;
    const OuterPlace place(a, tile);
    const OuterProblem& p = a.problems[place.problem];
    const int end = min(a.steps * a.batch, (split + 1) * a.terms_each);
    REAL sums[OUTER_ROWS] = {}, bias[OUTER_ROWS] = {};
    for (int first = split * a.terms_each; first < end; first += OUTER_DEPTH) {
        for (int i = threadIdx.x; i < OUTER_DEPTH * OUTER_TILE; i += OUTER_THREADS) {
            // Neighbours in memory go to neighbouring threads: samples, or the features of one sample.
            const int d = a.batch > 1 ? i % OUTER_DEPTH : i / OUTER_TILE;
            const int f = a.batch > 1 ? i / OUTER_DEPTH : i % OUTER_TILE;
            const int t = (first + d) / a.batch, b = (first + d) % a.batch, m = place.m0 + f, n = place.n0 + f;
            const bool there = first + d < end;
            s.rows[d][f] = there && m < p.row_count ? p.rows[(t * p.row_step + m) * a.batch + b] : REAL(0);
            s.columns[d][f] =
                there && n < p.column_count ? p.columns[(t * p.column_count + n) * a.batch + b] : REAL(0);
        }
        __syncthreads();
#pragma unroll
        for (int d = 0; d < OUTER_DEPTH; ++d)
#pragma unroll
            for (int j = 0; j < OUTER_ROWS; ++j) {
                sums[j] += s.rows[d][place.m + j] * s.columns[d][place.n];
                bias[j] += s.rows[d][place.m + j];
            }
        __syncthreads();
    }
    if (a.splits == 1) {
        place.add(p, sums, bias);
        return;
    }
    REAL* out = a.partials + blockIdx.x * PARTIALS_OF_TILE + threadIdx.x;
#pragma unroll
    for (int j = 0; j < OUTER_ROWS; ++j)
        out[j * OUTER_THREADS] = sums[j], out[(OUTER_ROWS + j) * OUTER_THREADS] = bias[j];
}

extern "C" __global__ void __launch_bounds__(OUTER_THREADS) cfc_add_partials(const OuterArguments a) {
    const OuterPlace place(a, blockIdx.x);
    REAL sums[OUTER_ROWS] = {}, bias[OUTER_ROWS] = {};
    for (int split = 0; split < a.splits; ++split) {
        const REAL* from = a.partials + (split * a.tiles + int(blockIdx.x)) * PARTIALS_OF_TILE + threadIdx.x;
#pragma unroll
        for (int j = 0; j < OUTER_ROWS; ++j)
            sums[j] += from[j * OUTER_THREADS], bias[j] += from[(OUTER_ROWS + j) * OUTER_THREADS];
    }
    place.add(a.problems[place.problem], sums, bias);
}
