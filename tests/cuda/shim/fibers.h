// Runs the threads of a CUDA kernel as fibers on one thread of the operating system.
//
// A fiber runs until it waits: at a barrier, in a shuffle, in a loop that polls. Then the next one runs. In which order is
// chosen by `order`, so that a kernel that lacks a barrier gives another result in another order. Built with
// -fsanitize=thread every fiber is a thread to the sanitizer, and only barriers and atomics put them in order.
//
// A mistake that the shim notices ends the launch: run() returns 1 and `message` says what and where.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define SHIM_QUIET __attribute__((no_sanitize("thread"), noinline))
#define SHIM_RELEASE(address) __tsan_release(address)
#define SHIM_ACQUIRE(address) __tsan_acquire(address)
#else
#define SHIM_QUIET __attribute__((noinline))
#define SHIM_RELEASE(address) (void)(address)
#define SHIM_ACQUIRE(address) (void)(address)
#endif
#if !defined(__x86_64__)
#error "the shim switches fibers with instructions of x86-64"
#endif

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

namespace shim {

struct Barrier {
    int needed = 0, arrived = 0, line = 0;
    unsigned round = 0;
    char edge[2];  // what the sanitizer orders by; rounds take turns
};

struct Warp {
    Barrier barrier;
    double value[2][32];
};

struct Block {
    dim3 index;
    unsigned rank = 0;  // in its cluster
    Barrier barrier;
    Warp* warps = nullptr;
    unsigned char* memory = nullptr;  // shared memory
    Block* cluster = nullptr;         // the cluster's first block
    Barrier* cluster_barrier = nullptr;
};

struct Fiber {
    void* stack_pointer = nullptr;
    dim3 thread;
    Block* block = nullptr;
    Barrier* waits_for = nullptr;
    unsigned round = 0, shuffles = 0;
    bool polls = false, done = false;
    void* sanitizer = nullptr;
};

// How a kernel is launched. `together` consecutive blocks run at a time: a cluster, or the whole grid of a cooperative
// launch.
struct Launch {
    unsigned blocks, threads, cluster, together, shared_bytes;
    long order;  // 0 first to last; 1 last to first; above, the seed of a shuffle; -1, -2 block by block
};

inline Fiber* self = nullptr;
inline Fiber scheduler;
inline dim3 grid_size, block_size;
inline void (*entry)(void*) = nullptr;
inline void* entry_argument = nullptr;
inline char finished;
inline bool failed = false;
inline char message[300];
constexpr size_t STACK_BYTES = 64 << 10, CANARY_BYTES = 1 << 10;
constexpr unsigned char NOTHING = 0xff;  // shared memory holds nothing at the start: NaNs

extern "C" void shim_switch(void** save, void* load);
asm(".text\n.globl shim_switch\n.hidden shim_switch\nshim_switch:\n"
    "pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
    "movq %rsp, (%rdi); movq %rsi, %rsp\n"
    "popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp; ret\n");

SHIM_QUIET inline void go(Fiber* from, Fiber* to) {
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(to->sanitizer, 1);  // 1: the switch itself puts nothing in order
#endif
    shim_switch(&from->stack_pointer, to->stack_pointer);
}

// Ends the launch with a message; called in a fiber it does not return.
SHIM_QUIET inline void fail(const char* what, int line) {
    if (self)
        std::snprintf(message, sizeof message, "%s (line %d, block %u, thread %u)", what, line, self->block->index.x,
                      self->thread.x);
    else
        std::snprintf(message, sizeof message, "%s", what);
    failed = true;
    if (self) {
        go(self, &scheduler);
        __builtin_unreachable();
    }
}

SHIM_QUIET inline void wait(Barrier* barrier, int line, bool orders_memory = true) {
    Fiber* me = self;
    const unsigned round = barrier->round;
    if (barrier->arrived && barrier->line != line) fail("threads meet at different barriers", line);
    barrier->line = line;
    if (orders_memory) SHIM_RELEASE(&barrier->edge[round & 1]);
    if (++barrier->arrived == barrier->needed) {
        barrier->arrived = 0;
        ++barrier->round;
    } else {
        me->waits_for = barrier;
        me->round = round;
        go(me, &scheduler);
        me->waits_for = nullptr;
    }
    if (orders_memory) SHIM_ACQUIRE(&barrier->edge[round & 1]);
}

// Lets the others run: in a loop that polls memory.
SHIM_QUIET inline void pause() {
    self->polls = true;
    go(self, &scheduler);
}

SHIM_QUIET inline void start() {
    entry(entry_argument);
    SHIM_RELEASE(&finished);
    self->done = true;
    go(self, &scheduler);
}

SHIM_QUIET inline bool ready(const Fiber& fiber) {
    return !fiber.done && (!fiber.waits_for || fiber.waits_for->round != fiber.round);
}

SHIM_QUIET inline unsigned char* map(size_t bytes) {
    void* got = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) fail("no memory for the fibers", __LINE__);
    return got == MAP_FAILED ? nullptr : static_cast<unsigned char*>(got);
}

// Blocks that run together, with their fibers. Fresh memory for each: to the sanitizer, blocks that do not run together
// are not in order either, so it is released only when the whole grid is done.
struct Wave {
    unsigned count, stride;
    Block* blocks;
    Barrier* cluster_barriers;
    Warp* warps;
    Fiber* fibers;
    unsigned char *stacks, *memory;
};

SHIM_QUIET inline void prepare(Wave& wave, unsigned first, const Launch& launch) {
    const unsigned together = launch.together, threads = launch.threads, warps = (threads + 31) / 32;
    wave.count = together * threads;
    wave.stride = (launch.shared_bytes + CANARY_BYTES + 63) / 64 * 64;
    wave.blocks = new Block[together];
    wave.cluster_barriers = new Barrier[together];
    wave.warps = new Warp[together * warps];
    wave.fibers = new Fiber[wave.count];
    wave.stacks = map(wave.count * STACK_BYTES);
    wave.memory = map(size_t(together) * wave.stride);
    if (failed) return;
    // Not memset, which the sanitizer would see.
    for (size_t i = 0; i < size_t(together) * wave.stride; ++i)
        reinterpret_cast<volatile unsigned char*>(wave.memory)[i] = NOTHING;
    for (unsigned b = 0; b < together; ++b) {
        Block& block = wave.blocks[b];
        block.index = {first + b, 0, 0};
        block.rank = b % launch.cluster;
        block.barrier.needed = threads;
        block.memory = wave.memory + size_t(b) * wave.stride;
        block.cluster = wave.blocks + b / launch.cluster * launch.cluster;
        block.cluster_barrier = wave.cluster_barriers + b / launch.cluster;
        block.cluster_barrier->needed = launch.cluster * threads;
        block.warps = wave.warps + b * warps;
        for (unsigned w = 0; w < warps; ++w)
            block.warps[w].barrier.needed = threads - w * 32 < 32 ? threads - w * 32 : 32;
    }
    for (unsigned f = 0; f < wave.count; ++f) {
        Fiber& fiber = wave.fibers[f];
        fiber.thread = {f % threads, 0, 0};
        fiber.block = wave.blocks + f / threads;
        void** top = reinterpret_cast<void**>(wave.stacks + (f + 1) * STACK_BYTES) - 2;
        *top = reinterpret_cast<void*>(&start);
        fiber.stack_pointer = top - 6;
#ifdef __SANITIZE_THREAD__
        fiber.sanitizer = __tsan_create_fiber(0);
#endif
    }
}

SHIM_QUIET inline void check_canaries(const Wave& wave, const Launch& launch) {
    for (unsigned b = 0; b < launch.together; ++b)
        for (unsigned i = launch.shared_bytes; i < wave.stride; ++i)
            if (reinterpret_cast<volatile unsigned char*>(wave.blocks[b].memory)[i] != NOTHING)
                return fail("a block wrote past the end of its shared memory", 0);
}

// Runs the wave's fibers until all are done, or none can go on.
SHIM_QUIET inline void schedule(Wave& wave, const Launch& launch) {
    const unsigned count = wave.count;
    const long order = launch.order;
    uint64_t noise = 88172645463325252ull ^ uint64_t(order);
    unsigned* turn = new unsigned[count];
    for (unsigned f = 0; f < count; ++f) turn[f] = order == 1 || order == -2 ? count - 1 - f : f;
    for (unsigned left = count; left && !failed;) {
        for (unsigned i = count - 1; order > 1 && i; --i) {
            noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
            const unsigned j = noise % (i + 1), t = turn[i];
            turn[i] = turn[j], turn[j] = t;
        }
        bool moved = false;
        // Block by block: each runs as far as it gets alone, so that blocks drift apart as far as the kernel lets them.
        const unsigned span = order < 0 ? launch.threads : count;
        for (unsigned from = 0; from < count && !failed; from += span)
            for (bool again = true; again && !failed;) {
                again = false;
                for (unsigned i = from; i < from + span && !failed; ++i) {
                    Fiber& fiber = wave.fibers[turn[i]];
                    if (!ready(fiber)) continue;
                    self = &fiber;
                    fiber.polls = false;
                    go(&scheduler, &fiber);
                    self = nullptr;
                    again |= !fiber.polls;
                    left -= fiber.done;
                }
                moved |= again;
                again &= order < 0;
            }
        if (!moved && !failed) fail("deadlock: all threads wait", 0);
    }
    delete[] turn;
}

SHIM_QUIET inline int run(void (*kernel)(void*), void* argument, const Launch& launch) {
    entry = kernel, entry_argument = argument;
    grid_size.x = launch.blocks, block_size.x = launch.threads;
    failed = false, message[0] = 0, self = nullptr;
    if (launch.blocks % launch.together || launch.together % launch.cluster) {
        fail("the blocks do not divide into clusters", 0);
        return 1;
    }
#ifdef __SANITIZE_THREAD__
    scheduler.sanitizer = __tsan_get_current_fiber();
#endif
    const unsigned waves = launch.blocks / launch.together;
    Wave* used = new Wave[waves];
    unsigned begun = 0;
    while (begun < waves && !failed) {
        Wave& wave = used[begun];
        prepare(wave, begun++ * launch.together, launch);
        if (!failed) schedule(wave, launch);
        if (!failed) check_canaries(wave, launch);
    }
    SHIM_ACQUIRE(&finished);
    for (unsigned w = 0; w < begun; ++w) {
        Wave& wave = used[w];
#ifdef __SANITIZE_THREAD__
        for (unsigned f = 0; f < wave.count; ++f)
            if (wave.fibers[f].sanitizer) __tsan_destroy_fiber(wave.fibers[f].sanitizer);
#endif
        delete[] wave.blocks;
        delete[] wave.cluster_barriers;
        delete[] wave.warps;
        delete[] wave.fibers;
        if (wave.stacks) munmap(wave.stacks, wave.count * STACK_BYTES);
        if (wave.memory) munmap(wave.memory, size_t(launch.together) * wave.stride);
    }
    delete[] used;
    return failed;
}

}  // namespace shim
