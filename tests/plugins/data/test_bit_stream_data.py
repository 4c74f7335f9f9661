"""BitStreamData: the CfC paper's XOR task."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

TRAINING, TESTING = 1234984, 48736


def plain_streams(count, seed, dense=False):
    """Return the streams as the paper's rule tells them, one number after the other."""
    random = np.random.RandomState(seed)  # noqa: NPY002 (the rule names this generator)
    streams = []
    for _ in range(count):
        bits = [random.randint(0, 2) for _ in range(random.randint(2, 32))]
        events, counter, before = [], 0, None
        for bit in bits:
            counter += 1
            if dense or bit != before:
                events.append((bit, counter))
                counter = 0
            before = bit
            if len(events) == 31:
                break
        if counter:
            events.append((before, counter))
        streams.append((events, sum(bits) % 2))
    return streams


def padded(streams, front=False):
    """Return the tops x, tt, mask and label that hold the streams."""
    x, times, mask = np.zeros((3, len(streams), 32))
    for row, (events, _) in enumerate(streams):
        for step, (bit, elapsed) in enumerate(events, 32 - len(events) if front else 0):
            x[row, step], times[row, step], mask[row, step] = bit, elapsed / 32, 1
    labels = np.array([label for _, label in streams], float)
    return [x[..., None], times, mask[..., None], labels[:, None]]


def settings(more=""):
    return f'type: "BitStreamData" bit_stream_param {{ batch_size: 4 {more} }}'


@pytest.mark.parametrize("front", [False, True])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("seed", [TRAINING, TESTING, 0, 2**32 - 1])
def test_the_papers_rule(build, batches, same, seed, dense, front):
    flags = f"dense: {str(dense).lower()} pad_front: {str(front).lower()}"
    text = settings(f"streams: 600 seed: {seed} {flags}").replace(
        "batch_size: 4", "batch_size: 600"
    )
    same(batches(build(text, tops=4), 1), [padded(plain_streams(600, seed, dense), front)])


def test_streams_are_drawn_in_blocks(monkeypatch):
    from mycaffe_plugins.data import bit_streams

    whole = bit_streams.draw_streams(300, 5)
    monkeypatch.setattr(bit_streams, "_BLOCK", 40)
    pieces = bit_streams.draw_streams(300, 5)
    for name in ("values", "elapsed", "counts", "labels"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))


def test_facts_of_the_papers_training_set():
    from mycaffe_plugins.data.bit_streams import draw_streams

    streams = draw_streams(100_000, TRAINING)
    bits = streams.elapsed.sum(axis=1, dtype=int)
    assert (bits.min(), bits.max()) == (2, 31)
    assert streams.counts.max() == 26 and round(streams.counts.mean(), 5) == 9.25057
    assert not streams.values[:, 26:].any() and not streams.elapsed[:, 26:].any()
    assert 0.49 < streams.labels.mean() < 0.51


def test_batches_go_on_over_the_end(build, batches, same):
    built = build(settings("streams: 6 seed: 3"), tops=4, dtype=np.float32)
    expected = padded(plain_streams(6, 3))
    order = [[0, 1, 2, 3], [4, 5, 0, 1], [2, 3, 4, 5]]
    same(batches(built, 3), [[top[rows] for top in expected] for rows in order])
    assert [blob.data.dtype for blob in built.top] == [np.float32] * 4


def test_each_pass_has_an_order_of_its_own(build, batches):
    built = build(settings("streams: 4 seed: 3 shuffle: true"), tops=4, seed=1)
    plain = padded(plain_streams(4, 3))[1]
    orders = set()
    for _, times, _, _ in batches(built, 12):
        orders.add(tuple(int(np.flatnonzero((plain == row).all(axis=1))[0]) for row in times))
    assert len(orders) > 4 and all(sorted(order) == [0, 1, 2, 3] for order in orders)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("streams: 0", "streams must be from 1 to 1000000, got 0"),
        ("streams: 1000001", "streams must be from 1 to 1000000, got 1000001"),
    ],
)
def test_bad_settings(build, more, message):
    with pytest.raises(LayerError, match=rf'layer "it" \(BitStreamData\): {message}'):
        build(settings(more), tops=4)


def test_no_batch_size(build):
    with pytest.raises(LayerError, match="batch_size must be at least 1") as caught:
        build('type: "BitStreamData"', tops=4)
    assert caught.value.field == "bit_stream_param.batch_size"


def test_wrong_number_of_tops(build):
    with pytest.raises(LayerError, match="4"):
        build(settings(), tops=2)
