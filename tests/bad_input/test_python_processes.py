"""Nets with threads of their own in processes and threads of all kinds: nothing hangs, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from mycaffe_py.net import Net

from ..storing import images, write_database

VALUES = images(12, (1, 2, 2))
NET = """
layer {{ name: "data" type: "Data" top: "x" top: "y" data_param {{ source: "{}" batch_size: 2 }} }}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "z" inner_product_param {{ num_output: 2 }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "z" bottom: "y" top: "loss" }}
"""
HEAD = """
import multiprocessing, os, signal, sys, threading, time, warnings
warnings.simplefilter("error")
import numpy as np
from mycaffe_py.net import Net
def first():
    net = Net("net.prototxt")
    return net.forward(blobs=["x"])["x"].sum()
def wrong(name):
    return Net(name)
"""
FIRST = VALUES[:2].astype(np.float32).sum()

# kind: (what a process does, what it prints)
PROGRAMS = {
    "nets that nobody closes": (
        "nets = [Net('net.prototxt') for _ in range(5)]\nfor net in nets: net.forward()\nprint('end')",
        "end",
    ),
    "a net in a cycle of references": (
        "net = Net('net.prototxt')\nnet.me = net\nnet.forward()\ndel net\nprint('end')",
        "end",
    ),
    "an exception in the main thread": (
        "net = Net('net.prototxt')\nnet.forward()\ntry: net.forward(y=1)\nexcept ValueError: print('end')",
        "end",
    ),
    "a net of a thread that has ended": (
        "thread = threading.Thread(target=first)\nthread.start()\nthread.join()\nprint('end')",
        "end",
    ),
    "a daemon thread that goes on": (
        "def run():\n    net = Net('net.prototxt')\n    while True: net.forward()\n"
        "threading.Thread(target=run, daemon=True).start()\ntime.sleep(0.3)\nprint('end')",
        "end",
    ),
    "Ctrl-C again and again": (
        """
net, found = Net("net.prototxt"), []
working, interrupted = False, 0
def interrupt(number, frame):
    global working
    if working:
        working = False
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
while interrupted < 300:
    try:
        working = True  # anew, as an interruption of a weak reference's callback is swallowed
        for _ in range(50):
            net.forward_layers(0, 0)
            found.append((net.layers[0].position, net.blobs["x"].data.sum()))
    except KeyboardInterrupt:
        interrupted += 1
signal.setitimer(signal.ITIMER_REAL, 0)
fresh = Net("net.prototxt")
fresh.load_layer_states(net.layer_states())
for _ in range(3):
    net.forward_layers(0, 0)
    fresh.forward_layers(0, 0)
    assert (net.blobs["x"].data == fresh.blobs["x"].data).all()
    assert net.layers[0].position == fresh.layers[0].position
sums = {}
for position, total in found:
    assert sums.setdefault(position % 12, total) == total
print("end")
""",
        "end",
    ),
}
POOLS = {
    kind: f"""
if __name__ == "__main__":
    net = Net("net.prototxt")
    net.forward()
    warnings.simplefilter("ignore")  # Python warns of forking with threads
    with multiprocessing.get_context("{kind}").Pool(2) as pool:
        print(pool.apply(first), end=" ")
        try:
            pool.apply(wrong, ["gone.prototxt"])
        except FileNotFoundError as error:
            print(type(error).__name__)
"""
    for kind in ("fork", "spawn")
    if sys.platform != "win32" or kind == "spawn"
}


@pytest.fixture
def folder(tmp_path):
    source = write_database(tmp_path / "db", VALUES, [0, 1] * 6)
    (tmp_path / "net.prototxt").write_text(NET.format(source))
    return tmp_path


def run(folder, text):
    (folder / "program.py").write_text(HEAD + text)
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    # Python tells of a Ctrl-C that nothing can pass on, and of a thread whose layers are closed under it.
    may_talk = "daemon=True" in text or "KeyboardInterrupt" in text
    assert done.returncode == 0 and (may_talk or not done.stderr), done.stderr
    return done.stdout.strip()


QUICK = ["nets that nobody closes", "an exception in the main thread"]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in PROGRAMS],
)
def test_a_process_ends(folder, kind):
    text, printed = PROGRAMS[kind]
    assert run(folder, text) == printed


SLOW_POOLS = [
    pytest.param(kind, marks=pytest.mark.slow if kind == "spawn" else ()) for kind in POOLS
]


@pytest.mark.parametrize("kind", SLOW_POOLS)
def test_pools_of_processes(folder, kind):
    assert run(folder, POOLS[kind]) == f"{FIRST} MissingFileError"


def test_nets_of_several_threads_read_one_database(folder):
    found = {}

    def work(number):
        net = Net(folder / "net.prototxt")
        found[number] = [net.forward(blobs=["x"])["x"].copy() for _ in range(8)]
        net.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = VALUES[np.arange(16) % 12].reshape(8, 2, 1, 2, 2)
    assert len(found) == 4
    for batches in found.values():
        np.testing.assert_array_equal(batches, expected)
