// The formula of NesterovSolver in nesterov.py. Own numbers: momentum.
#define HISTORY 1
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& history, REAL&) {
    const REAL momentum = REAL(u.own[0]), scaled = REAL(u.rate) * gradient;
    history = momentum * history + scaled;
    return momentum * history + scaled;
}
