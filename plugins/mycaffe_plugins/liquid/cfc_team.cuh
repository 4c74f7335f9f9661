// Team: the PARTS blocks that compute a sequence together, and their one exchange at each step.
//
// Each block has partial sums of the units; all blocks need the totals. Every block gives each other its part, and each
// adds all parts in the same order, so that all get the same bits in every run. SYNC says how they travel:
// 0  PARTS is 1: through the block's own shared memory
// 1  a cluster (sm_90 and newer): stores into the others' shared memory, which count themselves at an arrival barrier
//    there. (A barrier of the cluster would wait for all stores to global memory, at each step.)
// 2  a cooperative launch: words of 8 bytes in global memory, 4 bytes of a value and the number of the round, so that
//    no fence and no counter is needed. Rounds go on from launch to launch; both arrays are 0 at first.
#include "cfc_sizes.cuh"

// Two inboxes and arrivals take turns: no block sends for round k + 1 before it has read round k.
struct alignas(16) Exchange {
    REAL inbox[SYNC == 2 ? 1 : 2][PARTS][BATCH_TILE][UNITS];
    Arrival arrival[2];
};

constexpr int WORDS = sizeof(REAL) / 4;

struct Team {
    int rank, index, count;  // of the block in its team; of the team among `count`
    unsigned round = 0, before = 0;
    unsigned long long *words = nullptr, *rounds = nullptr;

    __device__ __forceinline__ Team(const CfcArguments& a) {
        rank = blockIdx.x % PARTS, index = blockIdx.x / PARTS, count = gridDim.x / PARTS;
        if (SYNC == 2) {
            words = a.exchange + index * 2 * PARTS * BATCH_TILE * UNITS * WORDS, rounds = a.rounds + index;
            before = static_cast<unsigned>(load_word(rounds));
        }
    }
    __device__ __forceinline__ unsigned long long* word(int turn, int part, int n, int unit) const {
        return words + (((turn * PARTS + part) * BATCH_TILE + n) * UNITS + unit) * WORDS;
    }
    // All blocks of the team have begun and cleared their shared memory.
    __device__ __forceinline__ void begin(Exchange& exchange) {
        if (SYNC == 1) {
            if (threadIdx.x == 0) init_arrival(&exchange.arrival[0]), init_arrival(&exchange.arrival[1]);
            cluster_barrier();
        } else
            __syncthreads();
    }
    // Gives the whole team this block's sums of UNIT_BLOCK units, which are in each of `lanes` threads.
    __device__ __forceinline__ void give(Exchange& exchange, int lane, int lanes, int n, int unit,
                                         const REAL (&values)[UNIT_BLOCK]) {
        const int turn = round & 1;
        if constexpr (SYNC == 1) {
#pragma unroll
            for (int first = 0; first < PARTS; first += lanes)
                if (first + lane < PARTS)
                    send(&exchange.inbox[turn][rank][n][unit], &exchange.arrival[turn], first + lane, values);
        } else {
#pragma unroll
            for (int k = 0; k < UNIT_BLOCK; ++k) {
                if (lane != k % lanes) continue;
                if constexpr (SYNC == 2) {
                    unsigned bits[WORDS];
                    memcpy(bits, &values[k], sizeof values[k]);
#pragma unroll
                    for (int i = 0; i < WORDS; ++i)
                        store_word(word(turn, rank, n, unit + k) + i,
                                   static_cast<unsigned long long>(before + round + 1) << 32 | bits[i]);
                } else
                    exchange.inbox[turn][0][n][unit + k] = values[k];
            }
        }
    }
    // Ends the round: afterwards the threads that take() find the parts of all blocks.
    __device__ __forceinline__ void meet(Exchange& exchange) {
        if (SYNC == 0) __syncthreads();
        if (SYNC == 1) {
            Arrival* arrival = &exchange.arrival[round & 1];
            if (threadIdx.x == 0) expect_bytes(arrival, PARTS * BATCH_TILE * UNITS * sizeof(REAL));
            if (threadIdx.x < BATCH_TILE * UNITS) wait_arrival(arrival, round >> 1 & 1);
        }
        ++round;
    }
    // Returns the total of a unit in the round that has ended.
    __device__ __forceinline__ REAL take(const Exchange& exchange, int n, int unit) const {
        const int turn = (round - 1) & 1;
        REAL sum = 0;
        if (SYNC != 2) {
#pragma unroll
            for (int part = 0; part < PARTS; ++part) sum += exchange.inbox[turn][part][n][unit];
            return sum;
        }
        constexpr int GROUP = PARTS < 8 ? PARTS : 8;  // loads on their way at once: more take too many registers
#pragma unroll
        for (int first = 0; first < PARTS; first += GROUP) {
            unsigned long long got[GROUP][WORDS];
            for (bool missing = true; missing;) {
                missing = false;
#pragma unroll
                for (int part = 0; part < GROUP; ++part)
#pragma unroll
                    for (int i = 0; i < WORDS; ++i)
                        if (first + part < PARTS) got[part][i] = load_word(word(turn, first + part, n, unit) + i);
#pragma unroll
                for (int part = 0; part < GROUP; ++part)
#pragma unroll
                    for (int i = 0; i < WORDS; ++i)
                        if (first + part < PARTS) missing |= unsigned(got[part][i] >> 32) != before + round;
                if (missing) pause_polling();
            }
#pragma unroll
            for (int part = 0; part < GROUP; ++part) {
                if (first + part >= PARTS) continue;
                unsigned bits[WORDS];
                REAL value;
#pragma unroll
                for (int i = 0; i < WORDS; ++i) bits[i] = unsigned(got[part][i]);
                memcpy(&value, bits, sizeof value);
                sum += value;
            }
        }
        return sum;
    }
    // No block ends while another may still store into its shared memory.
    __device__ __forceinline__ void end() {
        if (SYNC == 1) cluster_barrier();
        // This block has all parts of the last round, so every block has long read where the rounds began.
        if (SYNC == 2 && rank == 0 && threadIdx.x == 0) store_word(rounds, before + round);
    }
};
