"""The shim runs kernels as a GPU would, and notices their mistakes."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from mycaffe_py.cuda import read_source
from mycaffe_py.cuda.source import _OWN

from .shim_library import ShimError, ShimLibrary

pytestmark = pytest.mark.shim
COMMON = read_source(_OWN / "common.cuh")
ORDERS = (0, 1, 2, 3, -1, -2)


class Arguments(ctypes.Structure):
    _fields_ = [("in_", ctypes.c_void_p), ("out", ctypes.c_void_p), ("count", ctypes.c_int)]


def run(body, values, outputs, *, blocks=1, threads=64, shared=0, order=0, macros=(), **how):
    """Run a kernel with that body; return what it wrote into ``out``."""
    text = f"""{COMMON}
struct Arguments {{ const REAL* in; REAL* out; int count; }};
struct alignas(16) Shared {{ REAL x[64]; unsigned long long word; Arrival arrival[2]; }};
extern "C" __global__ void CLUSTER_KERNEL __launch_bounds__({threads}) kernel(const Arguments a) {{
    SHARED_MEMORY(Shared, s);
    const int i = threadIdx.x;
    {body}
}}"""
    library = ShimLibrary(text, macros)
    values, out = np.asarray(values, np.float32), np.full(outputs, np.nan, np.float32)
    arguments = Arguments(values.ctypes.data, out.ctypes.data, values.size)
    library.launch("kernel", arguments, blocks, threads, shared or 64 * 4 + 32, order=order, **how)
    return out


@pytest.mark.parametrize("order", ORDERS)
def test_threads_meet_at_a_barrier(order):
    found = run(
        "s.x[i] = a.in[i]; __syncthreads(); a.out[blockIdx.x * 64 + i] = s.x[63 - i] + blockIdx.x;",
        range(64),
        128,
        blocks=2,
        order=order,
    )
    np.testing.assert_array_equal(found.reshape(2, 64), np.arange(63, -1, -1) + [[0], [1]])


@pytest.mark.parametrize("order", ORDERS)
def test_shuffles(order):
    found = run(
        """REAL sum = a.in[i];
        for (int d = 16; d; d /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, d);
        a.out[i] = sum + 1000 * __shfl_down_sync(0xffffffffu, a.in[i], 1) * (i == 3);""",
        range(64),
        64,
        order=order,
    )
    expected = np.repeat([496.0, 1520.0], 32)
    expected[3] += 4000
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("order", ORDERS)
def test_blocks_of_a_cluster_send_to_each_other(order):
    found = run(
        """if (i == 0) init_arrival(&s.arrival[0]);
        cluster_barrier();
        const REAL mine[1] = {a.in[i] + 100 * blockIdx.x};
        send(&s.x[i], &s.arrival[0], (blockIdx.x + 1) % 2, mine);
        if (i == 0) expect_bytes(&s.arrival[0], 64 * sizeof(REAL));
        wait_arrival(&s.arrival[0], 0);
        a.out[blockIdx.x * 64 + i] = s.x[i];
        cluster_barrier();""",
        range(64),
        128,
        blocks=2,
        order=order,
        macros=("-DCLUSTER_BLOCKS=2",),
    )
    np.testing.assert_array_equal(found.reshape(2, 64), np.arange(64) + [[100], [0]])


@pytest.mark.parametrize("order", ORDERS)
def test_blocks_of_a_cooperative_grid_wait_for_each_other(order):
    found = run(
        """unsigned long long* words = reinterpret_cast<unsigned long long*>(a.out + 64);
        if (i == 0) store_word(words + blockIdx.x, 7 + blockIdx.x);
        while (load_word(words + 1 - blockIdx.x) != 8 - blockIdx.x) pause_polling();
        a.out[blockIdx.x * 32 + i] = blockIdx.x;""",
        [0],
        68,
        blocks=2,
        threads=32,
        order=order,
        cooperative=True,
    )
    np.testing.assert_array_equal(found[:64].reshape(2, 32), [[0] * 32, [1] * 32])


def test_a_missing_barrier_shows_in_another_order():
    body = "s.x[i] = a.in[i]; a.out[i] = s.x[63 - i];"
    found = [run(body, range(64), 64, order=order) for order in (0, 1)]
    assert not np.array_equal(*found, equal_nan=True) and np.isnan(found[0]).any()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("if (i < 32) __syncthreads();", "deadlock: all threads wait"),
        ("if (i < 32) { __syncthreads(); } else {\n__syncthreads(); }", "different barriers .line"),
        ("load_word(0 * a.count + (unsigned long long*)a.in); while (i) pause_polling();", "deadlock"),
        ("REAL v[VECTOR]; load_vector(s.x + 1, v);", "an address that is not aligned"),
        ("__shfl_xor_sync(~0u, i, 33);", "a lane that does not exist"),
        ("if (i == 0) init_arrival(s.arrival), expect_bytes(s.arrival, 4), expect_bytes(s.arrival, 4);",
         "two threads arrive in one phase"),
        ("if (i == 0) s.x[100] = 1;", "wrote past the end of its shared memory"),
    ],
)  # fmt: skip
def test_mistakes_are_told(body, message):
    with pytest.raises(ShimError, match=f"kernel: .*{message}"):
        run(body, range(64), 64)


def test_wrong_launches_are_told():
    with pytest.raises(ShimError, match="less shared memory than the kernel uses"):
        run("s.x[i] = 0;", [0], 1, shared=64)
    with pytest.raises(ShimError, match="do not divide into clusters"):
        run("s.x[i] = 0;", [0], 1, blocks=3, macros=("-DCLUSTER_BLOCKS=2",))
    with pytest.raises(ShimError, match="does not compile"):
        run("mistake", [0], 1)
