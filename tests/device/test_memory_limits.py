"""What does not fit into memory is an error of ours, before the system ends the process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device, memory_limits as memory
from mycaffe_py.errors import ConfigError, OutOfMemoryError, PrototxtError
from mycaffe_py.stores import image_bytes, resize_pixels

from ..building import data, make_net, product

GIB = 1 << 30


@pytest.fixture
def one_gib(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: GIB)


def test_the_memory_of_this_machine():
    assert memory.free_memory() is None or memory.free_memory() > 1 << 20


@pytest.mark.parametrize("limit", ["4096", "max", "nonsense"])
def test_a_limit_of_a_container(tmp_path, monkeypatch, limit):
    (tmp_path / "limit").write_text(limit)
    monkeypatch.setattr(memory, "_LIMITS", (str(tmp_path / "limit"), str(tmp_path / "none")))
    monkeypatch.setattr(memory, "_free", lambda: GIB)
    assert memory.free_memory() == (4096 if limit == "4096" else GIB)


def test_where_nothing_is_known(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    memory.require_memory(1 << 60, "a lot")


@pytest.mark.usefixtures("one_gib")
def test_a_blob(monkeypatch):
    with pytest.raises(MemoryError) as caught:
        Blob((2**29,), name="x").data  # noqa: B018
    assert isinstance(caught.value, OutOfMemoryError) and caught.value.code == "E260"
    assert caught.value.message == (
        'blob "x" (536870912,) needs 2.0 GiB of memory, but only 1.0 GiB is free'
    )
    assert caught.value.hint == "make the net, the batch or a window smaller"


def test_a_blob_that_the_system_refuses(monkeypatch):
    def refuse(*_, **__):
        raise MemoryError("no")

    blob = Blob((3,), name="x")
    monkeypatch.setattr(np, "zeros", refuse)
    with pytest.raises(
        OutOfMemoryError, match=r'blob "x" \(3,\) needs 0.0 KiB of memory, more than'
    ):
        blob.diff  # noqa: B018


@pytest.mark.usefixtures("one_gib")
def test_a_layer_of_two_billion_outputs_has_its_place():
    with pytest.raises(PrototxtError) as caught:
        make_net(data((1, 1)) + product("ip", "x0", "y", 2_000_000_000), dtype=np.float32)
    (problem,) = caught.value.problems
    assert problem.message == (
        'layer "ip" (InnerProduct): blob "weight" (2000000000, 1) needs 7.5 GiB of memory, but only '
        "1.0 GiB is free"
    )
    assert (problem.code, problem.location.line) == ("E260", 2)


def test_the_learnable_blobs_together(monkeypatch):
    text = data((1, 1000)) + product("a", "x0", "y", 9) + product("b", "y", "z", 2)
    monkeypatch.setattr(memory, "_WORTH_ASKING", 100_000)
    monkeypatch.setattr(memory, "free_memory", lambda: 144_200)  # enough to fill each of them
    with pytest.raises(OutOfMemoryError) as caught:
        make_net(text)
    assert 'the largest in layer "a" (9, 1000), with their gradients needs' in str(caught.value)


def test_working_memory_and_images(monkeypatch):
    monkeypatch.setattr(memory, "_WORTH_ASKING", 1)
    monkeypatch.setattr(memory, "free_memory", lambda: 1)
    with pytest.raises(OutOfMemoryError, match=r"working memory of shape \(2, 3\) needs"):
        Device().scratch("it", (2, 3), np.float32)
    with pytest.raises(OutOfMemoryError, match=r"an image resized to \(9, 9\) needs"):
        resize_pixels(np.zeros((3, 2, 2), np.uint8), (9, 9))


def test_a_limit_that_was_set_counts_with_what_is_taken_already(monkeypatch):
    monkeypatch.setattr(memory, "_free", lambda: 1 << 50)
    monkeypatch.setenv("MYCAFFE_MEMORY", "4T")
    assert 3 << 40 < memory.free_memory() < 4 << 40
    monkeypatch.setenv("MYCAFFE_MEMORY", "1M")
    assert memory.free_memory() == 0
    monkeypatch.setenv("MYCAFFE_MEMORY", "some")
    with pytest.raises(ConfigError, match='MYCAFFE_MEMORY is "some", which is no size'):
        memory.free_memory()


@pytest.mark.posix
def test_the_limit_of_a_shell():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.RLIM_INFINITY)); "
        "from mycaffe_py.device import free_memory; assert 0 < free_memory() < 4 << 30"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("one_gib")
def test_blobs_that_fit_alone_but_not_together_name_the_layer_that_is_too_much():
    text = data((1, 1 << 27)) + "".join(
        f'layer {{ name: "r{n}" type: "Flatten" bottom: "x0" top: "f{n}" }}'
        f' layer {{ name: "a{n}" type: "AbsVal" bottom: "x0" top: "y{n}" }}'
        for n in range(3)
    )
    with pytest.raises(PrototxtError) as caught:
        make_net(text, dtype=np.float32)
    (problem,) = caught.value.problems
    assert problem.message == (
        'layer "a1" (AbsVal): blob "y1" (1, 134217728) needs 512 MiB of memory (1.5 GiB with the blobs before it), '
        "but only 1.0 GiB is free"
    )


def test_a_file_larger_than_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_WORTH_ASKING", 1)
    monkeypatch.setattr(memory, "free_memory", lambda: 1)
    path = tmp_path / "a.png"
    path.write_bytes(b"123")
    with pytest.raises(OutOfMemoryError, match=r"the content of .*a.png needs"):
        image_bytes(path)
    memory.require_memory_for_file(tmp_path / "none")
