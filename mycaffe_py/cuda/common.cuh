// What the package's kernel files share. On a GPU they are PTX instructions, or CUDA's own names; the tests compile the
// same kernel files as plain C++ with a header that defines HOST_SHIM and its own versions of what is in the first part.
//
// Rules for kernel files, so that both work:
// - each kernel is `extern "C" __global__ ... name(const Arguments arguments) {`: one struct, by value;
// - shared memory is one struct, SHARED_MEMORY(Type, name), whose size the launcher gives;
// - a kernel whose blocks form clusters begins `extern "C" __global__ void CLUSTER_KERNEL ...`, with -DCLUSTER_BLOCKS=n;
// - files are included by `#include "name"` from their own folder or from this one.
#ifndef REAL
#define REAL float
#endif
#ifndef CLUSTER_BLOCKS
#define CLUSTER_BLOCKS 1
#endif

#ifndef HOST_SHIM
#if CLUSTER_BLOCKS > 1
#define CLUSTER_KERNEL __cluster_dims__(CLUSTER_BLOCKS, 1, 1)
#else
#define CLUSTER_KERNEL
#endif
#define SHARED_MEMORY(Type, name)                                 \
    extern __shared__ __align__(16) unsigned char name##_bytes[]; \
    Type& name = *reinterpret_cast<Type*>(name##_bytes)

__device__ __forceinline__ unsigned shared_address(const void* pointer) {
    return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}
__device__ __forceinline__ void require_aligned(const void*) {}

// 8 bytes in global memory that are written and read as a whole; nothing else is ordered by them.
__device__ __forceinline__ unsigned long long load_word(const unsigned long long* address) {
    unsigned long long value;
    asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(value) : "l"(address) : "memory");
    return value;
}
__device__ __forceinline__ void store_word(unsigned long long* address, unsigned long long value) {
    asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(address), "l"(value) : "memory");
}
__device__ __forceinline__ void pause_polling() {}

#if CLUSTER_BLOCKS > 1  // instructions of sm_90 and newer
__device__ __forceinline__ unsigned address_at_peer(unsigned address, unsigned rank) {
    unsigned there;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(address), "r"(rank));
    return there;
}
// A barrier in shared memory, of one phase after the other. A phase ends when one thread has arrived and the bytes that
// it expects are there.
typedef unsigned long long Arrival;
__device__ __forceinline__ void init_arrival(Arrival* arrival) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(shared_address(arrival)) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ __forceinline__ void expect_bytes(Arrival* arrival, unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(arrival)), "r"(bytes)
                 : "memory");
}
__device__ __forceinline__ void wait_arrival(Arrival* arrival, unsigned parity) {
    unsigned done;
    do
        asm volatile(
            "{\n.reg .pred p;\nmbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2;\n"
            "selp.u32 %0, 1, 0, p;\n}"
            : "=r"(done)
            : "r"(shared_address(arrival)), "r"(parity)
            : "memory");
    while (!done);
}
// Stores one number, or 16 bytes at once, into the same place of another block's shared memory, and counts the bytes at
// that block's barrier.
#define STORE_AT_PEER "st.async.shared::cluster.mbarrier::complete_tx::bytes"
template <int COUNT>
__device__ __forceinline__ void send(float* mine, Arrival* arrival, unsigned rank, const float (&values)[COUNT]) {
    const unsigned there = address_at_peer(shared_address(mine), rank);
    const unsigned counter = address_at_peer(shared_address(arrival), rank);
    if constexpr (COUNT == 4)
        asm volatile(STORE_AT_PEER ".v4.f32 [%0], {%1, %2, %3, %4}, [%5];" ::"r"(there), "f"(values[0]), "f"(values[1]),
                     "f"(values[2]), "f"(values[3]), "r"(counter)
                     : "memory");
    else
        asm volatile(STORE_AT_PEER ".f32 [%0], %1, [%2];" ::"r"(there), "f"(values[0]), "r"(counter) : "memory");
}
template <int COUNT>
__device__ __forceinline__ void send(double* mine, Arrival* arrival, unsigned rank, const double (&values)[COUNT]) {
    const unsigned there = address_at_peer(shared_address(mine), rank);
    const unsigned counter = address_at_peer(shared_address(arrival), rank);
    if constexpr (COUNT == 2)
        asm volatile(STORE_AT_PEER ".v2.f64 [%0], {%1, %2}, [%3];" ::"r"(there), "d"(values[0]), "d"(values[1]),
                     "r"(counter)
                     : "memory");
    else
        asm volatile(STORE_AT_PEER ".f64 [%0], %1, [%2];" ::"r"(there), "d"(values[0]), "r"(counter) : "memory");
}
// All threads of the cluster meet. It waits for global stores too: not to be used in every step.
__device__ __forceinline__ void cluster_barrier() {
    asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
#else
typedef unsigned long long Arrival;
__device__ __forceinline__ void init_arrival(Arrival*) {}
__device__ __forceinline__ void expect_bytes(Arrival*, unsigned) {}
__device__ __forceinline__ void wait_arrival(Arrival*, unsigned) {}
template <class T, int COUNT>
__device__ __forceinline__ void send(T*, Arrival*, unsigned, const T (&)[COUNT]) {}
__device__ __forceinline__ void cluster_barrier() {}
#endif
#endif  // HOST_SHIM

// 16 bytes of numbers, read at once.
constexpr int VECTOR = 16 / sizeof(REAL);
template <class T>
struct Packed;
template <>
struct Packed<float> {
    using type = float4;
};
template <>
struct Packed<double> {
    using type = double2;
};
__device__ __forceinline__ void load_vector(const REAL* address, REAL (&values)[VECTOR]) {
    require_aligned(address);
    const typename Packed<REAL>::type packed = *reinterpret_cast<const typename Packed<REAL>::type*>(address);
    memcpy(values, &packed, sizeof values);
}

__device__ __forceinline__ REAL sigmoid(REAL z) { return REAL(1) / (REAL(1) + exp(-z)); }
