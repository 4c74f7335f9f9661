"""Batches of the data layers reach a GPU's net as they reach the CPU's."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from PIL import Image

from ..building import layer, make_net

TRANSFORM = "transform_param { scale: 0.5 mirror: true crop_size: 3 mean_value: 7 }"


def hdf5(folder, rng):
    with h5py.File(folder / "rows.h5", "w") as file:
        file["data"] = rng.standard_normal((7, 2, 3))
        file["label"] = np.arange(7)
    (folder / "list.txt").write_text(f"{folder / 'rows.h5'}\n")
    param = f'hdf5_data_param {{ source: "{folder / "list.txt"}" batch_size: 3 shuffle: true }}'
    return layer("data", "HDF5Data", "", "data label", param)


def images(folder, rng):
    lines = []
    for index in range(5):
        pixels = rng.integers(256, size=(5, 5, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
        lines.append(f"{folder / f'{index}.png'} {index}\n")
    (folder / "list.txt").write_text("".join(lines))
    param = f'image_data_param {{ source: "{folder / "list.txt"}" batch_size: 2 shuffle: true }}'
    return layer("data", "ImageData", "", "data label", f"{param} {TRANSFORM}")


@pytest.mark.parametrize("write", [hdf5, images])
def test_batches_are_those_of_the_cpu(both, write, tmp_path, rng):
    text = write(tmp_path, rng)
    batches = []
    for device in both:
        device.seed_generators(2)
        net = make_net(text, device=device, dtype="float32")
        batches.append(
            [[device.to_host(value).copy() for value in net.forward().values()] for _ in range(6)]
        )
        net.close()
    for ours, theirs in zip(*batches, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)


def test_arrays_in_memory_go_to_the_gpu(gpu, rng):
    param = "memory_data_param { batch_size: 2 channels: 1 height: 2 width: 3 }"
    net = make_net(layer("data", "MemoryData", "", "data label", param), device=gpu)
    values, labels = rng.standard_normal((4, 1, 2, 3)), np.arange(4.0)
    for data in (values, gpu.asarray(values)):
        net.layers[0].reset(data, labels)
        for start in (0, 2, 0):
            found = {name: gpu.to_host(value) for name, value in net.forward().items()}
            np.testing.assert_array_equal(found["data"], values[start : start + 2])
            assert found["label"].ravel().tolist() == labels[start : start + 2].tolist()
