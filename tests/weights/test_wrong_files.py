"""Files that are damaged, cut short or of another kind: explained, and nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MissingFileError, SnapshotError
from mycaffe_py.weights import check_snapshot, load_weights, restore, save_snapshot
from mycaffe_py.weights.wire import top_level_fields

from .conftest import MODEL

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
GARBAGE = np.random.default_rng(3).bytes(3000)


@pytest.fixture
def pair(tmp_path, make_solver):
    solver = make_solver()
    solver.step(2)
    return save_snapshot(solver, tmp_path / "small")


def cut_points(data):
    """Return lengths to cut at: the ends of top-level fields and their neighbours, and some between."""
    ends = [n for n in range(len(data)) if len(top_level_fields(data[:n])) and n % 97 == 0]
    borders = [
        position for position in range(1, len(data)) if data[position : position + 2] == b"\xa2\x06"
    ]
    near = [border + shift for border in borders for shift in (-1, 0, 1, 2, 3)]
    return sorted(
        {n for n in [1, 2, 5, 9, 10, 11, *ends, *near, len(data) - 1] if 0 < n < len(data)}
    )


def snapshot_of(solver):
    parts = [solver.net.parameters.data, *solver.history, solver.trainer.seen]
    parts = [part.tobytes() for part in parts]
    return parts, solver.iter, str(solver.net.device.rng.bit_generator.state)


def test_weights_cut_short_anywhere(tmp_path, pair, make_net):
    data = pair[0].read_bytes()
    net = make_net(seed=9)
    before = net.parameters.data.copy()
    points = cut_points(data)
    assert len(points) > 30
    for length in points:
        (tmp_path / "cut").write_bytes(data[:length])
        with pytest.raises(SnapshotError):
            load_weights(net, tmp_path / "cut")
        np.testing.assert_array_equal(net.parameters.data, before)


@pytest.mark.parametrize("which", [0, 1])
def test_a_snapshot_cut_short_anywhere(pair, make_solver, which):
    data = pair[which].read_bytes()
    solver = make_solver(seed=9)
    before = snapshot_of(solver)
    for length in [0, *cut_points(data)]:
        pair[which].write_bytes(data[:length])
        with pytest.raises(SnapshotError):
            restore(solver, pair[1])
        assert snapshot_of(solver) == before


def test_caffes_own_weights_cut_inside_a_layer(tmp_path, pair, make_net):
    data = pair[0].read_bytes()[10:]
    inside = data.index(b"fc2")
    (tmp_path / "cut").write_bytes(data[:inside])
    with pytest.raises(SnapshotError, match="damaged or was cut short"):
        load_weights(make_net(), tmp_path / "cut")


def test_bytes_too_many(pair, make_net):
    pair[0].write_bytes(pair[0].read_bytes() + b"\x00\x00")
    with pytest.raises(SnapshotError, match="is damaged: it has .* bytes, but was written with"):
        load_weights(make_net(), pair[0])


@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (HDF5, "cannot be read as an HDF5 file: it is damaged, was cut short"),
        (MODEL.encode(), "is text, but a binary"),
        (("# gr\u00f6\u00dfe\n" * 1000).encode(), "is text"),
        (GARBAGE, "not a "),
        (bytes(5000), "not a "),
        (b"\x08\x01\x10\x01\x18\x04\x20\x04", "of another kind"),  # numbers as in a mean image
    ],
)
def test_other_kinds_of_file(tmp_path, make_solver, state, content, words):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    solver = make_solver()
    before = snapshot_of(solver)
    with pytest.raises(SnapshotError) as raised:
        restore(solver, path) if state else load_weights(solver.net, path)
    assert words in str(raised.value) and str(path) in str(raised.value)
    assert snapshot_of(solver) == before


def test_random_bytes_never_crash(tmp_path, make_solver):
    generator = np.random.default_rng(0)
    solver = make_solver()
    for first in (b"", b"\x0a", b"\xa2\x06", b"\x08\x05\x12", b"\xc9\x3e"):
        for size in (1, 3, 10, 60):
            (tmp_path / "f").write_bytes(first + b"\x00" + generator.bytes(size))
            with pytest.raises(SnapshotError):
                load_weights(solver.net, tmp_path / "f")
            with pytest.raises(SnapshotError):
                restore(solver, tmp_path / "f")


def test_flipped_bytes_never_crash(pair, make_solver):
    data = pair[1].read_bytes()
    solver = make_solver()
    for position in range(10, len(data), 41):
        pair[1].write_bytes(data[:position] + bytes([data[position] ^ 255]) + data[position + 1 :])
        try:
            check_snapshot(solver, pair[1])
        except (SnapshotError, MissingFileError) as error:
            assert "\n" not in error.message


def test_a_state_where_weights_are_expected(pair, make_net):
    with pytest.raises(SnapshotError) as raised:
        load_weights(make_net(), pair[1])
    text = str(raised.value)
    assert "is a solver state, but a weights file is expected" in text
    assert str(pair[0]) in text and f"--resume {pair[1]}" in text


@pytest.mark.parametrize("sibling", [True, False])
def test_weights_where_a_state_is_expected(pair, make_solver, sibling):
    if not sibling:
        pair[1].unlink()
    with pytest.raises(SnapshotError) as raised:
        restore(make_solver(), pair[0])
    text = str(raised.value)
    assert "is a weights file, but a solver state is expected" in text
    assert f"--weights {pair[0]}" in text
    assert (str(pair[1]) in text) == sibling


def test_a_missing_file_names_near_ones(tmp_path, pair, make_solver):
    with pytest.raises(MissingFileError, match=r'did you mean ".*small_iter_2\.caffemodel"'):
        load_weights(make_solver().net, tmp_path / "smal_iter_2.caffemodel")
    with pytest.raises(MissingFileError, match=r"in that folder: small_iter_2\.caffemodel, "):
        restore(make_solver(), tmp_path / "zzz")
    with pytest.raises(MissingFileError, match="does not exist either"):
        restore(make_solver(), tmp_path / "no" / "zzz")


def test_a_folder_is_no_file(tmp_path, make_solver):
    with pytest.raises(SnapshotError, match="is a folder"):
        load_weights(make_solver().net, tmp_path)
