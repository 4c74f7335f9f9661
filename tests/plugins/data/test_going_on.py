"""Exact resume: N + M batches are N batches, a state, a new layer and M batches."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.layer import TEST
from mycaffe_py.plugins import default_registry

from ...storing import images, write_database, write_hdf5, write_images, write_windows

VALUES = images(7, (3, 9, 8))
RANDOM = "transform_param { crop_size: 5 mirror: true scale: 0.5 }"


def data(folder):
    source = folder / "db"
    if not source.exists():
        write_database(source, VALUES, range(7))
    return f'type: "Data" data_param {{ source: "{source}" batch_size: 3 rand_skip: 5 }} {RANDOM}'


def randomly_selected_data(folder):
    return data(folder).replace("rand_skip", "enable_random_selection: true rand_skip")


def image_data(folder):
    source = write_images(folder, VALUES)
    settings = f'source: "{source}" batch_size: 3 shuffle: true rand_skip: 3'
    return f'type: "ImageData" image_data_param {{ {settings} }} {RANDOM}'


def hdf5_data(folder):
    if not (folder / "files.txt").exists():
        files = [{"x": np.arange(n, dtype=float) + 10 * n, "y": np.arange(n)} for n in (3, 4, 2)]
        write_hdf5(folder, *files)
    settings = f'source: "{folder}/files.txt" batch_size: 4 shuffle: true'
    return f'type: "HDF5Data" top: "x" top: "y" hdf5_data_param {{ {settings} }}'


def window_data(folder):
    listed = [(n, n % 2, n, 0, n + 3, n + 3) for n in range(1, 5)]
    source = write_windows(folder, VALUES[:1], [listed])
    settings = f'source: "{source}" batch_size: 4 fg_fraction: 0.5'
    transform = "transform_param { crop_size: 5 mirror: true }"
    return f'type: "WindowData" window_data_param {{ {settings} }} {transform}'


def bit_stream_data(folder):
    settings = "batch_size: 4 streams: 6 shuffle: true"
    tops = 'top: "x" top: "tt" top: "mask" top: "label"'
    return f'type: "BitStreamData" {tops} bit_stream_param {{ {settings} }}'


KINDS = [bit_stream_data, data, randomly_selected_data, image_data, hdf5_data, window_data]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", [0, TEST])
@pytest.mark.parametrize("before", [0, 1, 5])
def test_a_new_layer_goes_on_from_a_state(build, batches, same, tmp_path, kind, phase, before):
    text = kind(tmp_path)
    whole = batches(build(text, tops=2, phase=phase, seed=3), before + 6)
    first = build(text, tops=2, phase=phase, seed=3)
    same(batches(first, before), whole[:before])
    state = json.loads(json.dumps(first.layer.state()))
    first.layer.close()
    other = build(text, tops=2, phase=phase, seed=99)  # the seed comes with the state
    other.layer.load_state(state)
    same(batches(other, 6), whole[before:])
    other.layer.load_state(state)  # also of a layer that has gone further
    same(batches(other, 2), whole[before : before + 2])
    other.layer.close()


@pytest.mark.parametrize("kind", KINDS)
def test_batches_differ_and_repeat_under_a_seed(build, batches, same, tmp_path, kind):
    text = kind(tmp_path)
    runs = [batches(build(text, tops=2, seed=seed), 4) for seed in (5, 5, 6)]
    same(runs[0], runs[1])
    with pytest.raises(AssertionError):
        same(runs[0], runs[2])


def test_layers_of_other_names_draw_otherwise(build, batches, same, tmp_path):
    text = image_data(tmp_path)
    runs = [batches(build(f'name: "{name}" {text}', tops=2), 4) for name in ("a", "b")]
    with pytest.raises(AssertionError):
        same(*runs)


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"position": "x", "seed": 1, "records": 7},
        {"position": -1, "seed": 1, "records": 7},
    ],
)
def test_a_damaged_state(build, tmp_path, state):
    built = build(data(tmp_path), tops=2)
    with pytest.raises(SnapshotError, match=r'layer "it" \(Data\) state: '):
        built.layer.load_state(state)


def test_a_source_that_has_changed(build, tmp_path):
    built = build(data(tmp_path), tops=2)
    state = built.layer.state() | {"records": 8}
    with pytest.raises(SnapshotError, match="had 8 records when the snapshot was made and has 7"):
        built.layer.load_state(state)


NET = """
name: "small"
layer {{ name: "data" type: "{type}" top: "x" top: "y" {settings} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "x" top: "guess"
  inner_product_param {{ num_output: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "drop" type: "Dropout" bottom: "guess" top: "guess" }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "guess" bottom: "y" top: "loss" }}
"""
SOLVER = """
net_param {{ {net} }} type: "SGD" base_lr: 0.0001 momentum: 0.9 lr_policy: "fixed" max_iter: 10
test_iter: 2 test_interval: 3 random_seed: {seed}
"""


@pytest.mark.parametrize("kind", [data, image_data])
def test_through_a_snapshot_of_the_solver(tmp_path, kind):
    from mycaffe_py.builder import build_training
    from mycaffe_py.schema import load_solver_text
    from mycaffe_py.weights import restore, save_snapshot

    type_name, _, settings = kind(tmp_path).removeprefix('type: "').partition('" ')

    def training(seed):
        net = NET.format(type=type_name, settings=settings)
        text = SOLVER.format(net=net, seed=seed)
        document = load_solver_text(default_registry().schema, text)
        return build_training(solver=document, device="cpu", dtype="float64").solver

    whole = training(4)
    whole.step(10)
    first = training(4)
    first.step(4)
    _, state = save_snapshot(first, tmp_path / "small")
    second = training(77)
    restore(second, state)
    second.step(6)
    assert second.loss == whole.loss
    np.testing.assert_array_equal(second.net.parameters.data, whole.net.parameters.data)
    test_nets = [solver.test_nets[0] for solver in (whole, second)]
    outputs = [net.forward()["loss"].item() for net in test_nets]
    assert outputs[0] == outputs[1]
    for solver in (whole, first, second):
        for net in (solver.net, *solver.test_nets):
            net.close()
