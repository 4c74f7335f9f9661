// Compiles a CUDA kernel file as plain C++: CUDA's names, and the host's versions of what mycaffe_py/cuda/common.cuh has.
#pragma once
#define HOST_SHIM 1
#include <cmath>
#include <math.h>
#include <cstdlib>
#include "fibers.h"

// CUDA's own names.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
#define __syncthreads() shim::wait(&shim::self->block->barrier, __LINE__)
#define __syncwarp(...) shim::wait(&shim::self->block->warps[shim::self->thread.x / 32].barrier, __LINE__)
#define __shfl_xor_sync(lanes, value, mask) shim::exchange(value, shim::lane() ^ (mask), __LINE__)
#define __shfl_down_sync(lanes, value, distance) shim::exchange_or_own(value, shim::lane() + (distance), __LINE__)
#define __shfl_sync(lanes, value, lane) shim::exchange(value, lane, __LINE__)
#define threadIdx (shim::thread_index())
#define blockIdx (shim::block_index())
#define gridDim (shim::grid_size)
#define blockDim (shim::block_size)

struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(16) double2 {
    double x, y;
};

namespace shim {

inline dim3& thread_index() { return self->thread; }
inline dim3& block_index() { return self->block->index; }
inline int lane() { return self->thread.x % 32; }

template <class T>
SHIM_QUIET T exchange(T value, int from, int line) {
    Fiber* me = self;
    Warp& warp = me->block->warps[me->thread.x / 32];
    const int slot = me->shuffles++ & 1;
    if (from < 0 || from >= warp.barrier.needed) fail("a shuffle with a lane that does not exist", line);
    static_assert(sizeof(T) <= sizeof(double), "only numbers are shuffled");
    std::memcpy(&warp.value[slot][lane()], &value, sizeof value);
    wait(&warp.barrier, line, false);  // CUDA does not promise that a shuffle orders memory
    std::memcpy(&value, &warp.value[slot][from], sizeof value);
    return value;
}
template <class T>
SHIM_QUIET T exchange_or_own(T value, int from, int line) {
    return exchange(value, from < 32 ? from : lane(), line);
}

template <class T>
SHIM_QUIET T* at_peer(T* mine, unsigned rank) {
    const Block* block = self->block;
    return reinterpret_cast<T*>(block->cluster[rank].memory + (reinterpret_cast<unsigned char*>(mine) - block->memory));
}

}  // namespace shim

template <class T>
inline T min(T a, T b) {
    return a < b ? a : b;
}
template <class T>
inline T max(T a, T b) {
    return a > b ? a : b;
}
template <class T>
inline T __ldg(const T* address) {
    return *address;
}
inline float rsqrt(float value) { return 1 / std::sqrt(value); }
inline double rsqrt(double value) { return 1 / std::sqrt(value); }
inline float rsqrtf(float value) { return 1 / std::sqrt(value); }
template <class T>
SHIM_QUIET T atomicAdd(T* address, T value) {  // fibers do not interrupt each other
    SHIM_ACQUIRE(address);
    const T before = *address;
    *address = before + value;
    SHIM_RELEASE(address);
    return before;
}
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// What common.cuh has for the GPU.

#define CLUSTER_KERNEL
#define SHARED_MEMORY(Type, name)                                                 \
    Type& name = *reinterpret_cast<Type*>(shim::self->block->memory);             \
    if (sizeof(Type) > shim::launched_shared_bytes)                               \
    shim::fail("the launch gives less shared memory than the kernel uses", __LINE__)
namespace shim {
inline unsigned launched_shared_bytes = 0;
}
SHIM_QUIET inline void require_aligned(const void* address) {
    if (reinterpret_cast<uintptr_t>(address) % 16) shim::fail("16 bytes at once from an address that is not aligned", 0);
}
inline void pause_polling() { shim::pause(); }
inline unsigned long long load_word(const unsigned long long* address) {
    return __atomic_load_n(address, __ATOMIC_RELAXED);
}
inline void store_word(unsigned long long* address, unsigned long long value) {
    __atomic_store_n(address, value, __ATOMIC_RELAXED);
}

// A phase ends when one thread has arrived and the bytes that it expects are there.
struct alignas(8) Arrival {
    int missing;  // bytes expected and not yet there; below 0 if they come first
    short pending, phase;
};
SHIM_QUIET inline void settle(Arrival* arrival) {
    if (!arrival->pending && !arrival->missing) arrival->phase ^= 1, arrival->pending = 1;
}
SHIM_QUIET inline void init_arrival(Arrival* arrival) {
    arrival->missing = 0, arrival->pending = 1, arrival->phase = 0;
    SHIM_RELEASE(arrival);
}
SHIM_QUIET inline void expect_bytes(Arrival* arrival, unsigned bytes) {
    if (!arrival->pending) shim::fail("two threads arrive in one phase", 0);
    SHIM_RELEASE(arrival);
    arrival->missing += bytes, arrival->pending = 0;
    settle(arrival);
}
SHIM_QUIET inline void wait_arrival(Arrival* arrival, unsigned parity) {
    while (unsigned(arrival->phase & 1) == parity) shim::pause();
    SHIM_ACQUIRE(arrival);
}
SHIM_QUIET inline void count_bytes(Arrival* arrival, unsigned bytes) {
    SHIM_RELEASE(arrival);
    arrival->missing -= bytes;
    settle(arrival);
}
template <class T, int COUNT>
void send(T* mine, Arrival* arrival, unsigned rank, const T (&values)[COUNT]) {
    if (COUNT > 1) require_aligned(mine);
    T* there = shim::at_peer(mine, rank);
    for (int i = 0; i < COUNT; ++i) there[i] = values[i];
    count_bytes(shim::at_peer(arrival, rank), sizeof(values));
}
inline void cluster_barrier() { shim::wait(shim::self->block->cluster_barrier, -1); }

// Makes a kernel callable as int NAME_run(argument*, launch*), which returns 1 and leaves a message if it fails.
#define SHIM_EXPORT(kernel, Argument)                                                                         \
    extern "C" int kernel##_run(Argument* argument, const shim::Launch* launch) {                             \
        shim::launched_shared_bytes = launch->shared_bytes;                                                   \
        return shim::run([](void* a) { kernel(*static_cast<Argument*>(a)); }, argument, *launch);             \
    }                                                                                                         \
    extern "C" unsigned kernel##_argument_bytes() { return sizeof(Argument); }
extern "C" __attribute__((used)) const char* shim_message() { return shim::message; }
