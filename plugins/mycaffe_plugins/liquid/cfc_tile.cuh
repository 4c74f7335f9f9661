// Tile: a matrix times vectors in shared memory, by all threads of a block.
#include "cfc_sizes.cuh"

// Vectors in shared memory are padded to this with zeros, so that no thread has to look where they end.
constexpr int padded(int columns) { return (columns + 32 * VECTOR - 1) / (32 * VECTOR) * (32 * VECTOR); }

constexpr int lanes_for(int row_groups, int columns) {
    int lanes = 1;
    while (lanes < 32 && 2 * lanes * row_groups <= THREADS && lanes * VECTOR < columns) lanes *= 2;
    return lanes;
}

// LANES threads side by side hold a group of GROUP_ROWS rows; each has some columns of them, and their sums meet in
// shuffles. If the matrix has more groups than THREADS / LANES, threads take several, in passes. Columns come in blocks
// of COLUMN_BLOCK, as the heads' rows do in the transposed matrix.
template <int ROW_GROUPS, int COLUMNS, int GROUP_ROWS, int COLUMN_BLOCK = COLUMNS>
struct Tile {
    static constexpr int LANES = lanes_for(ROW_GROUPS, COLUMNS);
    static constexpr int PASSES = (ROW_GROUPS * LANES + THREADS - 1) / THREADS;
    static constexpr int CHUNKS = (COLUMNS + VECTOR * LANES - 1) / (VECTOR * LANES);
    static constexpr int CHAINS = GROUP_ROWS * BATCH_TILE >= 4 ? 1 : 2;  // a chain of dependent additions is slow
    static constexpr int UNROLL = RESIDENT ? CHUNKS : 1;                 // nvcc does not expand macros in a pragma
    REAL weight[RESIDENT ? PASSES : 1][RESIDENT ? GROUP_ROWS : 1][RESIDENT ? CHUNKS : 1][VECTOR];
    const REAL* source;
    int groups, columns, group_step, row_step, column_step, block_step;

    __device__ static int lane() { return threadIdx.x % LANES; }
    __device__ static int group(int pass) { return (threadIdx.x + pass * THREADS) / LANES; }

    // Element (group, row, column) of the matrix lies at
    // from[group * group_step + row * row_step + column * column_step], and column blocks block_step apart. Only
    // `groups_there` groups and `columns_there` columns of each block exist; the others count as 0.
    __device__ __forceinline__ void load(const REAL* from, int groups_there, int columns_there, int group_step_,
                                         int row_step_, int column_step_, int block_step_ = 0) {
        source = from, groups = groups_there, columns = columns_there;
        group_step = group_step_, row_step = row_step_, column_step = column_step_, block_step = block_step_;
        if constexpr (RESIDENT) {
#pragma unroll
            for (int pass = 0; pass < PASSES; ++pass)
#pragma unroll
                for (int row = 0; row < GROUP_ROWS; ++row)
#pragma unroll
                    for (int chunk = 0; chunk < CHUNKS; ++chunk)
#pragma unroll
                        for (int v = 0; v < VECTOR; ++v) weight[pass][row][chunk][v] = at(pass, row, chunk, v);
        }
    }
    __device__ __forceinline__ REAL at(int pass, int row, int chunk, int v) const {
        const int column = (chunk * LANES + lane()) * VECTOR + v, in_block = column % COLUMN_BLOCK;
        const bool there = group(pass) < groups && column < COLUMNS && in_block < columns;
        return there ? source[group(pass) * group_step + row * row_step + in_block * column_step +
                              column / COLUMN_BLOCK * block_step]
                     : REAL(0);
    }
    // Calls emit(pass, group, sums[GROUP_ROWS][BATCH_TILE]) in all lanes of each group.
    template <int STRIDE, class Emit>
    __device__ __forceinline__ void apply(const REAL (&x)[BATCH_TILE][STRIDE], Emit emit) const {
        static_assert(STRIDE >= CHUNKS * LANES * VECTOR, "the vector is not padded");
#pragma unroll
        for (int pass = 0; pass < PASSES; ++pass) {
            REAL parts[CHAINS][GROUP_ROWS][BATCH_TILE] = {};
#pragma unroll UNROLL
            for (int chunk = 0; chunk < CHUNKS; ++chunk) {
                REAL w[GROUP_ROWS][VECTOR];
#pragma unroll
                for (int row = 0; row < GROUP_ROWS; ++row)
#pragma unroll
                    for (int v = 0; v < VECTOR; ++v)
                        if constexpr (RESIDENT)
                            w[row][v] = weight[pass][row][chunk][v];
                        else
                            w[row][v] = at(pass, row, chunk, v);
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n) {
                    REAL values[VECTOR];
                    load_vector(&x[n][(chunk * LANES + lane()) * VECTOR], values);
#pragma unroll
                    for (int row = 0; row < GROUP_ROWS; ++row)
#pragma unroll
                        for (int v = 0; v < VECTOR; ++v) parts[v % CHAINS][row][n] += w[row][v] * values[v];
                }
            }
            REAL sums[GROUP_ROWS][BATCH_TILE] = {};
#pragma unroll
            for (int row = 0; row < GROUP_ROWS; ++row)
#pragma unroll
                for (int n = 0; n < BATCH_TILE; ++n)
#pragma unroll
                    for (int chain = 0; chain < CHAINS; ++chain) sums[row][n] += parts[chain][row][n];
#pragma unroll
            for (int distance = LANES / 2; distance; distance /= 2)
#pragma unroll
                for (int row = 0; row < GROUP_ROWS; ++row)
#pragma unroll
                    for (int n = 0; n < BATCH_TILE; ++n)
                        sums[row][n] += __shfl_xor_sync(0xffffffffu, sums[row][n], distance);
            if (group(pass) < ROW_GROUPS) emit(pass, group(pass), sums);
        }
    }
};

// The products that both passes have: a layer of the backbone after the first, and its transposed matrix.
typedef Tile<UNITS, UNITS, 1> MiddleTile;
