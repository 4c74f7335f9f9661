// Maxima and averages of windows of images (planes, height, width), and their gradients: the formulas of MaxPool and
// AveragePool in pool_methods.py. Sums are always in the same order.
#include "common.cuh"

constexpr int POOL_THREADS = 256;

struct PoolArguments {
    const REAL *x, *dy, *shares;  // shares: 1 / the size of each window, (rows, columns)
    REAL *y, *dx;
    int* chosen;  // the cell that each window has as its maximum; -1 for none
    long long planes;
    int size[2], kernel[2], stride[2], pad[2], windows[2];
    REAL empty;  // the value of a window without cells
};

struct Window {
    long long plane;
    int row, column, top, bottom, left, right;
};

__device__ __forceinline__ bool window_of(const PoolArguments& a, long long index, Window& window) {
    const int each = a.windows[0] * a.windows[1];
    window.plane = index / each;
    window.row = int(index % each) / a.windows[1], window.column = int(index % each) % a.windows[1];
    const int top = window.row * a.stride[0] - a.pad[0], left = window.column * a.stride[1] - a.pad[1];
    window.top = max(top, 0), window.bottom = min(top + a.kernel[0], a.size[0]);
    window.left = max(left, 0), window.right = min(left + a.kernel[1], a.size[1]);
    return window.plane < a.planes;
}

extern "C" __global__ void __launch_bounds__(POOL_THREADS) pool_maxima(const PoolArguments a) {
    const long long index = (long long)blockIdx.x * POOL_THREADS + threadIdx.x;
    Window window;
    if (!window_of(a, index, window)) return;
    const REAL* plane = a.x + window.plane * a.size[0] * a.size[1];
    REAL most = a.empty, nan = REAL(0);
    int chosen = -1;
    bool any = false, lost = false;
    for (int h = window.top; h < window.bottom; ++h)
        for (int w = window.left; w < window.right; ++w) {
            const REAL value = plane[h * a.size[1] + w];
            if (value != value)
                nan = value, lost = true;
            else if (!any || value > most)
                most = value, chosen = h * a.size[1] + w, any = true;
        }
    if (lost) {  // NaN is the maximum, but no cell equals it
        most = nan;
        const int first = window.row * a.stride[0] * a.size[1] + window.column * a.stride[1];
        chosen = min(first, a.size[0] * a.size[1] - 1);
    }
    if (a.y) a.y[index] = most;
    if (a.chosen) a.chosen[index] = chosen;
}

extern "C" __global__ void __launch_bounds__(POOL_THREADS) pool_averages(const PoolArguments a) {
    const long long index = (long long)blockIdx.x * POOL_THREADS + threadIdx.x;
    Window window;
    if (!window_of(a, index, window)) return;
    const REAL* plane = a.x + window.plane * a.size[0] * a.size[1];
    REAL sum = REAL(0);
    for (int h = window.top; h < window.bottom; ++h)
        for (int w = window.left; w < window.right; ++w) sum += plane[h * a.size[1] + w];
    a.y[index] = sum * a.shares[window.row * a.windows[1] + window.column];
}

// The windows along one axis that have a cell: from `first` to below `last`.
__device__ __forceinline__ void windows_with(const PoolArguments& a, int axis, int cell, int& first, int& last) {
    const int place = cell + a.pad[axis], before = place - a.kernel[axis] + 1;
    first = before > 0 ? (before + a.stride[axis] - 1) / a.stride[axis] : 0;
    last = min(place / a.stride[axis] + 1, a.windows[axis]);
}

// A thread for each cell. With `chosen` it gets the gradients of the windows whose maximum it is, else its shares.
extern "C" __global__ void __launch_bounds__(POOL_THREADS) pool_gradient(const PoolArguments a) {
    const long long index = (long long)blockIdx.x * POOL_THREADS + threadIdx.x;
    const int area = a.size[0] * a.size[1], cell = int(index % area);
    const long long plane = index / area;
    if (plane >= a.planes) return;
    int rows[2], columns[2];
    windows_with(a, 0, cell / a.size[1], rows[0], rows[1]);
    windows_with(a, 1, cell % a.size[1], columns[0], columns[1]);
    REAL sum = REAL(0);
    for (int row = rows[0]; row < rows[1]; ++row)
        for (int column = columns[0]; column < columns[1]; ++column) {
            const int place = row * a.windows[1] + column;
            const long long window = plane * a.windows[0] * a.windows[1] + place;
            if (a.chosen)
                sum += a.chosen[window] == cell ? a.dy[window] : REAL(0);
            else
                sum += a.dy[window] * a.shares[place];
        }
    a.dx[index] = sum;
}
