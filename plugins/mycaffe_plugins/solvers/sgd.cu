// The formula of SGDSolver in sgd.py. Own numbers: momentum.
#define HISTORY 1
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& history, REAL&) {
    history = REAL(u.own[0]) * history + REAL(u.rate) * gradient;
    return history;
}
