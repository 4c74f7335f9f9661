"""Size and checksum of files of weights and states: any damage is noticed, files without them are read."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import load_weights, restore, save_snapshot
from mycaffe_py.weights.seal import damage, sealed

from .conftest import ADAMW, bits, with_noise
from .damaging import damaged_bytes, flipped

FORMATS = {"binary": "", "hdf5": " snapshot_format: HDF5"}


@pytest.fixture
def pair(tmp_path, make_solver, request):
    """Return (solver, weights, state), of a snapshot at iteration 2."""
    solver = make_solver(ADAMW + FORMATS[request.param])
    solver.step(2)
    return solver, *save_snapshot(solver, tmp_path / "run")


def refused(call, path):
    """Whether loading a file is refused, with an error that names it."""
    try:
        call(path)
    except SnapshotError as error:
        assert str(path) in error.message
        return True
    return False


@pytest.mark.parametrize("pair", FORMATS, indirect=True)
@pytest.mark.parametrize("which", ["weights", "state"])
def test_a_flipped_bit_is_noticed_wherever_it_is(pair, which):
    solver, weights, state = pair
    path = state if which == "state" else weights
    good, before = path.read_bytes(), bits(solver)
    rng = random.Random(2)
    end = (
        len(good) - 48 if path.suffix == ".h5" else len(good)
    )  # a checksum may be lost without harm
    places = [*range(60), *range(end - 60, end), *(rng.randrange(end) for _ in range(100))]
    for place in places:
        path.write_bytes(flipped(good, place, rng.randrange(8)))
        load = (
            (lambda p: restore(solver, p))
            if which == "state"
            else (lambda p: load_weights(solver.net, p))
        )
        assert refused(load, path), place
        assert bits(solver) == before


@pytest.mark.parametrize("pair", FORMATS, indirect=True)
def test_without_their_checksums_they_are_read_as_before(pair):
    solver, weights, state = pair
    before = bits(solver)
    for path in (weights, state):
        data = path.read_bytes()
        plain = data[:-48] if path.suffix == ".h5" else data[45:-35]
        path.write_bytes(plain)
        assert damage(plain) == ""
    load_weights(solver.net, weights)
    with pytest.raises(
        SnapshotError, match="its content differs"
    ):  # the state knows the weights' digest
        restore(solver, state)
    assert bits(solver) == before


def test_a_program_that_keeps_unknown_fields_may_change_a_file(tmp_path, make_net, registry):
    net = with_noise(make_net())
    net.save(str(tmp_path / "w.caffemodel"))
    message = registry.schema.parse_binary((tmp_path / "w.caffemodel").read_bytes(), "NetParameter")
    next(layer for layer in message.layer if layer.name == "fc1").blobs[1].data[0] = 42
    (tmp_path / "changed").write_bytes(message.SerializeToString())
    load_weights(net, tmp_path / "changed")
    assert net.params["fc1"][1].data[0] == 42


def test_a_program_may_change_an_hdf5_file(tmp_path, make_net):
    import h5py

    net = with_noise(make_net())
    path = tmp_path / "w.caffemodel.h5"
    net.save_hdf5(str(path))
    with h5py.File(path, "r+") as file:
        file["data/fc1/1"][0] = 42
    load_weights(net, path)
    assert net.params["fc1"][1].data[0] == 42


def test_a_file_sealed_twice_has_one_seal_that_counts():
    once = sealed(b"body")
    assert damage(once) == damage(sealed(once)) == ""
    assert damage(sealed(once)[:-1]).startswith("is cut short")
    assert "checksum" in damage(flipped(sealed(once), 60, 1))


def test_damage_to_the_mark_in_front_is_noticed_by_the_one_behind():
    whole = sealed(b"\x08\x05" + bytes(50))
    assert "checksum" in damage(flipped(whole, 10, 0))
    assert "checksum" in damage(flipped(whole, 0, 0))


@pytest.mark.parametrize("pair", FORMATS, indirect=True)
@pytest.mark.parametrize("sealing", [True, False])
def test_random_damage_ends_in_an_error_or_does_no_harm(pair, sealing, count=60):
    solver, weights, state = pair
    rng, before = random.Random(4), bits(solver)
    for path in (weights, state):
        good = path.read_bytes()
        plain = good[:-48] if path.suffix == ".h5" else good[45:-35]
        for _ in range(count):
            path.write_bytes(damaged_bytes(good if sealing else plain, rng))
            load = load_weights if path == weights else restore
            if refused(
                lambda p, load=load: load(solver.net if load is load_weights else solver, p), path
            ):
                assert bits(solver) == before
            else:
                before = bits(solver)
        path.write_bytes(good)
        assert np.isfinite(solver.iter)
