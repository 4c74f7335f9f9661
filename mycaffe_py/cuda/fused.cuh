// What formulas that are turned into kernels use: see fusing.py.
#include "common.cuh"

constexpr int FUSED_THREADS = 256;

struct FusedArguments {
    long long count;
    REAL* arrays[8];
};

// As NumPy's minimum and maximum: NaN if either is.
__device__ __forceinline__ REAL least_of(REAL a, REAL b) { return a != a ? a : (b != b || b < a) ? b : a; }
__device__ __forceinline__ REAL greatest_of(REAL a, REAL b) { return a != a ? a : (b != b || b > a) ? b : a; }
__device__ __forceinline__ REAL sign_of(REAL value) {
    return value != value ? value : REAL(value > REAL(0)) - REAL(value < REAL(0));
}
