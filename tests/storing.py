"""Writing databases, images and HDF5 files for tests."""

from __future__ import annotations

import numpy as np

from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, array_to_datum, encode_image


def images(count, shape=(3, 4, 5), seed=0):
    """Return random images of uint8 (count, channels, height, width)."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def write_database(path, values, labels=None, encoded=None):
    """Write arrays as Datum records; ``encoded`` is an image format. Returns the path."""
    schema = default_registry().schema
    with DatabaseWriter(path) as writer:
        for index, array in enumerate(values):
            label = None if labels is None else int(labels[index])
            if encoded:
                data = encode_image(array, encoded)
                datum = schema.new("Datum", encoded=True, data=data, label=label)
            else:
                datum = array_to_datum(schema, np.asarray(array), label)
            writer.put(f"{index:08}_image".encode(), datum.SerializeToString())
    return path


def write_images(folder, values, labels=None, kind="png"):
    """Write image files 0.png, 1.png, ... and list.txt; return the list's path."""
    lines = []
    for index, array in enumerate(values):
        (folder / f"{index}.{kind}").write_bytes(encode_image(array, kind))
        lines.append(f"{index}.{kind} {labels[index] if labels is not None else index}")
    path = folder / "list.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def write_hdf5(folder, *files):
    """Write each mapping of arrays as an HDF5 file a.h5, b.h5, ... and files.txt; return its path."""
    import h5py

    names = []
    for letter, arrays in zip("abcdef", files, strict=False):
        names.append(f"{letter}.h5")
        with h5py.File(folder / names[-1], "w") as file:
            for name, values in arrays.items():
                file[name] = values
    path = folder / "files.txt"
    path.write_text("".join(f"{name}\n" for name in names))
    return path


def write_windows(folder, values, windows):
    """Write images and a window file; ``windows[i]`` are those of image i. Returns its path."""
    write_images(folder, values)
    text = ""
    for index, (array, listed) in enumerate(zip(values, windows, strict=True)):
        text += f"# {index}\n{index}.png\n" + "".join(f"{size}\n" for size in array.shape)
        text += f"{len(listed)}\n" + "".join(" ".join(map(str, w)) + "\n" for w in listed)
    path = folder / "windows.txt"
    path.write_text(text)
    return path
