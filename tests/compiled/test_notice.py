"""That kernels are being compiled is said once, to whoever listens."""

from __future__ import annotations

import logging

import pytest

from mycaffe_py.compiled import telling as telling_of
from mycaffe_py.compiled.notice import TEXT, tell_of_compiling, telling


@pytest.fixture(autouse=True)
def _not_yet(monkeypatch):
    monkeypatch.setattr("mycaffe_py.compiled.notice._told", False)


def test_it_is_said_once():
    heard = []
    with telling(heard.append):
        tell_of_compiling()
        tell_of_compiling()
    assert heard == [TEXT] and telling_of is telling


def test_without_a_listener_the_log_has_it(caplog):
    with caplog.at_level(logging.INFO, logger="mycaffe"):
        tell_of_compiling()
    assert [record.message for record in caplog.records] == [TEXT]


def test_a_kernel_that_is_compiled_says_so(tmp_path, monkeypatch):
    import numpy as np

    from mycaffe_py.compiled import compiled, compiling

    heard = []
    monkeypatch.setattr(compiling, "kernel_folder", lambda key: None)
    kernel = compiled(doubled)
    with telling(heard.append):
        assert kernel(np.float32(4)) == 8 and kernel(np.float32(3)) == 6
    assert heard == [TEXT]


def doubled(x):
    return x + x
