// Whole-sequence kernels of the CfC cell (its equations: cfc_cell.py), for a GPU.
//
// A sequence, or BATCH_TILE of them side by side, is computed by a team of PARTS blocks. Each block owns a slice of the
// neurons: their columns of the first backbone layer, and their rows of the heads. The further layers every block
// computes for itself. So the state never leaves its block, and forward and backward pass have the same shape and one
// exchange for each step (cfc_team.cuh), of partial sums:
// forward:   first layer -> exchange -> further layers -> heads and new state
// backward:  gradients of the heads -> heads transposed -> exchange -> layers transposed -> first layer transposed
// Weights stay in registers for the whole sequence (cfc_tile.cuh). Without a backbone, one block computes a sequence.
// What does not depend on the previous step is computed for all steps at once (cfc_products.cuh).
#include "cfc_forward.cuh"
#include "cfc_backward.cuh"
#include "cfc_products.cuh"

// What the launcher asks for: the kernels' shared memory in bytes, and the sizes of the structs, which are to be its own.
// (By a kernel: whether the driver finds a global variable depends on the compiler's release.)
extern "C" __device__ int cfc_sizes[] = {sizeof(ForwardShared), sizeof(BackwardShared), sizeof(OuterShared),
                                         sizeof(CfcArguments),  sizeof(InputArguments), sizeof(OuterArguments)};
struct LayoutArguments {
    int* out;
};
extern "C" __global__ void __launch_bounds__(32) cfc_layout(const LayoutArguments a) {
    if (threadIdx.x < sizeof cfc_sizes / sizeof *cfc_sizes) a.out[threadIdx.x] = cfc_sizes[threadIdx.x];
}
