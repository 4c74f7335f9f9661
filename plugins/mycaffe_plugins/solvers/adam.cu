// The formula of AdamSolver in adam.py. Own numbers: momentum, momentum2, delta, sqrt(1 - b2^k) / (1 - b1^k).
#define HISTORY 2
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& mean, REAL& square) {
    mean = REAL(u.own[0]) * mean + REAL(1 - u.own[0]) * gradient;
    square = REAL(u.own[1]) * square + REAL(1 - u.own[1]) * (gradient * gradient);
    return mean / (sqrt(square) + REAL(u.own[2])) * REAL(u.rate * u.own[3]);
}
