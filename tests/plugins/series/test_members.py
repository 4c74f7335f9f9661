"""Several nets in one: their mean is the correction, each has a loss, all are in one file of weights."""

from __future__ import annotations

import numpy as np

from mycaffe_py.weights import save_snapshot


def test_members_are_different_and_their_mean_counts(make_training):
    training = make_training(gym="members: 3", small=())
    net = training.net
    assert [name for name in net.layer_dict if name.startswith("cfc")] == [
        "cfc_1",
        "cfc_2",
        "cfc_3",
        "cfc_mean",
    ]
    training.solver.step(2)
    own = [net.blobs[f"change_{number}"].data for number in (1, 2, 3)]
    np.testing.assert_allclose(net.blobs["change"].data, np.mean(own, axis=0), rtol=1e-5, atol=1e-7)
    assert not np.allclose(own[0], own[1])


def test_the_loss_is_the_mean_of_those_of_the_members(make_training):
    training = make_training(gym="members: 2", small=(), trainer="averaging: 0")
    training.solver.step(1)
    net = training.net
    rest = net.blobs["rest"].data
    each = [np.abs(net.blobs[f"change_{n}"].data - rest).mean() for n in (1, 2)]
    assert training.solver.loss == np.float32(np.mean(each)) or np.isclose(
        training.solver.loss, np.mean(each), rtol=1e-5
    )


def test_one_file_of_weights_holds_all_members(make_training, tmp_path):
    training = make_training(gym="members: 2", small=())
    training.solver.step(2)
    path, _ = save_snapshot(training.solver, tmp_path / "snap")
    other = make_training(gym="members: 2", small=(), weights=path, seed=9)
    for name in ("cfc_1", "cfc_2"):
        for mine, theirs in zip(training.net.params[name], other.net.params[name], strict=True):
            assert np.array_equal(mine.data, theirs.data)
