"""Make the digit databases that the shipped models read, in the current folder.

The images are the 1,797 hand-written digits, 8 x 8 pixels, that come with scikit-learn; every fifth one is for the
test. Needs ``pip install "mycaffe-py[caffe]" scikit-learn``. It writes

- ``digits/``: the images as PNG files, with the lists ``train.txt`` and ``test.txt``;
- ``digits_train_lmdb``, ``digits_test_lmdb``: the images at 28 x 28, by ``mycaffe convert-imageset``;
- ``digits_pairs_train_lmdb``, ``digits_pairs_test_lmdb``: pairs, two channels, label 1 for equal digits;
- ``digits_rows_train.h5``, ``digits_rows_test.h5`` and their lists: rows as time steps.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import lmdb
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import mycaffe_py as caffe

SIZE = 28
TEST_EVERY = 5
PAIRS = {"train": 6000, "test": 600}
BATCH = {"train": 64, "test": 60}
STEPS = 8


def split(values: np.ndarray) -> dict[str, np.ndarray]:
    """Split values into the training and the test part."""
    is_test = np.arange(len(values)) % TEST_EVERY == 0
    return {"train": values[~is_test], "test": values[is_test]}


def write_images(images: dict, labels: dict, folder: Path) -> None:
    """Write PNG files and, for each part, a list of lines ``file label``."""
    folder.mkdir()
    for part, arrays in images.items():
        lines = []
        for index, (image, label) in enumerate(zip(arrays, labels[part], strict=True)):
            name = f"{part}_{index:04d}.png"
            Image.fromarray(image).save(folder / name)
            lines.append(f"{name} {label}\n")
        (folder / f"{part}.txt").write_text("".join(lines))


def convert(folder: Path, part: str) -> None:
    """Convert a list of images to an LMDB, as on the command line."""
    arguments = [
        "--gray",
        "--shuffle",
        "--seed",
        1,
        "--resize_width",
        SIZE,
        "--resize_height",
        SIZE,
    ]
    files = [f"{folder}/", folder / f"{part}.txt", f"digits_{part}_lmdb"]
    command = [sys.executable, "-m", "mycaffe_py", "convert-imageset", *arguments, *files]
    subprocess.run([str(word) for word in command], check=True)


def write_pairs(images: np.ndarray, labels: np.ndarray, count: int, path: str) -> None:
    """Write pairs of random images, half of them of the same digit, through pycaffe's interface."""
    rng = np.random.default_rng(0)
    large = [np.asarray(Image.fromarray(image).resize((SIZE, SIZE))) for image in images]
    with lmdb.open(path, map_size=2**30) as store, store.begin(write=True) as records:
        for index in range(count):
            first = rng.integers(len(images))
            same = bool(index % 2)
            second = rng.choice(np.flatnonzero((labels == labels[first]) == same))
            pair = np.stack([large[first], large[second]])
            datum = caffe.io.array_to_datum(pair, int(same))
            records.put(f"{index:08d}".encode(), datum.SerializeToString())


def write_rows(images: np.ndarray, labels: np.ndarray, batch: int, part: str) -> None:
    """Write each digit as 8 time steps of 8 pixels; the rows of a batch are ordered by time step."""
    count = len(images) // batch * batch
    order = np.random.default_rng(0).permutation(len(images))[:count]
    rows = images[order].reshape(-1, batch, STEPS, STEPS).transpose(0, 2, 1, 3)
    last_label = np.full((count // batch, STEPS, batch), -1)
    last_label[:, -1] = labels[order].reshape(-1, batch)
    continues = np.ones_like(last_label)
    continues[:, 0] = 0
    with h5py.File(f"digits_rows_{part}.h5", "w") as file:
        file["row"] = (rows.reshape(-1, STEPS) / 255).astype(np.float32)
        file["cont_row"] = continues.reshape(-1).astype(np.float32)
        file["label_row"] = last_label.reshape(-1).astype(np.float32)
    Path(f"digits_rows_{part}.txt").write_text(f"digits_rows_{part}.h5\n")


def main() -> None:
    """Create all files, without overwriting any."""
    folder = Path("digits")
    if folder.exists():
        sys.exit(f"{folder.resolve()} already exists; remove it to make the digits again")
    digits = load_digits()
    images = split((digits.images * (255 / 16)).round().astype(np.uint8))
    labels = split(digits.target)
    write_images(images, labels, folder)
    for part in images:
        convert(folder, part)
        write_pairs(images[part], labels[part], PAIRS[part], f"digits_pairs_{part}_lmdb")
        write_rows(images[part], labels[part], BATCH[part], part)
    print("made the digits; now, for example: mycaffe train --solver lenet.prototxt")


if __name__ == "__main__":
    main()
