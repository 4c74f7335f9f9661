// Products of matrices with any strides: out = left @ right, or out += left @ right; several of them with a batch.
//
// They are for small products and for recorded graphs, into which cuBLAS cannot go. Sums are always in the same order.
#include "common.cuh"

constexpr int PRODUCT_THREADS = 256;
constexpr int TILE = 64, DEPTH = 16, PER_THREAD = 4;  // a block's part of out, and the steps along the sum

struct Matrix {
    REAL* values;
    long long row, column, batch;  // strides, in numbers
};

struct ProductArguments {
    Matrix left, right, out;
    int rows, columns, depth, batch, accumulate;
};

struct ProductShared {
    REAL left[DEPTH][TILE + 1], right[DEPTH][TILE + 1];
};

__device__ __forceinline__ void put(const ProductArguments& a, int batch, int row, int column, REAL value) {
    REAL& place = a.out.values[batch * a.out.batch + row * a.out.row + column * a.out.column];
    place = a.accumulate ? place + value : value;
}

// A warp for each number of out.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) multiply_by_warps(const ProductArguments a) {
    const long long number = (long long)blockIdx.x * (PRODUCT_THREADS / 32) + threadIdx.x / 32;
    const long long each = (long long)a.rows * a.columns;
    const int batch = int(number / each), lane = threadIdx.x % 32;
    const bool inside = batch < a.batch;  // a whole warp
    const int row = int(number % each / a.columns), column = int(number % each % a.columns);
    REAL sum = REAL(0);
    if (inside) {
        const REAL* left = a.left.values + batch * a.left.batch + row * a.left.row;
        const REAL* right = a.right.values + batch * a.right.batch + column * a.right.column;
        for (int k = lane; k < a.depth; k += 32) sum += left[k * a.left.column] * right[k * a.right.row];
    }
    for (int distance = 16; distance; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    if (inside && lane == 0) put(a, batch, row, column, sum);
}

// A block for each tile of out.
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) multiply_by_tiles(const ProductArguments a) {
    SHARED_MEMORY(ProductShared, shared);
    const int across = (a.columns + TILE - 1) / TILE, down = (a.rows + TILE - 1) / TILE;
    const int batch = blockIdx.x / (across * down), tile = blockIdx.x % (across * down);
    const int first_row = tile / across * TILE, first_column = tile % across * TILE;
    const REAL* left = a.left.values + batch * a.left.batch;
    const REAL* right = a.right.values + batch * a.right.batch;
    const int my_row = threadIdx.x / (TILE / PER_THREAD), my_column = threadIdx.x % (TILE / PER_THREAD);
    REAL sums[PER_THREAD][PER_THREAD] = {};
    for (int start = 0; start < a.depth; start += DEPTH) {
        for (int i = threadIdx.x; i < TILE * DEPTH; i += PRODUCT_THREADS) {
            // Neighbouring threads read neighbouring numbers along the shorter stride.
            const bool along_depth = a.left.column <= a.left.row;
            const int r = along_depth ? i / DEPTH : i % TILE, k = along_depth ? i % DEPTH : i / TILE;
            const int row = first_row + r, step = start + k;
            shared.left[k][r] =
                row < a.rows && step < a.depth ? left[row * a.left.row + step * a.left.column] : REAL(0);
        }
        for (int i = threadIdx.x; i < TILE * DEPTH; i += PRODUCT_THREADS) {
            const bool along_depth = a.right.row < a.right.column;
            const int c = along_depth ? i / DEPTH : i % TILE, k = along_depth ? i % DEPTH : i / TILE;
            const int column = first_column + c, step = start + k;
            shared.right[k][c] =
                column < a.columns && step < a.depth ? right[step * a.right.row + column * a.right.column] : REAL(0);
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < DEPTH; ++k)
#pragma unroll
            for (int r = 0; r < PER_THREAD; ++r)
#pragma unroll
                for (int c = 0; c < PER_THREAD; ++c)
                    sums[r][c] += shared.left[k][my_row + r * (TILE / PER_THREAD)] *
                                  shared.right[k][my_column + c * (TILE / PER_THREAD)];
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < PER_THREAD; ++r)
#pragma unroll
        for (int c = 0; c < PER_THREAD; ++c) {
            const int row = first_row + my_row + r * (TILE / PER_THREAD);
            const int column = first_column + my_column + c * (TILE / PER_THREAD);
            if (row < a.rows && column < a.columns) put(a, batch, row, column, sums[r][c]);
        }
}
