// The formula of AdaDeltaSolver in adadelta.py. Own numbers: momentum, delta.
#define HISTORY 2
#include "update.cuh"

__device__ __forceinline__ REAL step_of(const Update& u, REAL&, REAL gradient, REAL& squares, REAL& steps) {
    const REAL keep = REAL(u.own[0]), rest = REAL(1 - u.own[0]), delta = REAL(u.own[1]);
    squares = keep * squares + rest * (gradient * gradient);
    const REAL step = gradient * sqrt(steps + delta) / sqrt(squares + delta);
    steps = keep * steps + rest * (step * step);
    return step * REAL(u.rate);
}
