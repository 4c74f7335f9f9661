// Uniform random numbers in [0, 1) by Philox4x32-10 (Salmon et al., SC 2011), which computes the n-th number from n.
//
// The state is in memory and moves on by itself, so that a recorded launch gives new numbers each time.
#include "common.cuh"

constexpr int RANDOM_THREADS = 256;

struct RandomArguments {
    REAL* out;
    long long count;
    unsigned long long* state;  // key, then how many blocks of four words have been used
};

struct Words {
    unsigned x, y, z, w;
};

__device__ __forceinline__ unsigned high_of_product(unsigned a, unsigned b) {
    return unsigned((unsigned long long)a * b >> 32);
}

__device__ __forceinline__ Words philox(unsigned long long number, unsigned long long key) {
    Words words = {unsigned(number), unsigned(number >> 32), 0, 0};
    unsigned first = unsigned(key), second = unsigned(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const unsigned high = high_of_product(0xD2511F53u, words.x), low = 0xD2511F53u * words.x;
        const unsigned other_high = high_of_product(0xCD9E8D57u, words.z), other_low = 0xCD9E8D57u * words.z;
        words = {other_high ^ words.y ^ first, other_low, high ^ words.w ^ second, low};
        first += 0x9E3779B9u, second += 0xBB67AE85u;
    }
    return words;
}

// Four floats of 24 bits, or two doubles of 53, from each block of four words.
constexpr int OF_ONE = sizeof(REAL) == 8 ? 2 : 4;
__device__ __forceinline__ REAL uniform_of(const Words& words, int index) {
    if (sizeof(REAL) == 8) {
        const unsigned high = index ? words.z : words.x, low = index ? words.w : words.y;
        return REAL((high >> 5) * 67108864.0 + (low >> 6)) * REAL(1.0 / 9007199254740992.0);
    }
    const unsigned word = index == 0 ? words.x : index == 1 ? words.y : index == 2 ? words.z : words.w;
    return REAL(word >> 8) * REAL(1.0 / 16777216.0);
}

extern "C" __global__ void __launch_bounds__(RANDOM_THREADS) fill_uniform(const RandomArguments a) {
    const long long block = (long long)blockIdx.x * RANDOM_THREADS + threadIdx.x;
    const Words words = philox(a.state[1] + block, a.state[0]);
    for (int i = 0; i < OF_ONE; ++i)
        if (block * OF_ONE + i < a.count) a.out[block * OF_ONE + i] = uniform_of(words, i);
}

// After the numbers have been drawn: one thread.
extern "C" __global__ void __launch_bounds__(1) move_on(const RandomArguments a) {
    a.state[1] += (a.count + OF_ONE - 1) / OF_ONE;
}
