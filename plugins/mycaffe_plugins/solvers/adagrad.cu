// The formula of AdaGradSolver in adagrad.py. Own numbers: delta.
#define HISTORY 1
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& squares, REAL&) {
    squares += gradient * gradient;
    return REAL(u.rate) * gradient / (sqrt(squares) + REAL(u.own[0]));
}
