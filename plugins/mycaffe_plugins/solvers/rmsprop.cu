// The formula of RMSPropSolver in rmsprop.py. Own numbers: rms_decay, delta.
#define HISTORY 1
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& square, REAL&) {
    square = REAL(u.own[0]) * square + REAL(1 - u.own[0]) * (gradient * gradient);
    return REAL(u.rate) * gradient / (sqrt(square) + REAL(u.own[1]));
}
