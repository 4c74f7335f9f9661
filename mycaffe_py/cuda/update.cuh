// A solver's update of all weights by one kernel. A rule's file defines, before it includes this one,
//
//   __device__ REAL step_of(const Update& u, REAL& weight, REAL gradient, REAL& first, REAL& second)
//
// which returns what is subtracted from the weight, and changes the history (first and second; what a rule does not
// have is a number that nobody keeps). HISTORY is how many arrays of history there are.
//
// What changes from update to update is read from memory, so that a recorded launch can be repeated: see UpdateKernel.
#include "common.cuh"

constexpr int UPDATE_THREADS = 256;

// Neighbouring weights with the same multipliers: one block's work.
struct UpdatePart {
    long long start, count;
    double lr_mult, decay_mult;
};

struct UpdateArguments {
    REAL *data, *diff, *first, *second;
    const UpdatePart* parts;
    const double* __restrict__ numbers;  // rate, weight decay, 1 / passes of the update, limit of clipping, then the rule's own
    const REAL* clip;       // the factor that keeps the gradient's norm below its limit; null for none
    int l1;                 // 1: the weight decay is L1, 0: L2
};

// The numbers of an update for a group of weights.
struct Update {
    double rate;  // learning rate x lr_mult
    double decay_mult;
    const double* __restrict__ own;
};

__device__ __forceinline__ REAL step_of(const Update& u, REAL& weight, REAL gradient, REAL& first, REAL& second);

__device__ __forceinline__ REAL sign_of(REAL value) { return REAL(value > REAL(0)) - REAL(value < REAL(0)); }

extern "C" __global__ void __launch_bounds__(UPDATE_THREADS, 4) update_weights(const UpdateArguments a) {
    const UpdatePart part = a.parts[blockIdx.x];
    const Update update = {a.numbers[0] * part.lr_mult, part.decay_mult, a.numbers + 4};
    const REAL decay = REAL(a.numbers[1] * part.decay_mult), share = REAL(a.numbers[2]);
    const REAL clip = a.clip ? *a.clip : REAL(1);
    REAL *data = a.data + part.start, *diff = a.diff + part.start;
    REAL *firsts = a.first + part.start, *seconds = a.second + part.start;
    const int count = int(part.count);
#pragma unroll 1
    for (int i = threadIdx.x; i < count; i += UPDATE_THREADS) {
        REAL weight = data[i], gradient = diff[i] * clip * share;
        if (decay != REAL(0)) gradient += decay * (a.l1 ? sign_of(weight) : weight);
        REAL first = HISTORY > 0 ? firsts[i] : REAL(0), second = HISTORY > 1 ? seconds[i] : REAL(0);
        const REAL step = step_of(update, weight, gradient, first, second);
        data[i] = weight - step;
        diff[i] = step;
        if (HISTORY > 0) firsts[i] = first;
        if (HISTORY > 1) seconds[i] = second;
    }
}
