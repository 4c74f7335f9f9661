// The windows of images as columns, and back: the formulas of Windows in windows.py for two spatial axes.
//
// Images are (n, channels, height, width), columns (channels, kernel_h, kernel_w, n, rows, columns).
#include "common.cuh"

constexpr int WINDOW_THREADS = 256;

struct WindowArguments {
    REAL *images, *columns;
    int batch, channels;
    int size[2], kernel[2], stride[2], pad[2], dilation[2], windows[2];
    long long batch_stride, channel_stride;  // of the images, in numbers; their rows are contiguous
};

extern "C" __global__ void __launch_bounds__(WINDOW_THREADS) gather_windows(const WindowArguments a) {
    const long long index = (long long)blockIdx.x * WINDOW_THREADS + threadIdx.x;
    const long long places = (long long)a.batch * a.windows[0] * a.windows[1];
    const int row = int(index / places), rest = int(index % places);
    if (row >= a.channels * a.kernel[0] * a.kernel[1]) return;
    const int channel = row / (a.kernel[0] * a.kernel[1]), element = row % (a.kernel[0] * a.kernel[1]);
    const int image = rest / (a.windows[0] * a.windows[1]), window = rest % (a.windows[0] * a.windows[1]);
    const int h = window / a.windows[1] * a.stride[0] - a.pad[0] + element / a.kernel[1] * a.dilation[0];
    const int w = window % a.windows[1] * a.stride[1] - a.pad[1] + element % a.kernel[1] * a.dilation[1];
    const bool inside = h >= 0 && h < a.size[0] && w >= 0 && w < a.size[1];
    const REAL* plane = a.images + image * a.batch_stride + channel * a.channel_stride;
    a.columns[index] = inside ? plane[h * a.size[1] + w] : REAL(0);
}

// A thread for each cell of the images adds up what belongs there, always in the same order.
extern "C" __global__ void __launch_bounds__(WINDOW_THREADS, 4) scatter_windows(const WindowArguments a) {
    const long long index = (long long)blockIdx.x * WINDOW_THREADS + threadIdx.x;
    const int area = a.size[0] * a.size[1], cell = int(index % area);
    const int plane = int(index / area), channel = plane % a.channels, image = plane / a.channels;
    if (image >= a.batch) return;
    const int h = cell / a.size[1] + a.pad[0], w = cell % a.size[1] + a.pad[1];
    const long long places = (long long)a.batch * a.windows[0] * a.windows[1];
    REAL sum = REAL(0);
    for (int i = 0; i < a.kernel[0]; ++i) {
        const int down = h - i * a.dilation[0];
        if (down < 0 || down % a.stride[0] || down / a.stride[0] >= a.windows[0]) continue;
        for (int j = 0; j < a.kernel[1]; ++j) {
            const int across = w - j * a.dilation[1];
            if (across < 0 || across % a.stride[1] || across / a.stride[1] >= a.windows[1]) continue;
            const long long row = (channel * a.kernel[0] + i) * a.kernel[1] + j;
            const int window = down / a.stride[0] * a.windows[1] + across / a.stride[1];
            sum += a.columns[row * places + (long long)image * a.windows[0] * a.windows[1] + window];
        }
    }
    a.images[image * a.batch_stride + channel * a.channel_stride + cell] = sum;
}
