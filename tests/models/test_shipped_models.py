"""Every shipped solver trains its model on small stores of the kind that it asks for.

The models learn from batches of a few records; those of the files' own size are slow tests.
"""

from __future__ import annotations

import itertools

import h5py
import lmdb
import numpy as np
import pytest

from mycaffe_py import TEST, TRAIN, Net, get_solver, io
from mycaffe_py.builder.checking import check_files
from mycaffe_py.resources import resource_names
from mycaffe_py.tables import lent

LMDBS = {
    "digits": (1, 28, 10),
    "digits_pairs": (2, 28, 2),
    "cifar10": (3, 32, 10),
}
ON_GYMS = {
    "adamw.prototxt": "LiquidNetCfc.prototxt",
    "curve_follow.prototxt": None,
    "curve_forecast.prototxt": None,
    "series.prototxt": None,
}
ON_STORES = sorted(set(resource_names("solvers")) - set(ON_GYMS))
FORMS = itertools.cycle([("float64", "HDF5"), ("float32", "BINARYPROTO")])
IN_EACH_FORM = [(name, *next(FORMS)) for name in ON_STORES]
SMALL_BATCHES = {
    "sequence_lstm.prototxt": [],  # its files hold rows in the order of one batch size
    "siamese.prototxt": ["pair_data.data_param.batch_size=4"],
}
SIZES = pytest.mark.parametrize("size", ["small", pytest.param("full", marks=pytest.mark.slow)])
WITH_DEPLOY = ["Autoencoder", "Cifar10Quick", "LeNet", "SmallResNet"]


def write_lmdb(path, channels, size, labels, rng):
    with lmdb.open(str(path), map_size=2**24) as store, store.begin(write=True) as records:
        for index in range(20):
            image = rng.integers(0, 256, (channels, size, size), dtype=np.uint8)
            datum = io.array_to_datum(image, index % labels)
            records.put(f"{index:08d}".encode(), datum.SerializeToString())


def write_rows(folder, part, batch, rng):
    label = np.full((8, batch), -1.0)
    label[-1] = rng.integers(0, 10, batch)
    with h5py.File(folder / f"digits_rows_{part}.h5", "w") as file:
        file["row"] = rng.random((8 * batch, 8))
        file["cont_row"] = np.repeat([0.0] + [1.0] * 7, batch)
        file["label_row"] = label.reshape(-1)
    (folder / f"digits_rows_{part}.txt").write_text(f"digits_rows_{part}.h5\n")


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    rng = np.random.default_rng(5)
    for name, shape in LMDBS.items():
        for part in ("train", "test"):
            write_lmdb(folder / f"{name}_{part}_lmdb", *shape, rng)
    write_rows(folder, "train", 64, rng)
    write_rows(folder, "test", 60, rng)
    return folder


def batches(name, size):
    """Return the overrides that give a shipped solver's model batches of this size."""
    if size == "full":
        return []
    return SMALL_BATCHES.get(name, ["data.data_param.batch_size=4"])


@SIZES
@pytest.mark.parametrize("name", ON_STORES)
def test_a_shipped_solver_trains_and_tests(name, size, stores, monkeypatch):
    monkeypatch.chdir(stores)
    overrides = ["solver.test_iter=1", *batches(name, size)]
    solver = get_solver(name, seed=3, overrides=overrides)
    before = [blob.data.copy() for blob in solver.net.learnable_params]
    solver.step(2)
    assert np.isfinite(solver.loss) and solver.iter == 2
    changed = [
        np.any(old != blob.data)
        for old, blob in zip(before, solver.net.learnable_params, strict=True)
    ]
    assert any(changed)
    assert all(np.isfinite(value) for value in solver.test(0).values())
    for net in (solver.net, *solver.test_nets):
        net.close()


@SIZES
@pytest.mark.parametrize(("name", "dtype", "form"), IN_EACH_FORM)
def test_a_shipped_solver_goes_on_exactly(name, dtype, form, size, stores, tmp_path, monkeypatch):
    monkeypatch.chdir(stores)
    more = ["test_iter=1", "test_interval=1", f"snapshot_format={form}"]
    overrides = [f"solver.{each}" for each in (*more, f"snapshot_prefix='{tmp_path}/s'")]
    overrides += batches(name, size)
    whole, first, second = (
        get_solver(name, seed=seed, dtype=dtype, device="cpu", overrides=overrides)
        for seed in (3, 3, 4)
    )
    whole.step(2)
    first.step(1)
    first.snapshot()
    (state,) = tmp_path.glob("s_iter_1.solverstate*")
    second.restore(state)
    second.step(1)
    assert whole.test(0) == second.test(0)
    written = []
    for solver in (whole, second):
        solver.snapshot()
        written.append([path.read_bytes() for path in sorted(tmp_path.glob("s_iter_2.*"))])
    assert len(written[0]) == 2 and written[0] == written[1]
    for solver in (whole, first, second):
        for net in (solver.net, *solver.test_nets):
            net.close()


@pytest.mark.parametrize("name", resource_names("models") + resource_names("solvers"))
def test_a_shipped_file_has_no_mistakes(name, stores, registry, monkeypatch):
    monkeypatch.chdir(stores)
    problems = [problem.text for problem in check_files([name], registry)]
    # Only its user knows which file it is for.
    assert problems == ["is empty; expected a file name"] * (name == "series.prototxt")


@pytest.mark.parametrize("name", ON_GYMS)
def test_a_liquid_net_trains(name):
    rows = [[row, row % 7] for row in range(60)]
    with lent(np.array(rows, dtype=float)) as table:
        file = f"solver.trainer.gym.series_param.csv_file={table}"
        overrides = [file] if name == "series.prototxt" else []
        solver = get_solver(name, model=ON_GYMS[name], seed=1, overrides=overrides)
    before = solver.net.parameters.data.copy()
    solver.step(2)
    assert solver.iter == 2 and np.isfinite(solver.loss)
    assert (solver.net.parameters.data != before).any()


@pytest.mark.parametrize("name", WITH_DEPLOY)
def test_a_model_needs_no_store_to_be_deployed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = Net(f"{name}.prototxt", TEST, stages=["deploy"])
    assert list(net.inputs) == ["data"]
    net.blobs["data"].reshape(3, *net.blobs["data"].shape[1:])
    for values in net.forward().values():
        assert values.shape[0] == 3 and np.isfinite(values).all()


def test_both_sides_of_the_siamese_net_share_their_weights(stores, monkeypatch):
    monkeypatch.chdir(stores)
    net = Net("Siamese.prototxt", TRAIN)
    for name in ("conv1", "conv2", "ip1", "ip2", "feat"):
        for ours, theirs in zip(net.params[name], net.params[f"{name}_p"], strict=True):
            assert np.shares_memory(ours.data, theirs.data)
    net.close()
