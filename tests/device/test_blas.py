"""How many threads BLAS uses."""

from __future__ import annotations

import pytest

from mycaffe_py.device import (
    blas,
    blas_threads,
    can_set_threads,
    one_thread,
    thread_count,
    threads_for,
)


@pytest.fixture
def openblas(monkeypatch):
    """An OpenBLAS of 4 threads."""

    class Threads:
        count, calls = 4, []

        def get(self):
            return self.count

        def set(self, count):
            self.count = count
            self.calls.append(count)

    threads = Threads()
    monkeypatch.setattr(blas, "_threads", lambda: threads)
    return threads


def test_the_number_is_set_and_put_back(openblas):
    assert can_set_threads() and thread_count() == 4
    with blas_threads(2):
        assert thread_count() == 2
        with one_thread():
            assert thread_count() == 1
    assert thread_count() == 4 and openblas.calls == [2, 1, 2, 4]


def test_it_is_put_back_after_an_error(openblas):
    with pytest.raises(RuntimeError), one_thread():
        raise RuntimeError
    assert thread_count() == 4


def test_nothing_is_set_that_is_so_already(openblas):
    with blas_threads(4):
        pass
    assert openblas.calls == []


def test_small_products_get_one_thread(openblas):
    with threads_for(1000):
        assert thread_count() == 1
    with threads_for(10**9):
        assert thread_count() == 4


def test_another_blas_is_left_alone(monkeypatch):
    monkeypatch.setattr(blas, "_threads", lambda: None)
    assert not can_set_threads() and thread_count() == 1
    with blas_threads(3):
        assert thread_count() == 1
