"""Cases of the data layers and Python layers for ``test_conformance.py``; see ``conformance_cases.py``.

Every forward of a data layer gives the next batch, so the sources have just one batch and nothing is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.layer import TEST

from ..storing import images, write_database, write_hdf5, write_images, write_windows

_IMAGES = images(3)
_TRANSFORM = "transform_param { crop_size: 2 scale: 0.5 mean_value: [10, 20, 30] }"


def _database(transform: str = "", tops: str = 'top: "a" top: "b"', **how: Any) -> Callable:
    def settings(folder: Path) -> str:
        source = write_database(folder / "db", _IMAGES, [2, 0, 1], **how)
        return f'{tops} data_param {{ source: "{source}" batch_size: 3 backend: LMDB }} {transform}'

    return settings


def _listed(more: str, transform: str = "") -> Callable:
    def settings(folder: Path) -> str:
        source = write_images(folder, _IMAGES)
        return f'image_data_param {{ source: "{source}" batch_size: 3 {more} }} {transform}'

    return settings


def _rows(folder: Path) -> str:
    rng = np.random.default_rng(1)
    files = [{"x": rng.random((n, 2, 3)), "y": np.arange(n)} for n in (2, 3)]
    source = write_hdf5(folder, *files)
    return f'top: "x" top: "y" hdf5_data_param {{ source: "{source}" batch_size: 5 }}'


def _output(folder: Path) -> str:
    return f'hdf5_output_param {{ file_name: "{folder / "out.h5"}" }}'


def _windows(more: str) -> Callable:
    def settings(folder: Path) -> str:
        source = write_windows(folder, _IMAGES[:1], [[(0, 0.1, 0, 0, 2, 2), (3, 1, 1, 1, 4, 3)]])
        return (
            f'window_data_param {{ source: "{source}" batch_size: 4 fg_fraction: 0.5 {more} }} '
            "transform_param { crop_size: 6 mean_value: 9 }"
        )

    return settings


def _hand_over(layer: Any) -> None:
    data = np.arange(48).reshape(2, 2, 3, 4)
    layer.reset(layer.device.asarray(data), layer.device.asarray([1, 0]))


def _streams(more: str) -> str:
    return (
        'top: "x" top: "tt" top: "mask" top: "label" '
        f"bit_stream_param {{ batch_size: 5 streams: 5 {more} }}"
    )


LAYERS: dict[str, list[tuple[str | Callable[[Path], str], list[Any], dict[str, Any]]]] = {
    "BitStreamData": [
        (_streams(""), [], {}),
        (_streams("seed: 7 dense: true pad_front: true"), [], {"phase": TEST}),
    ],
    "Data": [
        (_database(), [], {}),
        (_database(_TRANSFORM), [], {"phase": TEST}),
        (_database(encoded="png", tops='top: "a"'), [], {}),
    ],
    "HDF5Data": [(_rows, [], {})],
    "HDF5Output": [
        (_output, [(2, 3), (2, 1)], {"propagate_down": [False, False]}),
        (_output, [(2, 0), (2, 1)], {"propagate_down": [False, False]}),
    ],
    "ImageData": [
        (_listed(""), [], {}),
        (_listed("is_color: false new_height: 6 new_width: 3"), [], {}),
        (_listed("", _TRANSFORM), [], {"phase": TEST}),
    ],
    "MemoryData": [
        (
            "memory_data_param { batch_size: 2 channels: 2 height: 3 width: 4 }",
            [],
            {"prepare": _hand_over},
        )
    ],
    "WindowData": [
        (_windows(""), [], {}),
        (_windows('context_pad: 1 crop_mode: "square" scale: 0.5'), [], {}),
    ],
}
