// The factor by which gradients are clipped, from their norm, always summed in the same order.
#include "common.cuh"

constexpr int NORM_THREADS = 256;

struct NormArguments {
    const REAL* values;
    long long count;
    REAL* sums;  // one of each block
    int blocks;
    const double* limit;
    REAL* factor;
};

struct NormShared {
    REAL sums[NORM_THREADS];
};

// Returns the sum over the block's threads, to each of them.
__device__ __forceinline__ REAL sum_over_block(NormShared& shared, REAL value) {
    shared.sums[threadIdx.x] = value;
    for (int distance = NORM_THREADS / 2; distance; distance /= 2) {
        __syncthreads();
        if (threadIdx.x < distance) shared.sums[threadIdx.x] += shared.sums[threadIdx.x + distance];
    }
    __syncthreads();
    return shared.sums[0];
}

extern "C" __global__ void __launch_bounds__(NORM_THREADS) sum_squares(const NormArguments a) {
    SHARED_MEMORY(NormShared, shared);
    REAL sum = REAL(0);
    const long long stride = (long long)a.blocks * NORM_THREADS;
    for (long long i = (long long)blockIdx.x * NORM_THREADS + threadIdx.x; i < a.count; i += stride)
        sum += a.values[i] * a.values[i];
    sum = sum_over_block(shared, sum);
    if (threadIdx.x == 0) a.sums[blockIdx.x] = sum;
}

// factor = limit / max(norm, limit): 1 for a norm within the limit. One block.
extern "C" __global__ void __launch_bounds__(NORM_THREADS) clip_factor(const NormArguments a) {
    SHARED_MEMORY(NormShared, shared);
    REAL sum = REAL(0);
    for (int i = threadIdx.x; i < a.blocks; i += NORM_THREADS) sum += a.sums[i];
    sum = sum_over_block(shared, sum);
    if (threadIdx.x == 0) {
        const REAL norm = sqrt(sum), limit = REAL(*a.limit);
        *a.factor = norm > limit ? limit / norm : REAL(1);
    }
}
