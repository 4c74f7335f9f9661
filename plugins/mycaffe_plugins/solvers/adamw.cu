// The formula of AdamWSolver in adamw.py. Own numbers: momentum, momentum2, delta, adamw_decay, 1 / (1 - b1^k),
// 1 / sqrt(1 - b2^k).
#define HISTORY 2
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL& weight, REAL gradient, REAL& mean, REAL& square) {
    weight *= REAL(1 - u.rate * (u.own[3] * u.decay_mult));
    mean = REAL(u.own[0]) * mean + REAL(1 - u.own[0]) * gradient;
    square = REAL(u.own[1]) * square + REAL(1 - u.own[1]) * (gradient * gradient);
    return mean / (sqrt(square) * REAL(u.own[5]) + REAL(u.own[2])) * REAL(u.rate * u.own[4]);
}
