"""Random numbers of our own kernel: Philox4x32-10, against its authors' known answers and its formula."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.cuda import equip
from mycaffe_py.cuda.uniform import UniformNumbers

pytestmark = pytest.mark.shim


def philox(counter, key):
    """Return the four words of a block, by the paper's formula."""
    x, k = list(counter), list(key)
    for _ in range(10):
        first, second = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
        x = [
            (second >> 32) ^ x[1] ^ k[0],
            second & 0xFFFFFFFF,
            (first >> 32) ^ x[3] ^ k[1],
            first & 0xFFFFFFFF,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return x


def words_of(key, blocks):
    return np.array([philox((block, 0, 0, 0), (key, 0)) for block in range(blocks)]).ravel()


def test_the_formula_gives_the_known_answers():
    """The vectors of Random123's kat_vectors."""
    answers = {
        (0, 0): "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        (0xFFFFFFFF, 0xFFFFFFFF): "408f276d 41c83b0e a20bc7c6 6d5451fd",
    }
    for (count, key), answer in answers.items():
        found = philox((count,) * 4, (key,) * 2)
        assert [f"{word:08x}" for word in found] == answer.split()


@pytest.mark.parametrize("key", [0, 123456789])
def test_floats_are_24_bits_of_each_word(new_gpu, key):
    device = new_gpu()
    out = device.xp.empty(1001, dtype="float32")
    UniformNumbers(device, key).fill(out)
    expected = (words_of(key, 251)[:1001] >> 8) / 2**24
    np.testing.assert_array_equal(device.to_host(out), expected.astype(np.float32))


def test_doubles_are_53_bits_of_two_words(new_gpu):
    device = new_gpu()
    out = device.xp.empty((7, 3), dtype="float64")
    UniformNumbers(device, 5).fill(out)
    words = words_of(5, 11).reshape(-1, 2)
    expected = ((words[:, 0] >> 5) * 2.0**26 + (words[:, 1] >> 6)) / 2**53
    np.testing.assert_array_equal(device.to_host(out).ravel(), expected[:21])


def test_each_call_continues_and_a_restart_begins_again(new_gpu):
    device = new_gpu()
    numbers = UniformNumbers(device, 3)
    out = device.xp.empty(10, dtype="float32")
    draws = []
    for _ in range(2):
        numbers.fill(out)
        draws.append(device.to_host(out).copy())
    expected = (words_of(3, 6) >> 8) / np.float32(2**24)
    np.testing.assert_array_equal(draws[0], expected[:10].astype(np.float32))
    np.testing.assert_array_equal(draws[1], expected[12:22].astype(np.float32))
    numbers.restart(3)
    numbers.fill(out)
    np.testing.assert_array_equal(device.to_host(out), draws[0])


def test_a_device_draws_by_its_seed(new_gpu):
    found = []
    for seed in (1, 1, 2):
        device = new_gpu()
        equip(device)
        device.seed_generators(seed)
        out = device.xp.empty(2000, dtype="float32")
        device.fill_uniform(out)
        found.append(device.to_host(out))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert (
        found[0].mean() == pytest.approx(0.5, abs=0.03)
        and 0 <= found[0].min() <= found[0].max() < 1
    )


def test_without_kernels_nothing_changes(new_gpu, monkeypatch):
    for wanted in ("0", "1"):
        monkeypatch.setenv("MYCAFFE_FAST", wanted)
        device = new_gpu(local_bytes=8)
        equip(device)
        assert device.own.uniform is None
