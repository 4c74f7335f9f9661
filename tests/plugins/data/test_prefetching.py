"""Reading ahead: one thread, its exceptions, its end."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import traceback
import weakref

import numpy as np
import pytest
from mycaffe_plugins.data import data_layer

from mycaffe_py.errors import DataError

from ...storing import images, write_database

VALUES = images(12, (1, 2, 2))


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("prefetch ahead")]


def wait_for(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to be")


def no_threads():
    gc.collect()
    wait_for(lambda: not threads())


@pytest.fixture
def layer(build, tmp_path):
    no_threads()
    source = write_database(tmp_path / "db", VALUES)

    def make(more=""):
        return build(
            f'name: "ahead" type: "Data" data_param {{ source: "{source}" batch_size: 1 {more} }}'
        )

    yield make
    no_threads()


def test_the_thread_starts_with_the_first_forward_and_ends_with_close(layer):
    built = layer()
    assert not threads()
    for _ in range(5):
        built.forward()
        (thread,) = threads()
    assert thread.name == "prefetch ahead" and thread.daemon
    built.layer.close()
    assert not threads()
    built.layer.close()


def test_forward_after_close_goes_on(layer):
    built = layer()
    np.testing.assert_array_equal(built.forward()[0], VALUES[0])
    built.layer.close()
    np.testing.assert_array_equal(built.forward()[0], VALUES[1])
    built.layer.close()


def test_stopping_and_starting_leaves_nothing_behind(layer):
    built, before = layer(), len(weakref.finalize._registry)
    for _ in range(5):
        built.forward()
        built.layer.close()
    assert len(weakref.finalize._registry) <= before


@pytest.mark.parametrize("depth", [1, 3])
def test_it_reads_as_many_batches_ahead_as_said(layer, monkeypatch, depth):
    built = layer(f"prefetch: {depth}")
    made = []
    inner = built.layer.load
    monkeypatch.setattr(built.layer, "load", lambda n, batch: (made.append(n), inner(n, batch)))
    built.forward()
    wait_for(lambda: len(made) == depth + 2)  # one delivered, the shelf full, one waits for room
    time.sleep(0.05)
    assert made == list(range(depth + 2))
    built.layer.close()


@pytest.mark.parametrize(("most", "depth"), [(1 << 30, 60), (10_000, 10), (1, 4)])
def test_batches_ahead_take_no_more_memory_than_makes_sense(
    build, tmp_path, monkeypatch, most, depth
):
    monkeypatch.setattr(data_layer, "_BYTES_AHEAD", most)
    source = write_database(tmp_path / "db", images(5))
    text = f'type: "Data" data_param {{ source: "{source}" batch_size: 2 prefetch: 60 }}'
    layer = build(text, tops=2).layer
    assert layer._prefetcher._depth == depth
    layer.close()


def test_memory_of_batches_is_used_again(layer, monkeypatch):
    built = layer("prefetch: 2")
    seen = set()
    inner = built.layer.load

    def load(first, batch):
        inner(first, batch)
        seen.add(batch.arrays[0].ctypes.data)

    monkeypatch.setattr(built.layer, "load", load)
    for _ in range(50):
        built.forward()
    built.layer.close()
    assert len(seen) <= 5


def test_a_layer_that_is_dropped_takes_its_thread_along(layer):
    built = layer()
    built.forward()
    gone = weakref.ref(built.layer)
    del built
    gc.collect()
    wait_for(lambda: gone() is None)


def test_a_layer_with_an_exception_that_nobody_asked_for_can_go(layer, monkeypatch):
    built = layer("prefetch: 1")
    cls, load = type(built.layer), type(built.layer).load
    monkeypatch.setattr(cls, "load", lambda self, n, to: load(self, n, to) if n < 1 else 1 / 0)
    built.forward()
    wait_for(lambda: not threads())
    gone = weakref.ref(built.layer)
    del built
    gc.collect()
    wait_for(lambda: gone() is None)


def test_an_exception_arrives_in_forward_with_its_traceback_and_a_note(layer, monkeypatch):
    built = layer()

    def load(first, batch):
        if first == 2:
            raise ZeroDivisionError("as if by chance")
        batch.array(0, (1, 1, 2, 2)).fill(first)

    monkeypatch.setattr(built.layer, "load", load)
    assert [built.forward().max() for _ in range(2)] == [0, 1]
    for _ in range(2):  # and again, if forward is called again
        with pytest.raises(ZeroDivisionError, match="as if by chance") as caught:
            built.forward()
        assert caught.value.__notes__ == ["raised in the thread that reads ahead"]
        assert "load" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert not threads()


def test_after_an_error_forward_goes_on_where_it_was(layer, monkeypatch):
    built = layer()
    inner = built.layer.load
    broken = [True]

    def load(first, batch):
        if broken[0] and first == 1:
            raise DataError("later")
        inner(first, batch)

    monkeypatch.setattr(built.layer, "load", load)
    built.forward()
    with pytest.raises(DataError):
        built.forward()
    broken[0] = False
    np.testing.assert_array_equal(built.forward()[0], VALUES[1])
    built.layer.close()


def test_a_forward_that_waits_ends_when_another_thread_closes_the_layer(layer, monkeypatch):
    built = layer()
    loading, may_end = threading.Event(), threading.Event()

    def load(first, batch):
        loading.set()
        may_end.wait(60)

    def forward():
        with pytest.raises(DataError, match="closed while a forward pass waited") as caught:
            built.forward()
        errors.append(caught.value)

    errors = []
    monkeypatch.setattr(built.layer, "load", load)
    waiting = threading.Thread(target=forward)
    waiting.start()
    assert loading.wait(60)
    closing = threading.Thread(target=built.layer.close)
    closing.start()
    waiting.join(60)
    may_end.set()
    closing.join(60)
    assert len(errors) == 1 and not waiting.is_alive() and not closing.is_alive()


def test_a_thread_that_cannot_be_started_is_tried_again(layer, monkeypatch):
    built = layer()

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            built.forward()
    np.testing.assert_array_equal(built.forward()[0], VALUES[0])
    built.layer.close()


PROCESS = """
import sys
from mycaffe_py.net import Net
net = Net(sys.argv[1])
net.forward()
print(net.blobs["x"].data.shape)
"""


@pytest.fixture
def net_file(tmp_path):
    source = write_database(tmp_path / "db", VALUES)
    path = tmp_path / "net.prototxt"
    path.write_text(
        f'layer {{ name: "data" type: "Data" top: "x" data_param {{ source: "{source}" '
        "batch_size: 1 prefetch: 2 } }"
    )
    return path


@pytest.mark.parametrize(
    "more",
    [
        "",
        *(
            pytest.param(m, marks=pytest.mark.slow)
            for m in ("raise ValueError('bug')", "sys.exit(7)")
        ),
    ],
)
def test_a_process_ends_though_its_net_was_not_closed(net_file, more):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROCESS + more, str(net_file)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "(1, 1, 2, 2)\n"
    assert done.returncode == {"r": 1, "s": 7}.get(more[:1], 0)
    assert ("bug" in done.stderr) == ("bug" in more) and "prefetch" not in done.stderr


FORKED = """
import os, sys, warnings
warnings.simplefilter("ignore")  # Python warns of forking with threads
from mycaffe_py.net import Net
net = Net(sys.argv[1])
values = [net.forward()["x"].ravel().tolist() for _ in range(2)]
if sys.argv[3:]:
    net.await_input()
child = os.fork()
values = [net.forward()["x"].ravel().tolist() for _ in range(2)]
if not child:
    os._exit(0 if values == eval(sys.argv[2]) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), values == eval(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "waited", [[], pytest.param(["waited"], marks=pytest.mark.slow)], ids=["read", "waited for"]
)
def test_a_forked_process_goes_on_by_itself(net_file, waited):
    expected = repr(VALUES[2:4].reshape(2, 4).astype(float).tolist())
    command = [sys.executable, "-c", FORKED, str(net_file), expected, *waited]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0 True\n", "")


def test_what_is_not_finite_warns_nobody(build, tmp_path):
    source = write_database(tmp_path / "db", VALUES)
    text = f'name: "ahead" type: "Data" data_param {{ source: "{source}" batch_size: 12 }}'
    built = build(f"{text} transform_param {{ scale: 1e38 }}", dtype=np.float32)
    assert np.isinf(built.forward()[0]).any()
    built.layer.close()
