"""The rows of the table, and our sides in small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mycaffe_plugins.benchmark.command import GROUPS
from mycaffe_plugins.benchmark.image_nets import NetSide
from mycaffe_plugins.benchmark.rows import all_rows
from mycaffe_plugins.benchmark.sequence_layers import lstm_side, ltc_side
from mycaffe_plugins.benchmark.tutorial import Sizes, TutorialSide, windows
from mycaffe_plugins.benchmark.xor_nets import XOR_NETS, XorSide, build_solver

from mycaffe_py.builder import load_model
from mycaffe_py.layer import TRAIN
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

EXAMPLES = Path(__file__).parents[3] / "examples" / "xor"
SMALL = Sizes(2, steps=5, hidden=4, units=3)


def test_rows_have_groups_and_names_of_their_own():
    rows = list(all_rows())
    assert {row.group for row in rows} == set(GROUPS)
    assert {row.group for row in rows if row.quick} == set(GROUPS)
    assert len({(row.name, row.batch) for row in rows}) == len(rows) > 20


@pytest.mark.parametrize("net", XOR_NETS, ids=lambda net: net.file)
def test_the_xor_nets_are_those_of_the_examples(net):
    """Apart from the number of streams, which are not those of a training."""
    example = load_model(EXAMPLES / f"{net.file}.prototxt").message
    learned = [
        layer
        for layer in example.layer
        if not layer.include or layer.include[0].phase == TRAIN
    ]  # fmt: skip
    ours = load_net_text(default_registry().schema, net.model).message.layer
    assert [layer.name for layer in ours] == [layer.name for layer in learned]
    for mine, theirs in zip(ours, learned, strict=True):
        mine.ClearField("include")
        theirs.ClearField("include")
        mine.bit_stream_param.ClearField("streams")
        theirs.bit_stream_param.ClearField("streams")
        assert mine == theirs


def test_windows_advance_by_a_point_with_a_new_target_each():
    side = TutorialSide(SMALL)
    first, second = next(found := windows(side.solver)), next(found)
    np.testing.assert_allclose(second["x"][:, :-1], first["x"][:, 1:], atol=1e-6)
    np.testing.assert_allclose(first["target"], np.sin(first["x"][:, -1]), atol=1e-6)
    assert first["x"].shape == (2, 5, 1) and first["mask"].all()


def test_a_training_step_changes_the_weights_and_passes_alone_do_not():
    for update in (True, False):
        side = TutorialSide(SMALL, update)
        blob = side.solver.net.layer_dict["cfc1"].blobs[0]
        before = blob.data.copy()
        side.step()
        assert (blob.data != before).any() == update
        side.close()


def test_without_a_mask():
    side = TutorialSide(Sizes(2, steps=5, hidden=4, units=3, with_mask=False))
    assert "mask" not in side.solver.net.blobs and side.results()["loss"] > 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: TutorialSide(SMALL),
        lambda: ltc_side(2, 3, 4),
        lambda: lstm_side(2, 3, 4),
        lambda: NetSide("SequenceLstm"),
        lambda: XorSide(build_solver(XOR_NETS[3])),
    ],
)
def test_two_sides_of_ours_are_the_same(make):
    first, second = make(), make()
    found, expected = first.results(), second.results()
    assert found.keys() == expected.keys() and len(found) > 3
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name])
        assert np.isfinite(array).all() and np.any(array)
    for side in (first, second):
        side.step()
        side.close()


@pytest.mark.slow
@pytest.mark.parametrize("row", list(all_rows()), ids=lambda row: f"{row.name} {row.batch}")
def test_every_row_runs(row):
    side = row.ours()
    try:
        assert all(np.isfinite(array).all() for array in side.results().values())
        side.step()
    finally:
        side.close()
