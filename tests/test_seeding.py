"""Named generators: one seed, independent streams, states that can be kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.seeding import generator_state, named_generator, restore_generator


def draw(*arguments):
    return named_generator(*arguments).random(4).tolist()


def test_seed_and_names_decide():
    assert draw(3, "gyms", "train", 0) == draw(3, "gyms", "train", 0)
    streams = [
        draw(3),
        draw(4),
        draw(3, "gyms"),
        draw(3, "gyms", 0),
        draw(3, "gyms", 1),
        draw(3, 0),
    ]
    assert len({tuple(stream) for stream in streams}) == len(streams)


def test_numpy_integers_are_seeds_too():
    assert draw(np.int64(5), "a", np.int32(2)) == draw(5, "a", 2)


def test_a_known_stream_stays_as_it_is():
    # Changing this breaks the resuming and repeating of earlier runs.
    sequence = np.random.SeedSequence([7, 0x092FB68E, 1])  # crc32 of "device"
    wanted = np.random.Generator(np.random.PCG64(sequence)).random(3)
    np.testing.assert_array_equal(named_generator(7, "device").random(3), wanted)


def test_state_goes_through_json():
    generator = named_generator(1, "x")
    generator.random(5)
    state = json.loads(json.dumps(generator_state(generator)))
    wanted = generator.standard_normal(3)
    other = named_generator(2)
    restore_generator(other, state)
    np.testing.assert_array_equal(other.standard_normal(3), wanted)


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**63])
def test_range_of_seeds(seed):
    assert 0 <= named_generator(seed).random() < 1


def test_a_state_that_a_generator_would_change_is_refused():
    generator = named_generator(1, "a")
    state = generator_state(generator)
    for name, wrong in (("uinteger", True), ("has_uint32", True), ("state", {}), ("state", None)):
        with pytest.raises(SnapshotError, match="random generator is damaged"):
            restore_generator(generator, {**state, name: wrong})
    assert generator_state(generator) == state
