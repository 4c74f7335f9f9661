from __future__ import annotations

import errno
import threading

import numpy as np
import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.events import Log, Observer, StepDone, TestDone
from mycaffe_py.run.dispatch import Dispatcher, TimedObserver, values_bytes


class Collecting(TimedObserver):
    def __init__(self):
        self.seen, self.stamps, self.idles, self.closed = [], [], 0, False
        self.thread = None

    def observe(self, event):
        self.thread = threading.current_thread()
        self.seen.append(event.text)
        self.stamps.append(self.now)

    def idle(self):
        self.idles += 1

    def close(self):
        self.closed = True


class Failing(Observer):
    path = "metrics.csv"

    def __init__(self, error):
        self.error = error

    def observe(self, event):
        raise self.error


def wait_for_failure(dispatcher):
    for index in range(1000):
        dispatcher.listener(Log(str(index)))
        threading.Event().wait(0.002)


def test_events_arrive_in_order_with_their_times_in_another_thread():
    observer = Collecting()
    dispatcher = Dispatcher([observer], interval=0.01)
    for index in range(500):
        dispatcher.listener(Log(str(index)))
    dispatcher.close()
    assert observer.seen == [str(index) for index in range(500)]
    assert observer.stamps == sorted(observer.stamps)
    assert observer.thread is not threading.current_thread() and observer.thread.daemon
    assert observer.closed and 1 <= observer.idles < 500


def test_a_failing_observer_stops_the_run_once_and_the_others_go_on():
    good = Collecting()
    dispatcher = Dispatcher([Failing(ValueError("broken")), good], interval=0.001)
    with pytest.raises(ValueError, match="broken") as caught:
        wait_for_failure(dispatcher)
    assert "in observer Failing" in caught.value.__notes__
    dispatcher.listener(Log("after"))
    dispatcher.close()
    dispatcher.raise_failure()
    assert good.seen[-1] == "after" and good.closed


def test_a_full_disk_names_the_file():
    full = OSError(errno.ENOSPC, "No space left on device")
    dispatcher = Dispatcher([Failing(full)], interval=0.001)
    with pytest.raises(OutputError, match="cannot write metrics.csv: No space left") as caught:
        wait_for_failure(dispatcher)
    assert caught.value.exit_code == 2
    dispatcher.close()


def test_a_failure_at_the_very_end_is_not_lost():
    dispatcher = Dispatcher([Failing(ValueError("late"))], interval=60)
    dispatcher.listener(Log("last"))
    dispatcher.close()
    with pytest.raises(ValueError, match="late"):
        dispatcher.raise_failure()


class Breaking(Observer):
    """Fails at its first event and says so."""

    def __init__(self, error):
        self.error, self.closed = error, False

    def observe(self, event):
        raise self.error

    def close(self):
        self.closed = True


class Counting(Observer):
    """Says when an event has come."""

    def __init__(self):
        self.seen, self.came = [], threading.Event()

    def observe(self, event):
        self.seen.append(event.text)
        self.came.set()


def test_posting_never_raises_and_keeps_the_failure_for_later():
    # Observers are called in their order: when the second has the event, the first has failed.
    second = Counting()
    dispatcher = Dispatcher([Breaking(ValueError("broken")), second], interval=0.001)
    dispatcher.post(Log("a"))
    assert second.came.wait(20)
    dispatcher.post(Log("b"))
    dispatcher.close()
    assert second.seen == ["a", "b"]
    with pytest.raises(ValueError, match="broken"):
        dispatcher.raise_failure()


def test_closing_does_not_wait_for_an_observer_that_hangs():
    entered, released, closed = threading.Event(), threading.Event(), threading.Event()

    class Hanging(Observer):
        def observe(self, event):
            entered.set()
            released.wait()

    dispatcher = Dispatcher([Hanging()], interval=0.001)
    dispatcher.listener(Log("x"))
    assert entered.wait(20)

    def close():
        dispatcher.close(timeout=0.05)
        closed.set()

    closer = threading.Thread(target=close, daemon=True)
    closer.start()
    try:
        assert closed.wait(20), "close() waits for the observer"
        assert dispatcher._thread.is_alive()
    finally:
        released.set()
        closer.join(20)
        dispatcher._thread.join(20)


@pytest.mark.parametrize("number", [errno.EIO, errno.EPIPE])
def test_an_expendable_observer_that_cannot_write_is_dropped_silently(number):
    view, other = Breaking(OSError(number, "gone")), Counting()
    view.expendable = True
    dispatcher = Dispatcher([view, other], interval=0.001)
    dispatcher.listener(Log("a"))
    assert other.came.wait(20)
    dispatcher.listener(Log("b"))
    dispatcher.close()
    dispatcher.raise_failure()
    assert other.seen == ["a", "b"] and view.closed


def test_a_mistake_in_an_expendable_observer_is_still_told():
    view = Breaking(ValueError("broken"))
    view.expendable = True
    dispatcher = Dispatcher([view], interval=60)
    dispatcher.listener(Log("a"))
    dispatcher.close()
    with pytest.raises(ValueError, match="broken"):
        dispatcher.raise_failure()


def test_time_passes_without_events():
    class Ticking(TimedObserver):
        def __init__(self):
            self.ticks, self.enough = 0, threading.Event()

        def tick(self):
            self.ticks += 1
            if self.ticks == 3:
                self.enough.set()

    observer = Ticking()
    dispatcher = Dispatcher([observer], interval=0.001)
    assert observer.enough.wait(20)
    dispatcher.close()


def test_a_failure_as_time_passes_is_raised_like_any_other():
    class Broken(TimedObserver):
        def tick(self):
            raise ValueError("late")

    dispatcher = Dispatcher([Broken()], interval=0.001)
    while not dispatcher._failures:
        dispatcher._closing.wait(0.001)
    with pytest.raises(ValueError, match="late"):
        dispatcher.listener(Log("x"))
    dispatcher.close()


class Held(Observer):
    """Is given events one by one, as the test allows."""

    def __init__(self):
        self.sizes, self.go = [], threading.Semaphore(0)

    def observe(self, event):
        self.go.acquire(timeout=10)
        self.sizes.append(values_bytes(event))


def test_values_for_the_log_that_wait_are_bounded(monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.dispatch.MOST_BYTES", 2500)
    observer = Held()
    dispatcher = Dispatcher([observer], interval=0.01)

    def tell(count):
        values = {"map": np.zeros(count, dtype=np.int8)}
        dispatcher.listener(StepDone(1, {"loss": 0.5}, 0.1, display=True, elements=values))

    tell(5000)  # one may always wait
    tell(1)
    for _ in range(2):
        observer.go.release()
    while dispatcher._taken < 5000:
        threading.Event().wait(0.005)
    for _ in range(4):
        tell(1000)
    dispatcher.post(TestDone(1, 0, {"map[mean]": 0.0}, {"map": np.zeros(900, dtype=np.int8)}))
    for _ in range(5):
        observer.go.release()
    assert dispatcher.close()
    assert observer.sizes == [5000, 0, 1000, 1000, 0, 0, 0]
    assert dispatcher._passed == dispatcher._taken == 7000
